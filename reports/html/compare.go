package html

import (
	"fmt"

	"rung/bench"
	"rung/reports"
)

// maxCompared is how many stages have charts of their own on a page that
// compares; the tables have all of them.
const maxCompared = 40

// comparison makes the page of two runs. It only reads them.
type comparison struct {
	before, after bench.Run
	c             bench.Comparison
	// b is of the run after, for what the charts share with the report.
	b   *builder
	ids anchors
}

// ComparePage renders what differs between two runs as one HTML page: the
// comparison's verdicts with their intervals, and the two runs' percentile
// curves and capacities beside them. Stages are found in the runs by the ID in
// the comparison; one that is in neither has its verdicts alone. The same
// input gives the same bytes. A number that is not finite is an error.
func ComparePage(before, after bench.Run, c bench.Comparison) ([]byte, error) {
	data, err := renderComparison(before, after, c)
	if err != nil {
		return nil, fmt.Errorf("render comparison: %w", err)
	}
	return data, nil
}

func renderComparison(before, after bench.Run, c bench.Comparison) ([]byte, error) {
	before, err := reports.Clean(before)
	if err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	if after, err = reports.Clean(after); err != nil {
		return nil, fmt.Errorf("after: %w", err)
	}
	if c, err = reports.CleanComparison(c); err != nil {
		return nil, err
	}
	if c.Before == "" {
		c.Before = "before"
	}
	if c.After == "" {
		c.After = "after"
	}
	return fitting(func(l level) (*leaf, error) {
		p := &comparison{before: before, after: after, c: c, b: newBuilder(after, l), ids: anchors{}}
		return p.leaf()
	})
}

// leaf makes the parts in reading order.
func (p *comparison) leaf() (*leaf, error) {
	title := fmt.Sprintf("rung: %s against %s", clipped(p.c.After, 60), clipped(p.c.Before, 60))
	out := &leaf{page: page{Title: title, Brand: "two runs, compared", Method: comparisonMethod(p.c)},
		Headline: comparisonHeadline(p.c), Lead: p.lead(), Warnings: capped(p.c.Warnings, maxWarnings),
		About:  []pair{{"Before", p.c.Before}, {"After", p.c.After}},
		Origin: "It was made from run.json of both runs and from the intervals that rung compare computed of them and of their interval logs."}
	for _, make := range []func() (section, error){p.changes, p.tails, p.capacities, p.runs} {
		s, err := make()
		if err != nil {
			return nil, err
		}
		if s.ID != "" {
			out.Sections = append(out.Sections, s)
		}
	}
	return out, nil
}

// stages are both sides of a stage of the comparison, null where a run has
// none of that ID.
func (p *comparison) stages(id string) (before, after *bench.StageResult) {
	return stageOf(p.before, id), stageOf(p.after, id)
}

// stageOf is the first stage of an ID, or null.
func stageOf(run bench.Run, id string) *bench.StageResult {
	for i := range run.Stages {
		if run.Stages[i].Stage.ID == id {
			return &run.Stages[i]
		}
	}
	return nil
}

// runs says what the two runs are, side by side.
func (p *comparison) runs() (section, error) {
	return section{ID: "runs", Title: "The two runs", Tables: []*table{runTable([]bench.Run{p.before, p.after}, []string{p.c.Before, p.c.After})}}, nil
}

// comparisonMethod says how the verdicts come about.
func comparisonMethod(c bench.Comparison) method {
	level := reports.PercentSetting(c.Level)
	return method{
		Steps: []string{
			"Stages and attacks with the same name are compared number by number.",
			fmt.Sprintf("Where runs have rounds enough the rounds are compared; else whole windows of the one attack are drawn again and again, which gives an interval at %s for the ratio, each for its number alone.", level),
			"The interval of windows holds what varies within a run. What differs between two runs of the same thing is not in it: only rounds show that.",
			"A capacity without rounds is compared by the brackets of the two searches: its bounds hold for every pair of values inside them, and are no confidence interval.",
			fmt.Sprintf("A change up to %s counts as noise, even where its interval leaves out 1×.", reports.PercentSetting(c.Noise)),
		},
		Terms: []pair{
			{"Ratio", "After over before. 1× is no change; for times less is better, for rates more."},
			{"~ same", "The interval covers 1×: no change can be told. It is no proof that there is none."},
			{"≈ within noise", "There is a change, and it is smaller than what counts as noise."},
			{"✓ better, ✗ worse", "The interval leaves out 1× and the change is larger than noise."},
			{"? unknown", "Too few samples, or one side is in doubt; the reason stands beside it."},
			{"pp", "Percentage points: the difference of two shares. The ratio of shares near zero says nothing."},
		},
		About: []pair{chartLibrary()},
	}
}
