package html

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// rarest is the end of the axis of percentiles.
func rarest(n float64) float64 { return math.Pow(10, math.Ceil(math.Log10(n))) }

// searched is one capacity of a chart: whose it is, and in which colour.
type searched struct {
	stage, run, hue string
	capacity        *bench.Capacity
}

// howCapacities explains a chart of capacities of several runs.
const howCapacities = "The dot is the highest rate that met the objective, the bar reaches to the lowest rate that did not: the capacity lies between. " +
	"An arrow means that no rate tried failed. Hollow grey is in doubt. Where two brackets overlap, the searches leave open whether there is a difference."

// capacities are the brackets of both runs.
func (p *comparison) capacities() (section, error) {
	var all []searched
	for i, c := range p.c.Stages {
		before, after := p.stages(c.ID)
		if before == nil || after == nil || i >= maxCompared || before.Capacity == nil && after.Capacity == nil {
			continue
		}
		all = append(all, searched{c.ID, p.c.Before, "@before", before.Capacity}, searched{c.ID, p.c.After, "@one", after.Capacity})
	}
	return capacitySection(p.ids, all)
}

// capacitySection shows brackets of several runs, stage by stage.
func capacitySection(ids anchors, all []searched) (section, error) {
	s := section{ID: "capacities", Title: "How much did each carry?"}
	f := figure{ID: ids.of("figure", "capacities"), Title: "Capacity, each run on a row of its own", How: howCapacities, Height: rowsAround + rowHeight*len(all),
		Subtitle: objectives(all), Table: capacityRows(all)}
	end := 0.0
	for _, one := range all {
		if one.capacity != nil {
			end = max(end, one.capacity.Passed, one.capacity.Failed)
		}
	}
	end = ceiling(end * 1.25) // the room on the right is for the labels
	var names []string
	var brackets, dots, labels []item
	for i, one := range all {
		names = append(names, unique(names, clipped(one.stage, 32)+", "+clipped(one.run, 24)))
		label, at := one.label(end)
		labels = append(labels, item{Value: []any{number(at), i}, Name: label, Tip: []string{one.stage + ", " + one.run, label}})
		c := one.capacity
		if c == nil || c.Passed <= 0 {
			continue
		}
		style := &opts.ItemStyle{Color: one.hue, BorderColor: one.hue, BorderWidth: 2}
		tip := []string{one.stage + ", " + one.run, label}
		if c.Doubt != "" {
			style = &opts.ItemStyle{Color: "@ground", BorderColor: "@unknown", BorderWidth: 2}
			tip = append(tip, "in doubt: "+c.Doubt)
		}
		brackets = append(brackets, item{Value: []any{number(c.Passed), positive(c.Failed), i}, ItemStyle: style, Tip: tip})
		dots = append(dots, item{Value: []any{number(c.Passed), i}, ItemStyle: style, Tip: tip})
	}
	if len(dots) == 0 {
		return section{}, nil
	}
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: 0, Max: number(end), Name: "requests per second", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "16", Top: "8", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"rate"}, []string{"name"})
	p.shaped("bracket", charts.SingleSeries{Name: "bracket", Data: brackets, ItemStyle: &opts.ItemStyle{Color: "@one"}}, []int{0, 1}, 2)
	p.add("rate", charts.SingleSeries{Name: "highest rate that passed", Type: "scatter", Data: dots, SymbolSize: 10})
	p.add("rate", charts.SingleSeries{Name: "label", Type: "scatter", Data: labels, SymbolSize: 1, ItemStyle: &opts.ItemStyle{Color: "@one"},
		Label: &opts.Label{Show: opts.Bool(true), Position: "right", Color: "@text"}})
	s.Figures = []figure{f}
	return s, s.Figures[0].draw(p)
}

// label is what stands at a capacity, and where: beyond its bar or arrow.
func (s searched) label(end float64) (said string, at float64) {
	c := s.capacity
	switch {
	case c == nil:
		return "not searched", 0
	case c.Passed <= 0 && c.Failed <= 0 && c.Doubt != "":
		return "unknown", 0
	case c.Passed <= 0 && c.Failed <= 0:
		return "none", 0
	case c.Passed <= 0:
		return "none passed, " + reports.Bracket(0, c.Failed), 0
	case c.Failed <= 0:
		return reports.Bracket(c.Passed, 0), c.Passed + end*0.045
	}
	return reports.Bracket(c.Passed, c.Failed), max(c.Passed, c.Failed)
}

// objectives says what all capacities met, or that they do not compare.
func objectives(all []searched) string {
	var first *bench.Capacity
	for _, one := range all {
		switch {
		case one.capacity == nil:
		case first == nil:
			first = one.capacity
		case first.SLO != one.capacity.SLO:
			return "The objectives differ, so these capacities do not compare: each is in the table"
		}
	}
	if first == nil {
		return ""
	}
	return "Highest rate within " + reports.SLO(first.SLO)
}

// capacityRows is the twin of the chart.
func capacityRows(all []searched) *table {
	t := &table{Caption: "Capacity by stage and run", Columns: columns("Stage", "Run", ">Highest rate that passed", ">Lowest rate that failed", "Objective", "Limit at capacity", "Doubt")}
	for _, one := range all {
		c := one.capacity
		if c == nil {
			t.add(text(one.stage), text(one.run), text(""), text(""), text(""), text(""), text("not searched"))
			continue
		}
		limit := c.Bottleneck.String()
		if limit != "" {
			limit = fmt.Sprintf("%s, %s in use", limit, reports.Percent(c.Bottleneck.Use))
		}
		t.add(text(one.stage), text(one.run), text(rateOrNone(c.Passed)), text(rateOrNone(c.Failed)), text(reports.SLO(c.SLO)), text(limit), text(c.Doubt))
	}
	t.prune(5, 7)
	return t
}
