package html

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	// enough is how many samples must lie beyond a point of a curve for it
	// to be drawn solid.
	enough           = 10
	percentileHeight = 300
)

// howPercentile explains the percentile charts.
const howPercentile = "Read up from 99% to find the time that 99 of 100 requests stayed below; each step to the right is a request ten times " +
	"rarer. Solid where at least ten requests lie beyond the point, dashed where fewer do; the circle is the slowest. " +
	"The stepped line is the objective: the curve must stay below its corner."

// howHonesty explains the chart of one stage's times.
const howHonesty = "Response counts from when a request was planned, service from when it was sent, lateness is the time between. Where response " +
	"lies above service, the generator was behind, and a tool that counts from the send time would not have seen it. " +
	"Dashed where fewer than ten requests lie beyond."

// curve is one line of a percentile chart.
type curve struct {
	name  string
	color string
	width float32
	of    bench.Distribution
}

// limits are the axes that all percentile charts of a page share.
type limits struct{ low, high, rarest float64 }

// limits spans every curve of the run.
func (b *builder) limits() limits {
	values := []float64{float64(b.slo())}
	l := limits{rarest: 100}
	for _, s := range b.run.Stages {
		if s.Common == nil {
			continue
		}
		d := s.Common.Total.Response
		l.rarest = max(l.rarest, float64(d.Count))
		values = append(values, float64(d.Min), float64(d.Max))
	}
	l.low, l.high = decades(values...)
	l.rarest = math.Pow(10, math.Ceil(math.Log10(l.rarest)))
	return l
}

// percentileFigures compare every stage with the one it is measured against.
func (b *builder) percentileFigures() ([]figure, error) {
	var out []figure
	l := b.limits()
	for i, s := range b.run.Stages {
		if s.Common == nil || len(s.Common.Total.Response.Curve) == 0 {
			continue
		}
		f := figure{ID: b.ids.of("figure", "percentiles-"+s.Stage.ID), Height: percentileHeight,
			Title: s.Stage.ID, Subtitle: b.sample(s.Common)}
		curves := []curve{}
		if before, ok := b.against(i); ok && before.Common != nil && len(before.Common.Total.Response.Curve) > 0 {
			f.Title = fmt.Sprintf("%s against %s", s.Stage.ID, before.Stage.ID)
			curves = append(curves, curve{before.Stage.ID, "@before", 2, before.Common.Total.Response})
		}
		curves = append(curves, curve{s.Stage.ID, "@one", 2.5, s.Common.Total.Response})
		f.Table = curveTable("Response time at the common load by percentile", curves)
		p := b.percentilePlot(curves, l)
		if err := f.draw(p); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// honestyFigure shows what one stage's users waited beside what a generator
// that counts from the send time would have said.
func (b *builder) honestyFigure(s bench.StageResult) (figure, error) {
	t := s.Common.Total
	f := figure{ID: b.ids.of("figure", "times-"+s.Stage.ID), Height: percentileHeight,
		Title: "What users waited, and what of it was the generator", Subtitle: b.sample(s.Common), How: howHonesty}
	curves := []curve{{"response", "@one", 2.5, t.Response}}
	if len(t.Service.Curve) > 0 {
		curves = append(curves, curve{"service", "@two", 1.5, t.Service})
	}
	if len(t.Lateness.Curve) > 0 {
		curves = append(curves, curve{"lateness", "@before", 1.5, t.Lateness})
	}
	l := b.limits()
	l.low, _ = decades(l.low, float64(t.Lateness.Min), float64(t.Service.Min))
	f.Table = curveTable("Response time, service time and lateness by percentile", curves)
	return f, f.draw(b.percentilePlot(curves, l))
}

// percentilePlot draws curves over 1/(1-q) on a log axis.
func (b *builder) percentilePlot(curves []curve, l limits) *plot {
	p := newPlot("axis",
		[]opts.XAxis{{Type: "log", Min: 1, Max: l.rarest, Name: "share of requests that were faster",
			NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "log", Min: l.low, Max: l.high}},
		opts.Grid{Left: "62", Right: "22", Top: "36", Bottom: "50"})
	p.formats([]string{"quantile"}, []string{"ns"})
	p.view.Note = "beyond"
	var names []string
	for _, c := range curves {
		// What the chart is about comes first in the legend, and is drawn last.
		if c.color == "@one" {
			names = append([]string{c.name}, names...)
		} else {
			names = append(names, c.name)
		}
		solid, dashed := points(c.of, b.detail.curve)
		line := charts.SingleSeries{Name: c.name, Type: "line", Data: solid, ShowSymbol: opts.Bool(false),
			LineStyle: &opts.LineStyle{Color: c.color, Width: c.width}, ItemStyle: &opts.ItemStyle{Color: c.color}}
		p.add("ns", line)
		line.Data, line.ShowSymbol, line.Symbol = dashed, opts.Bool(true), "none"
		line.LineStyle = &opts.LineStyle{Color: c.color, Width: c.width, Type: "dashed"}
		p.add("ns", line)
	}
	if slo := b.run.Workload.SLO; slo.Latency > 0 && slo.Quantile > 0 && slo.Quantile < 1 {
		name := reports.Quantile(slo.Quantile) + " ≤ " + reports.Setting(slo.Latency)
		names = append(names, name)
		corner, at := number(1/(1-slo.Quantile)), float64(slo.Latency)
		p.add("ns", charts.SingleSeries{Name: name, Type: "line", ShowSymbol: opts.Bool(false),
			Data:      [][]any{{1, number(at)}, {corner, number(at)}, {corner, number(l.high)}},
			LineStyle: &opts.LineStyle{Color: "@baseline", Width: 1.5}, ItemStyle: &opts.ItemStyle{Color: "@baseline"}})
	}
	p.legend(names...)
	return p
}

// points splits a curve where fewer than ten samples lie beyond. The maximum
// is drawn where a sample of its rarity lies, at x = n. Each point is x, time
// and the count beyond.
func points(d bench.Distribution, most int) (solid [][]any, dashed []any) {
	curve := thinned(d.Curve, most)
	var last []any
	for _, c := range curve {
		x := float64(d.Count)
		if c.Quantile < 1 {
			x = min(1/(1-c.Quantile), x)
		}
		point := []any{positive(x), positive(float64(c.Value)), c.Beyond}
		if c.Beyond >= enough {
			solid = append(solid, point)
			last = point
			continue
		}
		if len(dashed) == 0 && last != nil {
			dashed = append(dashed, last)
		}
		if c.Quantile >= 1 {
			dashed = append(dashed, item{Value: point, Symbol: "circle", SymbolSize: 7})
			continue
		}
		dashed = append(dashed, point)
	}
	return solid, dashed
}

// thinned keeps at most most points, the first and the last among them, or
// one more.
func thinned(curve []bench.Point, most int) []bench.Point {
	step := (len(curve) + most - 1) / most
	if step <= 1 {
		return curve
	}
	var out []bench.Point
	for i, c := range curve {
		if i%step == 0 || i == len(curve)-1 {
			out = append(out, c)
		}
	}
	return out
}

// curveTable is the twin of a percentile chart, at the usual quantiles.
func curveTable(caption string, curves []curve) *table {
	t := &table{Caption: caption,
		Columns: columns("Curve", ">n", ">min", ">p50", ">p90", ">p95", ">p99", ">p99.9", ">max"),
		Note:    "– where fewer than ten requests lie beyond the percentile."}
	for _, c := range curves {
		t.add(append([]cell{text(c.name)}, quantileCells(c.of)...)...)
	}
	return t
}

// quantileCells are the columns from n to max.
func quantileCells(d bench.Distribution) []cell {
	cells := []cell{text(reports.Count(d.Count))}
	if d.Count == 0 {
		for range 7 {
			cells = append(cells, text(""))
		}
		return cells
	}
	return append(cells, text(reports.Duration(d.Min)), text(reports.DurationOf(d.P50)),
		text(reports.DurationOf(d.P90)),
		text(reports.DurationOf(d.P95)), text(reports.DurationOf(d.P99)), text(reports.DurationOf(d.P999)),
		text(reports.Duration(d.Max)))
}
