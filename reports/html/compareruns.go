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
	for _, f := range runFacts() {
		cells := []cell{text(f.head)}
		same := true
		for _, r := range runs {
			said := f.of(r)
			cells = append(cells, text(said))
			same = same && said == f.of(runs[0])
		}
		alike := ""
		switch {
		case same:
			alike = "= alike"
		case f.matters:
			alike = "≠ differs"
		}
		t.add(append(cells, text(alike))...)
	}
	return t.filled()
}

// runFact is one fact of a run; matters says that runs which differ in it are
// hard to compare.
type runFact struct {
	head    string
	matters bool
	of      func(bench.Run) string
}

// runFacts are what a run was, and on what.
func runFacts() []runFact {
	return []runFact{
		{"Started", false, func(r bench.Run) string { return instant(r.Started) }},
		{"Took", false, func(r bench.Run) string {
			if !r.Finished.After(r.Started) {
				return ""
			}
			return reports.Duration(r.Finished.Sub(r.Started))
		}},
		{"Ended early", true, func(r bench.Run) string { return r.Partial }},
		{"Verdict", false, func(r bench.Run) string { return wordText(reports.Overall(r)) }},
		{"Kind", true, func(r bench.Run) string {
			if r.Kind == bench.KindLadder {
				return "ladder"
			}
			return string(r.Kind) + ": " + reports.Attacked(r)
		}},
		{"Machine", true, func(r bench.Run) string { return machineText(r.Host) }},
		{"Kernel", true, func(r bench.Run) string { return r.Host.Kernel }},
		{"Go", true, func(r bench.Run) string { return r.Host.Go }},
		{"Commit", false, func(r bench.Run) string { return r.Host.Commit }},
		{"Made by", false, func(r bench.Run) string { return r.Tool }},
		{"Profile", true, func(r bench.Run) string {
			return fmt.Sprintf("%s, common load %s for %s", orMissing(r.Profile.Name), reports.Rate(r.Profile.Rate), reports.Setting(r.Profile.Common))
		}},
		{"Objective", true, func(r bench.Run) string { return reports.SLO(r.Workload.SLO) }},
		{"Workload", true, func(r bench.Run) string { return r.Workload.Name }},
		{"Hardware set", true, func(r bench.Run) string { return r.Hardware.Name }},
		{"Seed", true, func(r bench.Run) string { return fmt.Sprint(r.Seed) }},
		{"Stages", true, func(r bench.Run) string { return reports.Count(len(r.Stages)) }},
		{"Unloaded round trip, p50", false, func(r bench.Run) string {
			if r.Calibration.LoopbackP50 <= 0 {
				return ""
			}
			return reports.Duration(r.Calibration.LoopbackP50)
		}},
		{"Most that the generator sends", false, func(r bench.Run) string {
			if r.Calibration.Ceiling <= 0 {
				return ""
			}
			return reports.Rate(r.Calibration.Ceiling)
		}},
	}
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
