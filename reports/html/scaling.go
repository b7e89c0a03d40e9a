package html

import (
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	scalingHeight = 320
	// scalingPoints is how many points draw a fitted curve, and beyondMost how
	// far it is drawn, over the largest number that was measured.
	scalingPoints = 48
	beyondMost    = 2
)

const howScaling = "The thin line is what as many nodes would carry if each added as much as the first. The curve is the Universal Scalability Law, " +
	"fitted: solid as far as nodes were counted, dashed where it extrapolates. Where it bends below the line, nodes wait for one another (contention) or " +
	"must agree (coherence)."

// scalings is the section of capacities by the number of nodes.
func (b *builder) scalings() (section, error) {
	s := section{Title: "What does one more node buy?", How: howScaling, PanelsTitle: "Capacity by the number of nodes"}
	for _, r := range b.run.Stages {
		for _, sc := range r.Scalings {
			f, err := b.scalingFigure(r, sc)
			if err != nil {
				return s, err
			}
			s.Panels = append(s.Panels, f)
		}
	}
	if len(s.Panels) == 0 {
		return section{}, nil
	}
	s.ID = "scales"
	s.Lead = "The capacity of a stage was searched with different numbers of equal nodes, and the Universal Scalability Law fitted to it."
	if t := b.lawTable(); !t.empty() {
		s.Tables = []*table{t}
	}
	return s, nil
}

func (b *builder) scalingFigure(r bench.StageResult, sc bench.Scaling) (figure, error) {
	f := figure{ID: b.ids.of("figure", "scaling-"+r.Stage.ID+"-"+sc.Of), Title: scalingTitle(r.Stage.ID, sc),
		Subtitle: plural(len(sc.Points), "point"), Height: scalingHeight, Table: scalingTable(r.Stage.ID, sc)}
	if sc.Fit != nil {
		f.Subtitle += fmt.Sprintf(", %s of them measured; R² of the law %s", reports.Count(len(sc.Points)-simulated(sc)), reports.Value("r2", sc.Fit.R2))
	}
	if sc.Why != "" {
		f.Subtitle += "; " + sc.Why
	}
	switch {
	case len(sc.Points) == 0:
		f.Empty = "No point was measured."
		return f, nil
	case len(sc.Points) == 1 && sc.Fit == nil:
		f.Empty = "One point says nothing about a second node; it is in the table."
		return f, nil
	}
	return f, f.draw(scalingPlot(sc))
}

// simulated counts the points that were not measured.
func simulated(sc bench.Scaling) int {
	n := 0
	for _, p := range sc.Points {
		if p.Simulated {
			n++
		}
	}
	return n
}

// plenty is the share of the highest capacity from which on further nodes are
// said to add nothing: a bracket is about that wide.
const plenty = 0.92

// scalingTitle says what the points show, not what the law makes of them.
func scalingTitle(stage string, sc bench.Scaling) string {
	of := orMissing(sc.Of)
	var top, last, first bench.ScalingPoint
	for _, p := range sc.Points {
		if p.Rate > top.Rate {
			top = p
		}
		if p.Nodes > last.Nodes {
			last = p
		}
		if p.Nodes > 0 && (first.Nodes == 0 || p.Nodes < first.Nodes) {
			first = p
		}
	}
	if sc.Fit == nil || first.Rate <= 0 || last.Nodes <= first.Nodes {
		return fmt.Sprintf("%s by the number of %s nodes, without a fit", stage, of)
	}
	enough := top
	for _, p := range sc.Points {
		if p.Nodes > 0 && p.Nodes < enough.Nodes && p.Rate >= plenty*top.Rate {
			enough = p
		}
	}
	if enough.Nodes < last.Nodes {
		return fmt.Sprintf("%s gains next to nothing beyond %s: %s", stage, plural(int(enough.Nodes), of+" node"), reports.Rate(enough.Rate))
	}
	return fmt.Sprintf("%s: %s %s nodes carry %s what %s does", stage, reports.Plain(last.Nodes), of,
		reports.Ratio(last.Rate/first.Rate), reports.Plain(first.Nodes))
}

// scalingPlot draws points, the fitted law and what would be linear.
func scalingPlot(sc bench.Scaling) *plot {
	var most, top, first float64
	var measured, simulated []item
	for _, pt := range sc.Points {
		most, top = max(most, pt.Nodes), max(top, pt.Rate)
		dot := item{Value: []any{number(pt.Nodes), number(pt.Rate)},
			Tip: []string{reports.Plain(pt.Nodes) + " nodes", reports.Rate(pt.Rate)}}
		if pt.Simulated {
			dot.Tip = append(dot.Tip, "simulated, not measured")
			dot.ItemStyle = &opts.ItemStyle{Color: "@ground", BorderColor: "@three", BorderWidth: 2}
			simulated = append(simulated, dot)
			continue
		}
		if pt.Nodes > 0 && pt.Rate/pt.Nodes > first {
			first = pt.Rate / pt.Nodes
		}
		measured = append(measured, dot)
	}
	end := min(max(most, 1), farthest)
	var solid, dashed [][]any
	if fit := sc.Fit; fit != nil {
		first = fit.Lambda
		end = min(max(end, fit.Most*beyondMost), farthest)
		var highest float64
		solid, dashed, highest = lawCurve(*fit, end)
		top = max(top, highest)
	}
	top = ceiling(top * 1.08)
	x := scaleOf(bench.Axis{Unit: bench.UnitNone}, []float64{0, end}, true)
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: 0, Max: number(x.high), Name: "nodes", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "value", Min: 0, Max: number(top), Name: "requests per second", NameLocation: "end"}},
		opts.Grid{Left: "62", Right: "22", Top: "58", Bottom: "50"})
	p.formats([]string{"number"}, []string{"rate"})
	p.view.TicksX = [][]float64{slices.DeleteFunc(x.ticks, func(n float64) bool { return n != math.Trunc(n) })} // nodes are whole
	names := []string{"measured"}
	if first > 0 {
		reach := min(end, top/first)
		p.add("rate", charts.SingleSeries{Name: "linear", Type: "line", ShowSymbol: opts.Bool(false),
			Data:      [][]any{{0, 0}, {number(reach), number(first * reach)}},
			LineStyle: &opts.LineStyle{Color: "@line", Width: 1}, ItemStyle: &opts.ItemStyle{Color: "@line"}})
		names = append(names, "linear")
	}
	if len(solid) > 0 || len(dashed) > 0 {
		line := charts.SingleSeries{Name: "fitted law", Type: "line", ShowSymbol: opts.Bool(false), Data: solid,
			LineStyle: &opts.LineStyle{Color: "@two", Width: 2}, ItemStyle: &opts.ItemStyle{Color: "@two"}}
		p.add("rate", line)
		line.Data, line.LineStyle = dashed, &opts.LineStyle{Color: "@two", Width: 2, Type: "dashed"}
		p.add("rate", line)
		names = append(names, "fitted law")
	}
	if len(simulated) > 0 {
		p.add("rate", charts.SingleSeries{Name: "simulated", Type: "scatter", Data: simulated, SymbolSize: 13, ItemStyle: &opts.ItemStyle{Color: "@three"}})
		names = append(names, "simulated")
	}
	// What was measured is on top.
	p.add("rate", charts.SingleSeries{Name: "measured", Type: "scatter", Data: measured, SymbolSize: 8, ItemStyle: &opts.ItemStyle{Color: "@one"}})
	p.legend(names...)
	return p
}

// lawCurve are the points of a fitted law from one node to end: solid as far as
// nodes were counted, dashed beyond, and the highest of them.
func lawCurve(fit bench.ScalingFit, end float64) (solid, dashed [][]any, highest float64) {
	at := func(n float64) ([]any, bool) {
		y := fit.At(n)
		if math.IsNaN(y) || math.IsInf(y, 0) || y < 0 {
			return nil, false
		}
		highest = max(highest, y)
		return []any{number(n), number(y)}, true
	}
	for i := range scalingPoints + 1 {
		n := 1 + (end-1)*float64(i)/scalingPoints
		point, ok := at(n)
		switch {
		case !ok:
		case n <= fit.Most:
			solid = append(solid, point)
		default:
			// The two parts meet where counting ended.
			if border, ok := at(fit.Most); ok && len(dashed) == 0 && len(solid) > 0 {
				solid, dashed = append(solid, border), append(dashed, border)
			}
			dashed = append(dashed, point)
		}
	}
	return solid, dashed, highest
}

// scalingTable is the twin of a chart: every point beside the law.
func scalingTable(stage string, sc bench.Scaling) *table {
	t := &table{Caption: fmt.Sprintf("%s, capacity by the number of %s nodes", stage, orMissing(sc.Of)),
		Columns: columns(">Nodes", ">Capacity", ">Per node", ">Fitted law", ">Capacity / law", "Known by")}
	for i, pt := range sc.Points {
		if i == maxFacts {
			t.Note = plural(len(sc.Points)-maxFacts, "further point") + " are in run.json."
			break
		}
		each, law, off, by := reports.Missing, reports.Missing, reports.Missing, "measurement"
		if pt.Simulated {
			by = "simulation"
		}
		if pt.Nodes > 0 {
			each = reports.Rate(pt.Rate / pt.Nodes)
		}
		if sc.Fit != nil {
			if at := sc.Fit.At(pt.Nodes); at > 0 && !math.IsInf(at, 0) {
				law, off = reports.Rate(at), reports.Ratio(pt.Rate/at)
				if pt.Nodes > sc.Fit.Most {
					law += " (extrapolated)"
				}
			}
		}
		t.add(text(reports.Plain(pt.Nodes)), text(reports.Rate(pt.Rate)), text(each), text(law), text(off), text(by))
	}
	return t
}

// lawTable has the parameters of every fitted law.
func (b *builder) lawTable() *table {
	t := &table{Caption: "The Universal Scalability Law, X(N) = λN / (1 + σ(N−1) + κN(N−1)), fitted",
		Columns: columns("Stage", "Nodes", ">λ, one node", ">σ, contention", ">κ, coherence", ">R²", ">Peak at", ">Counted up to", "To mind"),
		Note:    "± is the standard error of a parameter; without one, there were as many parameters as points. The law is smooth: where capacity stops at a ceiling, as that of a shared disk, its peak is a place on the plateau, not a best number of nodes. A law is never used beyond what was counted without saying so."}
	plusMinus := func(v, e string, known bool) string {
		if !known {
			return v
		}
		return v + " ± " + e
	}
	for i, r := range b.run.Stages {
		for _, sc := range r.Scalings {
			f := sc.Fit
			if f == nil {
				t.add(b.stageCell(i), text(sc.Of), text(""), text(""), text(""), text(""), text(""), text(""), text(sc.Why))
				continue
			}
			peak := "none"
			if f.Peak > 0 {
				peak = reports.Plain(f.Peak)
				if f.Peak > f.Most {
					peak += " (extrapolated)"
				}
			}
			t.add(b.stageCell(i), text(sc.Of), text(plusMinus(reports.Rate(f.Lambda), reports.Rate(f.LambdaError), f.LambdaError > 0)),
				text(plusMinus(reports.Plain(f.Sigma), reports.Plain(f.SigmaError), f.SigmaError > 0)),
				text(plusMinus(reports.Plain(f.Kappa), reports.Plain(f.KappaError), f.KappaError > 0)),
				text(reports.Value("r2", f.R2)), text(peak), text(reports.Plain(f.Most)), text(sc.Why))
		}
	}
	return t
}
