package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
)

// ratioHeight is the height of one row of a ratio chart.
const ratioHeight = 26

// estimateFigures show how far predictions were off: one chart of what every
// stage has, one of the rest.
func (b *builder) estimateFigures() ([]figure, error) {
	all := b.opinions()
	others := slices.IndexFunc(all, func(o opinion) bool { return !isCommon(o.fact) })
	if others < 0 {
		others = len(all)
	}
	first, err := b.estimateFigure("estimates", "", all[:others])
	if err != nil || others == len(all) {
		return []figure{first}, err
	}
	second, err := b.estimateFigure("estimates-other", "What only some stages have: ", all[others:])
	if others == 0 {
		return []figure{second}, err
	}
	return []figure{first, second}, err
}

// estimateFigure shows how far some predictions were off.
func (b *builder) estimateFigure(id, about string, all []opinion) (figure, error) {
	simulated := slices.ContainsFunc(all, func(o opinion) bool { return o.simulated != nil })
	f := figure{ID: b.ids.of("figure", id), Title: estimateTitle(all),
		Subtitle: "Measured value over the estimate made before the run, on a log axis",
		How: "On the middle line the estimate was exact. The short bar is the tolerance that the estimate itself stated; " +
			"the shaded bands are a factor of 2 and, where the axis reaches there, of 10. ● within tolerance, ◆ outside, △ could not be judged.",
		Height: rowsAround + ratioHeight*len(all), Table: estimateTable(b, all)}
	if about != "" {
		f.Title = about + f.Title
	}
	if len(all) == 0 {
		f.Empty = "No estimate was made."
		return f, nil
	}
	if slices.ContainsFunc(all, func(o opinion) bool { return o.fact == capacityFact }) {
		f.How += " A capacity is known as a bracket: the thick grey bar reaches over it."
	}
	if simulated {
		f.Subtitle = "Measured value over the estimate and over the simulation made before the run, on a log axis"
		f.How += " ■ below is measured over simulated; its bar reaches over where 95 of 100 runs as long as the measured one lie, of a capacity over the bracket."
		f.Height = rowsAround + 34 + (ratioHeight+8)*len(all)
	}
	return f, f.draw(b.ratioPlot(all, simulated))
}

func estimateTitle(all []opinion) string {
	held, unknown, count := 0, 0, 0
	worst := 1.0
	for _, o := range all {
		if o.estimate == nil {
			continue
		}
		count++
		switch reports.Word(o.verdict.Word) {
		case bench.Pass:
			held++
		case bench.Unknown:
			unknown++
		}
		if r := o.verdict.Ratio; r > 0 {
			worst = max(worst, r, 1/r)
		}
	}
	text := fmt.Sprintf("%s of %s held", reports.Count(held), plural(count, "estimate"))
	if unknown > 0 {
		text += fmt.Sprintf(", %s could not be judged", reports.Count(unknown))
	}
	if worst > 1 {
		text += "; the furthest is off by a factor of " + strings.TrimSuffix(reports.Ratio(worst), "×")
	}
	return text
}

// factName says a fact without its unit: "common p50" for "common.p50_ns".
func factName(fact string) string {
	for _, unit := range []string{"_per_s", "_ns", "_ratio", "_bytes", "_usd_per_million"} {
		if short, ok := strings.CutSuffix(fact, unit); ok {
			fact = short
			break
		}
	}
	return strings.NewReplacer(".", " ", "_", " ").Replace(fact)
}

// estimateTable is the twin of a chart of ratios.
func estimateTable(b *builder, all []opinion) *table {
	t := &table{Caption: "Estimated, simulated and measured, side by side",
		Columns: columns("Stage", "Fact", ">Estimated", ">Simulated|times: with where 95 of 100 runs as long as the measured one lie; capacity: with its bracket", ">Measured",
			">Error of the estimate|measured over estimated, less one; of a bracket, of both its ends",
			">Error of the simulation|in the same way", ">Tolerance|of the estimate, as it stated itself", "Verdict")}
	for _, o := range all {
		estimated, off, tolerance, played := reports.Missing, reports.Missing, reports.Missing, reports.Missing
		word := text("")
		if e := o.estimate; e != nil {
			estimated, off = reports.Value(o.fact, e.Value), o.errorText(e.Value)
			tolerance = "±" + reports.PercentSetting(e.Tolerance)
			word = verdict(o.verdict.Word)
		}
		if o.simulated != nil {
			played = o.errorText(o.simulated.Value)
		}
		t.add(b.stageCell(o.stage), text(o.fact), text(estimated), text(o.simulatedText()), text(o.measured()), text(off),
			text(played), text(tolerance), word)
	}
	t.prune(6, 7)
	t.prune(3, 4)
	if len(t.Rows) > 0 {
		t.Note = "Error is measured over predicted, less one: +5% means that 5% more was measured. A capacity is judged by the middle of its bracket. Model, calculation and evidence of each are in the part of its stage."
	}
	return t
}

// simulations say how each simulation was made, and what it leaves out.
func (b *builder) simulations() *table {
	t := &table{Caption: "How the stages were simulated",
		Columns: columns("Stage", ">Requests", ">Time that passed in it", ">Took", ">Requests per second of wall time", "Leaves out")}
	for i, s := range b.run.Stages {
		m := s.Simulation
		if m == nil {
			continue
		}
		limits, speed := m.Limits, reports.Missing
		if m.Outside != "" {
			limits = "not compared: " + m.Outside
		}
		if m.Wall > 0 && m.Requests > 0 {
			speed = reports.Rate(float64(m.Requests) / m.Wall.Seconds())
		}
		if m.Requests == 0 {
			t.add(b.stageCell(i), text(""), text(""), text(""), text(""), text(limits))
			continue
		}
		t.add(b.stageCell(i), text(reports.Count(m.Requests)), text(reports.Duration(m.Virtual)), text(reports.Duration(m.Wall)),
			text(speed), text(limits))
	}
	t.foldColumn(len(t.Columns)-1, "All leave out the same: ")
	return t
}

// derivations are the calculations of one stage's estimates.
func derivations(s bench.StageResult) *table {
	t := &table{Caption: "How the estimates of " + s.Stage.ID + " were made",
		Columns: columns("Fact", ">Estimated", "Calculation", "Model", "Holds")}
	for _, e := range s.Prediction.Estimates {
		limits := e.Limits
		if e.Outside != "" {
			limits = "outside the model: " + e.Outside
		}
		t.add(text(e.Fact), text(reports.Value(e.Fact, e.Value)), lines(e.Derivation), text(e.Model), text(limits))
	}
	return t
}
