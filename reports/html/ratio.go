package html

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/reports"
)

// maxRatio is where the longest ratio axis ends; what is further off is drawn
// there and told in its tooltip.
const maxRatio = 16

// ratioPlot has a row for each fact.
func (b *builder) ratioPlot(all []opinion, simulated bool) *plot {
	offset, top := 0.0, "22"
	if simulated {
		offset, top = 6, "34"
	}
	var names []string
	var dots, allowed, brackets, played, intervals []item
	for i, o := range all {
		stage := b.run.Stages[o.stage].Stage.ID
		names = append(names, short(stage)+" "+factName(o.fact))
		tip := append([]string{stage + " " + o.fact, "measured " + o.measured()}, o.verdict.Evidence...)
		if e := o.estimate; e != nil {
			allowed = append(allowed, item{Value: []any{octaves(1 - e.Tolerance), octaves(1 + e.Tolerance), i}})
			if o.fact == capacityFact && o.low > 0 && o.high > 0 && e.Value > 0 {
				brackets = append(brackets, item{Value: []any{octaves(o.low / e.Value), octaves(o.high / e.Value), i}, Tip: tip})
			}
			if o.verdict.Ratio > 0 {
				dot := probeLook(o.verdict.Word)
				dot.Value = []any{octaves(o.verdict.Ratio), i}
				dot.Tip = append(tip, "estimated "+reports.Value(o.fact, e.Value)+", error "+o.errorText(e.Value))
				dots = append(dots, dot)
			}
		}
		v := o.simulated
		if v == nil || v.Value <= 0 || o.low <= 0 {
			continue
		}
		middle := o.low
		if o.high > 0 {
			middle = o.low + (o.high-o.low)/2 // as verdicts take it
		}
		played = append(played, item{Value: []any{octaves(middle / v.Value), i},
			Tip: append(tip, "simulated "+o.simulatedText()+", error "+o.errorText(v.Value))})
		if v.Low > 0 && v.High > v.Low {
			intervals = append(intervals, item{Value: []any{octaves(middle / v.High), octaves(middle / v.Low), i}})
		}
	}
	span, ticks := ratioSpan(2, allowed, brackets, intervals)
	if far, more := ratioSpan(1, dots, played); far > span {
		span, ticks = far, more
	}
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: number(-span), Max: number(span), Name: "measured / predicted",
			NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: top, Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"octaves"}, []string{"name"})
	p.view.TicksX = [][]float64{ticks}
	if len(brackets) > 0 {
		p.shaped("segment", charts.SingleSeries{Name: "bracket", Data: brackets, ItemStyle: &opts.ItemStyle{Color: "@line"}}, []int{0, 1}, 2)
		p.last(mark{Offset: -offset})
	}
	p.shaped("tolerance", charts.SingleSeries{Name: "tolerance", Data: allowed, ItemStyle: &opts.ItemStyle{Color: "@before"},
		MarkAreas: ratioBands(span)}, []int{0, 1}, 2)
	p.last(mark{Offset: -offset})
	p.add("", charts.SingleSeries{Name: "estimate", Type: "scatter", Data: dots, SymbolSize: 11,
		ItemStyle: &opts.ItemStyle{Color: "@pass"}, MarkLines: exactly()})
	p.last(mark{Offset: -offset})
	if simulated {
		p.shaped("tolerance", charts.SingleSeries{Name: "interval", Data: intervals, ItemStyle: &opts.ItemStyle{Color: "@three"}}, []int{0, 1}, 2)
		p.last(mark{Offset: offset})
		p.add("", charts.SingleSeries{Name: "simulation", Type: "scatter", Data: played, Symbol: "rect", SymbolSize: 9,
			ItemStyle: &opts.ItemStyle{Color: "@three"}})
		p.last(mark{Offset: offset})
		p.legend("estimate", "simulation")
	}
	return p
}

// octaves is the place of a ratio on the log axis, cut at maxRatio.
func octaves(ratio float64) any {
	end := math.Log2(maxRatio)
	if ratio <= 0 {
		return -end
	}
	return number(min(max(math.Log2(ratio), -end), end))
}

// ratioSpan is how far a ratio axis must reach on both sides for some items,
// in octaves, and where its labels stand.
func ratioSpan(columns int, all ...[]item) (span float64, ticks []float64) {
	most := 0.0
	for _, items := range all {
		for _, it := range items {
			for _, v := range it.Value[:min(columns, len(it.Value))] {
				if at, ok := v.(float64); ok {
					most = max(most, math.Abs(at))
				}
			}
		}
	}
	for _, s := range []struct {
		end   float64
		ticks []float64
	}{
		{1.1, []float64{0.9, 0.95, 1, 1.05, 1.1}},
		{1.5, []float64{0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5}},
		{2.2, []float64{0.5, 0.7, 1, 1.5, 2}},
		{5, []float64{0.25, 0.5, 1, 2, 4}},
	} {
		if span = math.Log2(s.end); most <= span {
			return span, logs(s.ticks)
		}
	}
	return math.Log2(maxRatio), logs([]float64{0.1, 0.5, 1, 2, 10})
}

// logs are the places of ratios on the axis.
func logs(ratios []float64) []float64 {
	out := make([]float64, 0, len(ratios))
	for _, r := range ratios {
		if at, ok := octaves(r).(float64); ok {
			out = append(out, at)
		}
	}
	return out
}

// ratioBands shade a factor of 10 and, on top, of 2, as far as the axis goes.
func ratioBands(span float64) *opts.MarkAreas {
	band := func(factor float64, color string) []any {
		end := min(math.Log2(factor), span)
		return []any{map[string]any{"xAxis": number(-end), "itemStyle": map[string]any{"color": color}},
			map[string]any{"xAxis": number(end)}}
	}
	return &opts.MarkAreas{Data: []any{band(10, "@far"), band(2, "@near")}}
}

// exactly is the line of an exact estimate.
func exactly() *opts.MarkLines {
	return &opts.MarkLines{Data: []any{map[string]any{"xAxis": 0}}, MarkLineStyle: opts.MarkLineStyle{
		Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(false)},
		LineStyle: &opts.LineStyle{Color: "@baseline", Width: 1, Type: "solid"}}}
}
