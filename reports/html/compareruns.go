package html

import (
	"fmt"

	"rung/bench"
	"rung/reports"
)

// runTable says of several runs what they were, and where they differ.
func runTable(runs []bench.Run, names []string) *table {
	t := &table{Caption: "What the runs were", Columns: columns("Of the run")}
	for i := range runs {
		t.Columns = append(t.Columns, column{Head: clipped(names[i], 60)})
	}
	t.Columns = append(t.Columns, column{Head: "Alike"})
	row := func(head string, matters bool, of func(bench.Run) string) {
		cells := []cell{text(head)}
		same := true
		for _, r := range runs {
			said := of(r)
			cells = append(cells, text(said))
			same = same && said == of(runs[0])
		}
		switch {
		case same:
			cells = append(cells, text("= alike"))
		case matters:
			cells = append(cells, text("≠ differs"))
		default:
			cells = append(cells, text(""))
		}
		t.add(cells...)
	}
	row("Started", false, func(r bench.Run) string { return instant(r.Started) })
	row("Took", false, func(r bench.Run) string {
		if !r.Finished.After(r.Started) {
			return ""
		}
		return reports.Duration(r.Finished.Sub(r.Started))
	})
	row("Ended early", true, func(r bench.Run) string { return r.Partial })
	row("Verdict", false, func(r bench.Run) string { return wordText(reports.Overall(r)) })
	row("Kind", true, func(r bench.Run) string {
		if r.Kind == bench.KindLadder {
			return "ladder"
		}
		return string(r.Kind) + ": " + reports.Attacked(r)
	})
	row("Machine", true, func(r bench.Run) string { return machineText(r.Host) })
	row("Kernel", true, func(r bench.Run) string { return r.Host.Kernel })
	row("Go", true, func(r bench.Run) string { return r.Host.Go })
	row("Commit", false, func(r bench.Run) string { return r.Host.Commit })
	row("Made by", false, func(r bench.Run) string { return r.Tool })
	row("Profile", true, func(r bench.Run) string {
		return fmt.Sprintf("%s, common load %s for %s", orMissing(r.Profile.Name), reports.Rate(r.Profile.Rate), reports.Setting(r.Profile.Common))
	})
	row("Objective", true, func(r bench.Run) string { return reports.SLO(r.Workload.SLO) })
	row("Workload", true, func(r bench.Run) string { return r.Workload.Name })
	row("Hardware set", true, func(r bench.Run) string { return r.Hardware.Name })
	row("Seed", true, func(r bench.Run) string { return fmt.Sprint(r.Seed) })
	row("Stages", true, func(r bench.Run) string { return reports.Count(len(r.Stages)) })
	row("Unloaded round trip, p50", false, func(r bench.Run) string {
		if r.Calibration.LoopbackP50 <= 0 {
			return ""
		}
		return reports.Duration(r.Calibration.LoopbackP50)
	})
	row("Most that the generator sends", false, func(r bench.Run) string {
		if r.Calibration.Ceiling <= 0 {
			return ""
		}
		return reports.Rate(r.Calibration.Ceiling)
	})
	return t.filled()
}

// filled drops the rows in which no run says anything.
func (t *table) filled() *table {
	kept := t.Rows[:0]
	for _, row := range t.Rows {
		said := false
		for _, c := range row[1 : len(row)-1] {
			said = said || c.Text != reports.Missing
		}
		if said {
			kept = append(kept, row)
		}
	}
	t.Rows = kept
	return t
}

// wordText is a verdict with its sign.
func wordText(w bench.Word) string { return reports.Glyph(w) + " " + string(reports.Word(w)) }
