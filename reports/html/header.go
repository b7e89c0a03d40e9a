package html

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// header is the top of the page.
type header struct {
	// Headline is the result in one sentence, Lead what else is to say.
	Headline string
	Lead     string
	Word     bench.Word
	Partial  string
	// Invalid warns when an item of the strip speaks against the numbers.
	Invalid  bool
	Strip    []reports.Item
	About    []pair
	Warnings []string
}

// pair is a term and what it says.
type pair struct{ Term, Text string }

func (b *builder) header() header {
	run := b.run
	strip := reports.Validity(run)
	sentences := reports.Sentences(run)
	return header{Headline: sentences[0], Lead: strings.Join(sentences[1:], " "), Word: reports.Overall(run),
		Partial: run.Partial,
		Invalid: !reports.Valid(strip), Strip: strip, About: b.about(),
		Warnings: capped(append(append([]string(nil), run.Warnings...), run.Calibration.Warnings...), maxWarnings)}
}

func (b *builder) about() []pair {
	run := b.run
	out := []pair{{"Started", instant(run.Started)}}
	if run.Finished.After(run.Started) {
		out = append(out, pair{"Took", reports.Duration(run.Finished.Sub(run.Started))})
	}
	return append(out,
		pair{"Profile", fmt.Sprintf("%s, common load %s", orMissing(run.Profile.Name), reports.Rate(run.Profile.Rate))},
		pair{"Objective", reports.SLO(run.Workload.SLO)},
		pair{"Workload", orMissing(run.Workload.Name)},
		pair{"Hardware set", orMissing(run.Hardware.Name)},
		pair{"Seed", fmt.Sprint(run.Seed)},
		pair{"Machine", machineText(run.Host)},
		pair{"Made by", toolText(run)})
}

// instant is a moment in UTC; the zero moment is missing.
func instant(t time.Time) string {
	if t.IsZero() {
		return reports.Missing
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func machineText(h bench.Host) string {
	var parts []string
	for _, p := range []string{h.CPU, strings.Trim(h.OS+"/"+h.Arch, "/")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if h.CPUs > 0 {
		parts = append(parts, plural(h.CPUs, "CPU"))
	}
	if h.Memory > 0 {
		parts = append(parts, reports.Bytes(h.Memory))
	}
	return orMissing(strings.Join(parts, ", "))
}

func toolText(run bench.Run) string {
	parts := []string{}
	for _, p := range []string{run.Tool, run.Host.Go} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if run.Host.Commit != "" {
		parts = append(parts, "commit "+run.Host.Commit)
	}
	return orMissing(strings.Join(parts, ", "))
}

// ladder is the table at the top: one row per stage.
func (b *builder) ladder() *table {
	t := &table{Caption: "Each row is a stage; the change is against the stage named below it",
		Columns: columns("Stage", ">Capacity|highest rate that met the objective, to the lowest that did not",
			">Change|of the capacity, against the stage named; ~ when the brackets leave open whether there is one",
			">p50|response time at the common load", ">p99|response time at the common load",
			">p99.9|response time at the common load",
			">Failures|failed or never sent, at the common load",
			">Answered, worst kill|while the node was down",
			">Time to recover|longest of all kills that count",
			">Writes lost|acknowledged writes that were gone, over all kills; those that experiments lost stand apart, as tests",
			">Stale reads|share of reads that returned what had been replaced",
			">Cache hits|share of cached reads that the cache answered, at the common load",
			">Per million|cost of a million requests at capacity", ">Measured / estimated|capacity",
			"Verdict")}
	for i, row := range b.rows {
		t.add(cell{Text: row.Stage, Sub: row.Title, Link: b.parts[i]},
			cell{Text: row.Capacity(), Sub: doubtNote(row.Doubt)}, changeCell(row),
			text(reports.DurationOf(row.P50)), text(reports.DurationOf(row.P99)), text(reports.DurationOf(row.P999)),
			text(commonFailures(row)), worstCell(row.Worst), text(row.Worst.Recovered()), lostCell(row),
			factCell(row.Stale), factCell(row.Hits), costCell(row), estimateCell(row), verdict(row.Word))
	}
	t.prune(10, 12)
	t.prune(5, 6)
	t.Note = "Percentiles and failures are at the common load of " + reports.Rate(b.run.Profile.Rate) +
		"; a column that no stage has a value for is left out. – is not measured, or too few samples to tell: a percentile needs ten requests beyond it."
	return t
}

func doubtNote(doubt string) string {
	if doubt == "" {
		return ""
	}
	return "in doubt"
}

func changeCell(row reports.Row) cell {
	if !row.Change.Known {
		return text("")
	}
	return cell{Text: row.Change.Short(), Sub: row.Change.Interval() + ", to " + short(row.Against)}
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
	out := text(reports.Count(w.Lost))
	switch {
	case w.Rows == 0:
		out = text("")
	case w.Audited == 0:
		out = cell{Text: "unknown"}
	case w.Audited < w.Rows:
		out = cell{Text: "≥" + reports.Thin + reports.Count(w.Lost), Sub: fmt.Sprintf("%d of %d checked",
			w.Audited, w.Rows)}
	}
	if row.ExperimentsLost > 0 {
		out.Sub = strings.TrimPrefix(out.Sub+"; ", "; ") + "tests: " + reports.Value("lost_count", row.ExperimentsLost)
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
	return cell{Text: reports.Money(*row.Cost), Sub: doubtNote(row.Doubt)}
}

func estimateCell(row reports.Row) cell {
	if row.Estimate <= 0 {
		return text("")
	}
	sub := map[bench.Word]string{bench.Fail: "outside tolerance", bench.Unknown: "not judged"}[row.EstimateWord]
	return cell{Text: reports.Ratio(row.Estimate), Sub: sub}
}
