package html

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// overviewHues are the colours of runs, in order. Their marks differ as well.
var overviewHues = []string{"@one", "@two", "@three", "@four", "@baseline"}

// howOverlay explains the percentile charts of several runs.
const howOverlay = "Read up from 99% to find the time that 99 of 100 requests stayed below; each step to the right is a request ten times rarer. " +
	"Solid where at least ten requests lie beyond the point, dashed where fewer do; each line ends at the mark of its slowest request."

// tails are the percentile curves of each stage, those of all runs in one
// chart.
func (o *overview) tails() (section, error) {
	s := section{ID: "tails", Title: "How long did users wait?", How: howOverlay}
	l := o.limits()
	for _, id := range o.stages {
		var curves []curve
		var which []int
		var samples []string
		for _, k := range o.having(id) {
			m := stageOf(o.runs[k], id).Common
			if !curved(m) {
				continue
			}
			curves = append(curves, curve{name: o.names[k], of: m.Total.Response})
			which = append(which, k)
			samples = append(samples, fmt.Sprintf("%s at %s", reports.Count(m.Total.Planned), reports.Rate(m.Rate)))
		}
		if len(curves) < 2 || len(s.Panels) >= maxCompared {
			continue
		}
		slices.Sort(samples)
		f := figure{ID: o.ids.of("figure", "tails-"+id), Title: orMissing(id) + ", " + plural(len(curves), "run"), Height: percentileHeight,
			Subtitle: "Requests: " + strings.Join(slices.Compact(samples), "; ") + "; open loop", Table: curveTable("Response time by percentile and run", curves)}
		if left := len(curves) - maxCurves; left > 0 {
			f.Subtitle += fmt.Sprintf(". The first %d runs are drawn, all are in the table", maxCurves)
			curves, which = curves[:maxCurves], which[:maxCurves]
		}
		if err := f.draw(o.overlay(curves, which, l)); err != nil {
			return s, err
		}
		s.Panels = append(s.Panels, f)
	}
	if len(s.Panels) == 0 {
		return section{}, nil
	}
	return s, nil
}

// limits are the axes of all charts of the page.
func (o *overview) limits() limits {
	l := limits{rarest: 100}
	var ends []float64
	for _, r := range o.runs {
		for _, s := range r.Stages {
			if curved(s.Common) {
				d := s.Common.Total.Response
				ends = append(ends, float64(d.Min), float64(d.Max))
				l.rarest = max(l.rarest, float64(d.Count))
			}
		}
	}
	l.low, l.high = decades(ends...)
	l.rarest = rarest(l.rarest)
	return l
}

// overlay draws curves over 1/(1-q), each with a colour and a mark of its run.
func (o *overview) overlay(curves []curve, which []int, l limits) *plot {
	p := newPlot("axis",
		[]opts.XAxis{{Type: "log", Min: 1, Max: l.rarest, Name: "share of requests that were faster", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "log", Min: l.low, Max: l.high}},
		opts.Grid{Left: "62", Right: "22", Top: "36", Bottom: "50"})
	p.formats([]string{"quantile"}, []string{"ns"})
	p.view.Note = "beyond"
	var names []string
	for i, c := range curves {
		name, hue, symbol := clipped(c.name, 40), overviewHues[which[i]%len(overviewHues)], symbols[which[i]%len(symbols)]
		name = unique(names, name)
		names = append(names, name)
		solid, dashed := points(c.of, o.detail.curve)
		// The mark comes first: the legend shows that of the first series of a
		// name.
		p.add("ns", charts.SingleSeries{Name: name, Type: "scatter", Data: slowest(c.of), Symbol: symbol, SymbolSize: 9, ItemStyle: &opts.ItemStyle{Color: hue}})
		line := charts.SingleSeries{Name: name, Type: "line", Data: solid, ShowSymbol: opts.Bool(true), Symbol: "none",
			LineStyle: &opts.LineStyle{Color: hue, Width: 2}, ItemStyle: &opts.ItemStyle{Color: hue}}
		p.add("ns", line)
		for j, d := range dashed {
			if end, ok := d.(item); ok { // drawn by the mark
				dashed[j] = end.Value
			}
		}
		line.Data, line.LineStyle = dashed, &opts.LineStyle{Color: hue, Width: 2, Type: "dashed"}
		p.add("ns", line)
	}
	p.legend(names...)
	return p
}

// slowest is the end of a curve: the slowest request, where one of its rarity
// lies.
func slowest(d bench.Distribution) [][]any {
	if d.Count == 0 || d.Max <= 0 {
		return [][]any{}
	}
	return [][]any{{positive(float64(d.Count)), positive(float64(d.Max)), 0}}
}
