package html

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// howForest explains the charts of ratios.
const howForest = "Left of 1× is less than before, right of it more; the axis doubles by equal steps. The bar is the interval: where it covers 1× no change can be told. " +
	"The shaded band is what counts as noise. A thick bar that reaches the edge goes on beyond it, or has no end there. " +
	"Filled circle: better. Filled diamond: worse. Hollow circle: the same, or within noise. Hollow triangle: unknown."

// changes shows every ratio with its interval, stage by stage.
func (p *comparison) changes() (section, error) {
	s := section{ID: "changes", Title: "What changed?", How: howForest}
	if len(p.c.Stages) == 0 {
		return section{ID: s.ID, Title: s.Title, Lead: "Nothing was compared."}, nil
	}
	span, ticks := p.span()
	for i, stage := range p.c.Stages {
		t := p.deltas(stage)
		if len(stage.Rows) == 0 {
			continue
		}
		drawn := ratios(stage)
		if i >= maxCompared || len(drawn) == 0 {
			s.Tables = append(s.Tables, t)
			continue
		}
		f := figure{ID: p.ids.of("figure", "changes-"+stage.ID), Title: forestTitle(stage), Table: t, Height: rowsAround + 28*len(drawn),
			Subtitle: fmt.Sprintf("%s over %s; intervals at %s, of a capacity without rounds the bounds of both searches", p.c.After, p.c.Before, reports.PercentSetting(p.c.Level))}
		if left := len(stage.Rows) - len(drawn); left > 0 {
			f.Subtitle += fmt.Sprintf("; %s without a ratio %s in the table alone", plural(left, "number"), are(left))
		}
		if err := f.draw(p.forest(stage, drawn, span, ticks)); err != nil {
			return s, err
		}
		s.Panels = append(s.Panels, f)
	}
	return s, nil
}

// forestTitle says of one stage what changed.
func forestTitle(s bench.StageComparison) string {
	t := tallied(bench.Comparison{Stages: []bench.StageComparison{s}})
	id := orMissing(s.ID)
	switch {
	case t.all == t.unknown:
		return id + ": nothing can be said"
	case t.better+t.worse == 0:
		return fmt.Sprintf("%s: no detectable difference, %d unknown", id, t.unknown)
	}
	return fmt.Sprintf("%s: %d worse, %d better, %d the same or within noise, %d unknown", id, t.worse, t.better, t.same, t.unknown)
}

// ratios are the rows that have a place on an axis of ratios.
func ratios(s bench.StageComparison) []bench.Delta {
	var out []bench.Delta
	for _, d := range s.Rows {
		if d.Ratio > 0 && !isShare(d) {
			out = append(out, d)
		}
	}
	return out
}

// span is how far the axis of every stage reaches on both sides, in octaves.
func (p *comparison) span() (float64, []float64) {
	var ends []item
	for _, s := range p.c.Stages {
		for _, d := range ratios(s) {
			for _, r := range []float64{d.Ratio, d.Low, d.High} {
				if r > 0 {
					ends = append(ends, item{Value: []any{octaves(r)}})
				}
			}
		}
	}
	ends = append(ends, item{Value: []any{octaves(1 + 1.5*p.c.Noise)}})
	return ratioSpan(1, ends)
}

// look is how a verdict is drawn.
func look(w bench.DeltaWord) (hue, symbol string, filled bool) {
	switch w {
	case bench.DeltaBetter:
		return "@pass", "circle", true
	case bench.DeltaWorse:
		return "@fail", "diamond", true
	case bench.DeltaSame, bench.DeltaNoise:
		return "@before", "circle", false
	}
	return "@unknown", "triangle", false
}

// forest draws the ratios of one stage.
func (p *comparison) forest(stage bench.StageComparison, rows []bench.Delta, span float64, ticks []float64) *plot {
	var names []string
	var dots, closed, open []item
	for i, d := range rows {
		names = append(names, unique(names, deltaName(d.Fact)))
		hue, symbol, filled := look(d.Word)
		tip := p.deltaTip(stage.ID, d)
		style := &opts.ItemStyle{Color: "@ground", BorderColor: hue, BorderWidth: 2}
		if filled {
			style.Color = hue
		}
		at := edged(d.Ratio, span)
		dots = append(dots, item{Value: []any{at, i}, Symbol: symbol, SymbolSize: 12, ItemStyle: style, Tip: tip})
		if d.Low <= 0 && d.High <= 0 {
			continue
		}
		from, to := -span, span
		if d.Low > 0 {
			from = edged(d.Low, span)
		}
		if d.High > 0 {
			to = edged(d.High, span)
		}
		bar := item{Value: []any{number(from), number(to), i}, ItemStyle: &opts.ItemStyle{BorderColor: hue}, Tip: tip}
		if from <= -span || to >= span {
			open = append(open, bar)
		} else {
			closed = append(closed, bar)
		}
	}
	plot := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: number(-span), Max: number(span), Name: "after / before", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "10", Bottom: "44", ContainLabel: opts.Bool(true)})
	plot.formats([]string{"octaves"}, []string{"name"})
	plot.view.TicksX = [][]float64{ticks}
	plot.shaped("tolerance", charts.SingleSeries{Name: "interval", Data: closed, ItemStyle: &opts.ItemStyle{Color: "@before"},
		MarkAreas: noiseBand(p.c.Noise, span)}, []int{0, 1}, 2)
	plot.shaped("segment", charts.SingleSeries{Name: "open interval", Data: open, ItemStyle: &opts.ItemStyle{Color: "@before"}}, []int{0, 1}, 2)
	plot.add("", charts.SingleSeries{Name: "ratio", Type: "scatter", Data: dots, SymbolSize: 12,
		ItemStyle: &opts.ItemStyle{Color: "@before"}, MarkLines: exactly()})
	return plot
}

// edged is the place of a ratio, or the edge of the axis.
func edged(ratio, span float64) float64 { return min(max(math.Log2(ratio), -span), span) }

// noiseBand shades the changes that count as none.
func noiseBand(noise, span float64) *opts.MarkAreas {
	if noise <= 0 || noise >= 1 {
		return nil
	}
	return &opts.MarkAreas{Data: []any{[]any{
		map[string]any{"xAxis": number(edged(1-noise, span)), "itemStyle": map[string]any{"color": "@near"}},
		map[string]any{"xAxis": number(edged(1+noise, span))}}}}
}

// deltaTip is what the mouse is told of a row.
func (p *comparison) deltaTip(stage string, d bench.Delta) []string {
	out := []string{stage + ", " + deltaName(d.Fact) + ": " + deltaWord(d.Word),
		sideText(d.Fact, d.Before) + " before, " + sideText(d.Fact, d.After) + " after, " + deltaText(d) + " " + bracketed(deltaInterval(d))}
	for _, more := range []string{d.Method, d.Why} {
		if more != "" {
			out = append(out, more)
		}
	}
	return out
}

// deltas is the twin of a stage's chart, and has every number.
func (p *comparison) deltas(s bench.StageComparison) *table {
	t := &table{Caption: orMissing(s.ID) + ", number by number",
		Columns: columns("Number", ">Before", ">After", ">Change|ratio of after to before; of a share the difference", ">Interval|of the ratio", "Verdict",
			">n before|windows or rounds", ">n after|windows or rounds", "By", "To mind"),
		Note: fmt.Sprintf("Intervals at %s, each for its number alone.", reports.PercentSetting(p.c.Level))}
	count := func(n int) string {
		if n <= 0 {
			return ""
		}
		return reports.Count(n)
	}
	for _, d := range s.Rows {
		t.add(text(deltaName(d.Fact)), text(sideText(d.Fact, d.Before)), text(sideText(d.Fact, d.After)), text(deltaText(d)),
			text(deltaInterval(d)), text(deltaWord(d.Word)), text(count(d.SamplesBefore)), text(count(d.SamplesAfter)), text(d.Method), text(d.Why))
	}
	t.prune(6, 10)
	return t
}
