package html

import (
	"fmt"
	"strings"

	"rung/bench"
	"rung/reports"
)

// ladder is the table at the top: one row per stage.
func (b *builder) ladder() *table {
	t := &table{Caption: "Each row is a stage; what it gains and costs is against the row above, or the stage named",
		Columns: columns("Stage", ">Capacity|highest rate that met the objective, to the lowest that did not",
			">Gain|of the highest rate that met the objective; ~ when the brackets leave open whether there is one",
			">p50|response time at the common load", ">p99|response time at the common load",
			">p99.9|response time at the common load",
			">Failed|or never sent, at the common load",
			">Answered, worst kill|while the node was down",
			">Time to recover|longest of all kills that count; at once when only requests under way at the kill failed",
			">Writes lost|acknowledged writes that were gone, over all kills, photos in a queue among them; those that experiments lost stand apart, as tests",
			">Twice|acknowledged writes that were there more than once, over all kills",
			">Stale reads|of users who were just edited: share of reads, in the first experiment of the stage on freshness, that returned what had been replaced",
			">Cache hits|share of cached reads that the cache answered, at the common load",
			">Per million|cost of a million requests at the middle of the capacity bracket, and how many times that of the row above, or of the stage named", ">Measured / expected|middle of the capacity bracket, over its estimate",
			"Verdict")}
	for i, row := range b.rows {
		t.add(cell{Text: row.Stage, Sub: row.Title, Link: b.parts[i]},
			cell{Text: row.Capacity(), Sub: capacityNote(row)}, changeCell(row),
			text(reports.DurationOf(row.P50)), text(reports.DurationOf(row.P99)), text(reports.DurationOf(row.P999)),
			text(commonFailures(row)), worstCell(row.Worst), text(row.Worst.Recovered()), lostCell(row), twiceCell(row.Worst),
			factCell(row.Stale), factCell(row.Hits), costCell(row), estimateCell(row), verdict(row.Word))
	}
	t.prune(11, 13)
	t.prune(5, 6)
	t.Note = "Percentiles and failures are at the common load of " + reports.Rate(b.run.Profile.Rate) +
		"; a column that no stage has a value for is left out. – is not measured, or too few samples to tell: a percentile needs ten requests beyond it."
	for _, row := range b.rows {
		if row.Aside {
			t.Note += fmt.Sprintf(" %s starts from the machines of %s, not of the stage above it.", row.Stage, row.Against)
		}
	}
	return t
}

// capacityNote marks a bracket in doubt.
func capacityNote(row reports.Row) string {
	if row.InDoubt() {
		return doubtNote(row.Doubt)
	}
	return ""
}

func doubtNote(doubt string) string {
	if doubt == "" {
		return ""
	}
	return "in doubt"
}

// beside names the stage compared with where it is not the one above.
func beside(row reports.Row) string {
	if !row.Aside {
		return ""
	}
	return ", to " + short(row.Against)
}

func changeCell(row reports.Row) cell {
	if !row.Change.Known {
		return text("")
	}
	return cell{Text: row.Change.Short(), Sub: row.Change.Interval() + beside(row)}
}

func commonFailures(row reports.Row) string {
	if !row.HasCommon {
		return ""
	}
	return reports.Percent(row.Failures)
}

func worstCell(w reports.Worst) cell {
	switch {
	case w.Rows == 0 && w.Unsound > 0:
		return cell{Text: "unknown", Sub: "no kill counts"}
	case w.Rows == 0:
		return text("")
	}
	return cell{Text: reports.Percent(w.Availability), Sub: w.Node}
}

func lostCell(row reports.Row) cell {
	w := row.Worst
	out := counted(w, w.Lost+w.PhotosLost)
	if w.Audited > 0 && w.Audited < w.Rows {
		out.Sub = fmt.Sprintf("%d of %d checked", w.Audited, w.Rows)
	}
	if w.PhotosLost > 0 {
		out.Sub = strings.TrimPrefix(out.Sub+"; ", "; ") + "photos: " + reports.Count(w.PhotosLost)
	}
	if row.ExperimentsLost > 0 {
		out.Sub = strings.TrimPrefix(out.Sub+"; ", "; ") + "tests: " + reports.Value("lost_count", row.ExperimentsLost)
	}
	return out
}

// counted is a sum over the rows whose store could be read.
func counted(w reports.Worst, n uint64) cell {
	switch {
	case w.Rows == 0:
		return text("")
	case w.Audited == 0:
		return cell{Text: "unknown"}
	case w.Audited < w.Rows:
		return cell{Text: "≥" + reports.Thin + reports.Count(n)}
	}
	return text(reports.Count(n))
}

func twiceCell(w reports.Worst) cell {
	out := counted(w, w.Duplicated+w.PhotosDuplicated)
	if w.PhotosDuplicated > 0 {
		out.Sub = "photos: " + reports.Count(w.PhotosDuplicated)
	}
	return out
}

// factCell is a share that may be missing or in doubt.
func factCell(f *bench.Fact) cell {
	if f == nil {
		return text("")
	}
	return cell{Text: reports.Percent(f.Value), Sub: doubtNote(f.Doubt)}
}

func costCell(row reports.Row) cell {
	if row.Cost == nil {
		return text("")
	}
	out := cell{Text: reports.Money(*row.Cost), Sub: doubtNote(row.Doubt)}
	if row.Costlier.Known {
		out.Sub = row.Costlier.Short() + beside(row)
	}
	return out
}

func estimateCell(row reports.Row) cell {
	if row.Estimate <= 0 {
		return text("")
	}
	sub := map[bench.Word]string{bench.Fail: "outside tolerance", bench.Unknown: "not judged"}[row.EstimateWord]
	return cell{Text: reports.Ratio(row.Estimate), Sub: sub}
}
