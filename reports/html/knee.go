package html

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const kneeHeight = 400

// howKnee explains the charts of offered rate against goodput.
const howKnee = "Above: on the thin line everything asked is answered; where the curve leaves it, the stage gives way. " +
	"Below: the 99th percentile of the same probes on a log axis, with the objective as a line. " +
	"● passed, ◆ failed, △ does not count. The shaded band is where the capacity lies."

// sharedAxes is the largest ratio of capacities at which all stages share one
// axis; beyond it a small stage would vanish in its corner.
const sharedAxes = 4

// howKnees explains the charts, and what a probe of the run is judged by.
func (b *builder) howKnees() string {
	for _, s := range b.run.Stages {
		if c := s.Capacity; c != nil && c.SLO.Latency > 0 {
			return howKnee + fmt.Sprintf(" For a probe to pass, at most %s of its requests may take longer than %s or fail: that can be told even where too few requests lie beyond the %s to name it.",
				reports.PercentSetting(1-c.SLO.Quantile), reports.Setting(c.SLO.Latency), reports.Quantile(c.SLO.Quantile))
		}
	}
	return howKnee
}

// kneeFigures show where each stage breaks.
func (b *builder) kneeFigures() ([]figure, error) {
	var low, high float64
	for _, s := range b.run.Stages {
		if top := highestProbe(s.Capacity); top > 0 {
			if low == 0 || top < low {
				low = top
			}
			high = max(high, top)
		}
	}
	var out []figure
	for i, s := range b.run.Stages {
		top := highestProbe(s.Capacity)
		if top == 0 {
			continue
		}
		if high <= low*sharedAxes {
			top = high
		}
		f := figure{ID: b.ids.of("figure", "knee-"+s.Stage.ID), Title: kneeTitle(b.name(s), s.Capacity), Subtitle: b.kneeSubtitle(s),
			Height: kneeHeight, Table: kneeTable(s)}
		if err := f.draw(b.kneePlot(*b.run.Stages[i].Capacity, ceiling(top))); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func highestProbe(c *bench.Capacity) float64 {
	var top float64
	if c != nil {
		for _, p := range c.Probes {
			top = max(top, p.Rate, p.Goodput)
		}
	}
	return top
}

func kneeTitle(name string, c *bench.Capacity) string {
	switch {
	case c.Doubt != "":
		return fmt.Sprintf("%s: where it breaks is in doubt", name)
	case c.Passed <= 0 && c.Failed > 0:
		return fmt.Sprintf("%s breaks below %s", name, reports.Rate(c.Failed))
	case c.Failed <= 0:
		return fmt.Sprintf("%s did not break at up to %s", name, reports.Rate(c.Passed))
	}
	return fmt.Sprintf("%s breaks between %s and %s", name, reports.Rate(c.Passed), reports.Rate(c.Failed))
}

func (b *builder) kneeSubtitle(s bench.StageResult) string {
	text := plural(len(s.Capacity.Probes), "probe")
	if b.run.Profile.Probe > 0 {
		text += " of " + reports.Setting(b.run.Profile.Probe) + " or more"
	}
	if limit := s.Capacity.Bottleneck; limit.Node != "" {
		text += fmt.Sprintf("; busiest where it breaks: %s, %s in use", limit, reports.Percent(limit.Use))
	}
	if s.Capacity.Doubt != "" {
		text += "; in doubt: " + s.Capacity.Doubt
	}
	return text
}

// kneePlot stacks goodput and p99 over the same offered rates.
func (b *builder) kneePlot(c bench.Capacity, top float64) *plot {
	probes := slices.Clone(c.Probes)
	slices.SortStableFunc(probes, func(a, b bench.Probe) int { return cmp.Compare(a.Rate, b.Rate) })
	// Probes that do not count are shown, and no line runs through them.
	var goodput, tail, voidGoodput, voidTail []item
	values := []float64{float64(c.SLO.Latency)}
	for _, probe := range probes {
		look := probeLook(probe.Word)
		look.Tip = probeTip(probe)
		upper, lower := look, look
		upper.Value = []any{number(probe.Rate), number(probe.Goodput)}
		lower.Value = []any{number(probe.Rate), nanoseconds(probe.P99)}
		if reports.Word(probe.Word) == bench.Unknown {
			voidGoodput, voidTail = append(voidGoodput, upper), append(voidTail, lower)
		} else {
			goodput, tail = append(goodput, upper), append(tail, lower)
		}
		if probe.P99 != nil {
			values = append(values, float64(*probe.P99))
		}
	}
	low, high := decades(values...)
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: 0, Max: top, AxisLabel: &opts.AxisLabel{Show: opts.Bool(false)}},
			{Type: "value", Min: 0, Max: top, GridIndex: 1, Name: "offered rate, per second",
				NameLocation: "middle", NameGap: 28}},
		[]opts.YAxis{{Type: "value", Min: 0, Max: top, Name: "goodput", NameLocation: "end"},
			{Type: "log", Min: low, Max: high, GridIndex: 1, Name: "p99", NameLocation: "end"}},
		opts.Grid{Left: "62", Right: "20", Top: "28", Height: "190"},
		opts.Grid{Left: "62", Right: "20", Top: "256", Height: "92"})
	p.formats([]string{"rate", "rate"}, []string{"rate", "ns"})
	p.add("rate", charts.SingleSeries{Name: "all answered", Type: "line", ShowSymbol: opts.Bool(false),
		Data: [][]any{{0, 0}, {number(top), number(top)}}, LineStyle: &opts.LineStyle{Color: "@line", Width: 1},
		MarkAreas: kneeBand(c, top, "capacity")})
	p.add("rate", charts.SingleSeries{Name: "goodput", Type: "line", Data: goodput, SymbolSize: 10,
		LineStyle: &opts.LineStyle{Color: "@one", Width: 2}})
	p.add("ns", charts.SingleSeries{Name: "p99", Type: "line", Data: tail, SymbolSize: 10, XAxisIndex: 1, YAxisIndex: 1,
		LineStyle: &opts.LineStyle{Color: "@one", Width: 2}, MarkAreas: kneeBand(c, top, "")})
	p.add("rate", charts.SingleSeries{Name: "does not count", Type: "scatter", Data: voidGoodput, SymbolSize: 10})
	p.add("ns", charts.SingleSeries{Name: "does not count", Type: "scatter", Data: voidTail, SymbolSize: 10,
		XAxisIndex: 1, YAxisIndex: 1})
	if c.SLO.Latency > 0 && c.SLO.Quantile == 0.99 {
		at := number(float64(c.SLO.Latency))
		p.add("ns", charts.SingleSeries{Name: "objective", Type: "line", ShowSymbol: opts.Bool(true),
			Symbol: "none", XAxisIndex: 1, YAxisIndex: 1,
			// The label stands at the left, where the curve is far below.
			Data: []any{item{Value: []any{0, at}, Symbol: "circle", SymbolSize: 1,
				Name:  "objective " + reports.Setting(c.SLO.Latency),
				Label: &opts.Label{Show: opts.Bool(true), Position: "top", Align: "left", Color: "@text"}}, []any{number(top), at}},
			LineStyle: &opts.LineStyle{Color: "@baseline", Width: 1.5}})
	}
	return p
}

// kneeBand shades the bracket.
func kneeBand(c bench.Capacity, top float64, name string) *opts.MarkAreas {
	if c.Passed <= 0 || c.Failed <= 0 {
		return nil
	}
	return &opts.MarkAreas{
		Data: []any{[]any{map[string]any{"name": name, "xAxis": number(c.Passed)},
			map[string]any{"xAxis": number(min(c.Failed, top))}}},
		MarkAreaStyle: opts.MarkAreaStyle{ItemStyle: &opts.ItemStyle{Color: "@band"},
			Label: &opts.Label{Show: opts.Bool(name != ""), Position: "insideBottom", Color: "@muted"}}}
}

// probeLook is the mark of a probe by its verdict.
func probeLook(w bench.Word) item {
	switch reports.Word(w) {
	case bench.Pass:
		return item{Symbol: "circle", ItemStyle: &opts.ItemStyle{Color: "@pass"}}
	case bench.Fail:
		return item{Symbol: "diamond", SymbolSize: 13, ItemStyle: &opts.ItemStyle{Color: "@fail"}}
	}
	return item{Symbol: "triangle", ItemStyle: &opts.ItemStyle{Color: "@ground", BorderColor: "@unknown",
		BorderWidth: 2}}
}

func probeTip(p bench.Probe) []string {
	tip := []string{"offered " + reports.Rate(p.Rate) + ", " + string(reports.Word(p.Word)),
		"goodput " + reports.Rate(p.Goodput),
		"p50 " + reports.DurationOf(p.P50) + ", p99 " + reports.DurationOf(p.P99),
		"failures " + reports.Percent(p.Failures) + ", too slow or failed " + slow(p)}
	if p.Why != "" {
		tip = append(tip, p.Why)
	}
	return tip
}

func kneeTable(s bench.StageResult) *table {
	t := &table{Caption: "Probes of " + orMissing(s.Stage.ID) + " in the order they ran",
		Columns: columns(">Offered", ">Goodput", ">p50", ">p99", ">Failures",
			">Too slow or failed|share of planned requests; what the objective is judged by", "Busiest resource|of a single node; the limit of the stage is told by the mean of equal nodes",
			"Verdict", "Why")}
	for _, p := range s.Capacity.Probes {
		t.add(text(reports.Rate(p.Rate)), text(reports.Rate(p.Goodput)), text(reports.DurationOf(p.P50)),
			text(reports.DurationOf(p.P99)),
			text(reports.Percent(p.Failures)), text(slow(p)), text(busiest(p.Uses)), verdict(p.Word), text(p.Why))
	}
	t.prune(5, 7)
	return t
}

// slow is the share that the objective judges. It has the failures in it: a run
// where it is less did not record it.
func slow(p bench.Probe) string {
	if p.Slow < p.Failures {
		return reports.Missing
	}
	return reports.Percent(p.Slow)
}

// busiest names the resource with the highest use.
func busiest(uses []bench.Use) string {
	var top *bench.Use
	for i := range uses {
		if top == nil || uses[i].Ratio > top.Ratio {
			top = &uses[i]
		}
	}
	if top == nil {
		return ""
	}
	return fmt.Sprintf("%s/%s %s", top.Node, top.Resource, reports.Percent(top.Ratio))
}
