package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
)

const (
	// maxRuns is how many runs one page takes, and maxCurves how many lines a
	// chart has; the other runs are in its table.
	maxRuns   = 16
	maxCurves = 5
)

// overview makes the page of several runs. It only reads them.
type overview struct {
	runs  []bench.Run
	names []string
	// stages are the IDs of all runs, in the order of the first that has them.
	stages []string
	detail level
	ids    anchors
}

// OverviewPage renders several runs as one HTML page: capacity, percentiles
// and verdict of every stage side by side, and their percentile curves in one
// chart for each stage that at least two of them have. It judges no
// difference: that is what ComparePage is for. Names are what the runs are
// called, one for each. The same input gives the same bytes.
//
// It is an error when there is no run or more than 16, the names are not as
// many, or a number is not finite.
func OverviewPage(runs []bench.Run, names []string) ([]byte, error) {
	data, err := renderOverview(runs, names)
	if err != nil {
		return nil, fmt.Errorf("render overview: %w", err)
	}
	return data, nil
}

func renderOverview(runs []bench.Run, names []string) ([]byte, error) {
	if len(runs) == 0 || len(runs) > maxRuns {
		return nil, fmt.Errorf("there are %d runs (1 to %d)", len(runs), maxRuns)
	}
	if len(names) != len(runs) {
		return nil, fmt.Errorf("there are %d names for %d runs", len(names), len(runs))
	}
	o := &overview{}
	for i, r := range runs {
		// A name is text of others as well.
		clean, err := reports.CleanComparison(bench.Comparison{Before: names[i]})
		if err != nil {
			return nil, err
		}
		run, err := reports.Clean(r)
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", i+1, err)
		}
		o.runs = append(o.runs, run)
		o.names = append(o.names, unique(o.names, clipped(orMissing(clean.Before), 60)))
		for _, s := range run.Stages {
			if !slices.Contains(o.stages, s.Stage.ID) {
				o.stages = append(o.stages, s.Stage.ID)
			}
		}
	}
	return fitting(func(l level) (*leaf, error) {
		o.detail, o.ids = l, anchors{}
		return o.leaf()
	})
}

// leaf makes the parts in reading order.
func (o *overview) leaf() (*leaf, error) {
	t := runTable(o.runs, o.names)
	out := &leaf{page: page{Title: "rung: " + plural(len(o.runs), "run"), Brand: "several runs, side by side", Method: overviewMethod()},
		Headline: o.headline(), Warnings: unlike(t), Origin: "It was made from run.json of the runs alone."}
	for i, r := range o.runs {
		if i < maxCurves {
			out.Lead = append(out.Lead, o.names[i]+": "+reports.Headline(r))
		}
	}
	out.Sections = []section{{ID: "ladder", Title: "The runs, stage by stage", Tables: o.tables(),
		Lead: "No difference is judged here: what two runs differ by, and whether that can be told from chance, is what rung compare says."}}
	tails, err := o.tails()
	if err != nil {
		return nil, err
	}
	capacities, err := o.capacities()
	if err != nil {
		return nil, err
	}
	for _, s := range []section{tails, capacities, {ID: "runs", Title: "What the runs were", Tables: []*table{t}}} {
		if s.ID != "" {
			out.Sections = append(out.Sections, s)
		}
	}
	return out, nil
}

func (o *overview) headline() string {
	shared := 0
	for _, id := range o.stages {
		if len(o.having(id)) == len(o.runs) {
			shared++
		}
	}
	if len(o.runs) == 1 {
		return fmt.Sprintf("One run of %s", plural(len(o.stages), "stage"))
	}
	return fmt.Sprintf("%s side by side: %s in all, %s in every run", plural(len(o.runs), "run"), plural(len(o.stages), "stage"), reports.Count(shared))
}

// having are the runs that have a stage.
func (o *overview) having(id string) []int {
	var out []int
	for i, r := range o.runs {
		if stageOf(r, id) != nil {
			out = append(out, i)
		}
	}
	return out
}

// unlike are the rows of a table of runs that make them hard to compare.
func unlike(t *table) []string {
	var out []string
	for _, row := range t.Rows {
		if !strings.HasPrefix(row[len(row)-1].Text, "≠") {
			continue
		}
		var said []string
		for _, c := range row[1 : len(row)-1] {
			if !slices.Contains(said, c.Text) {
				said = append(said, c.Text)
			}
		}
		out = append(out, fmt.Sprintf("Not alike: %s: %s", row[0].Text, strings.Join(said, " | ")))
	}
	return out
}

// tables have a row for each stage and a column for each run, one table for
// each number.
func (o *overview) tables() []*table {
	rows := make([]map[string]reports.Row, len(o.runs))
	for i, r := range o.runs {
		rows[i] = map[string]reports.Row{}
		for _, row := range reports.Ladder(r) {
			if _, twice := rows[i][row.Stage]; !twice {
				rows[i][row.Stage] = row
			}
		}
	}
	of := func(caption string, say func(run int, r reports.Row) cell) *table {
		t := &table{Caption: caption, Columns: columns("Stage")}
		for _, name := range o.names {
			t.Columns = append(t.Columns, column{Head: name, Number: true})
		}
		for _, id := range o.stages {
			cells := []cell{text(id)}
			for i := range o.runs {
				if r, ok := rows[i][id]; ok {
					cells = append(cells, say(i, r))
				} else {
					cells = append(cells, text(""))
				}
			}
			t.add(cells...)
		}
		return t
	}
	out := []*table{
		of("Capacity: highest rate that met the objective, to the lowest that did not", func(_ int, r reports.Row) cell {
			return cell{Text: r.Capacity(), Sub: capacityNote(r)}
		}),
		of("p50 of the response time at the common load", func(_ int, r reports.Row) cell { return text(reports.DurationOf(r.P50)) }),
		of("p99 of the response time at the common load", func(_ int, r reports.Row) cell { return text(reports.DurationOf(r.P99)) }),
		of("Failed or never sent, at the common load", func(_ int, r reports.Row) cell { return text(commonFailures(r)) }),
		of("Verdict", func(_ int, r reports.Row) cell { return verdict(r.Word) }),
	}
	out[len(out)-1].Note = "– was not measured, or there are too few samples to tell."
	return out
}

// capacities are the brackets of the first runs.
func (o *overview) capacities() (section, error) {
	var all []searched
	for i, id := range o.stages {
		having := o.having(id)
		if i >= maxCompared || len(having) < 2 {
			continue
		}
		for _, k := range having[:min(len(having), maxCurves)] {
			all = append(all, searched{id, o.names[k], overviewHues[k%len(overviewHues)], stageOf(o.runs[k], id).Capacity})
		}
	}
	return capacitySection(o.ids, all)
}

func overviewMethod() method {
	m := method{About: []pair{chartLibrary()}}
	wanted := []string{"Stage", "Objective (SLO)", "Bracket", "Open loop", "Response time", "Failure", "Percentile (p99)", "Verdict"}
	for _, t := range terms() {
		if slices.Contains(wanted, t.Term) {
			m.Terms = append(m.Terms, t)
		}
	}
	return m
}
