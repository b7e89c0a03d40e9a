package html

import (
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const howRounds = "Each dot is one round of a stage, over the median of its rounds: the further apart the dots, the less a small difference means. " +
	"The bar is a 95% interval of the median, drawn from six rounds on."

// rounds is the section of repeats: how far the same measurement differs from
// itself.
func (b *builder) rounds() (section, error) {
	s := section{Title: "How far does it differ from itself?"}
	repeated := 0
	for _, r := range b.run.Stages {
		if len(r.Repeats) > 0 {
			repeated++
		}
	}
	if repeated == 0 {
		return section{}, nil
	}
	s.ID = "rounds"
	s.Lead = fmt.Sprintf("%s %s measured again, in turns. The numbers elsewhere on this page are those of the first round.",
		plural(repeated, "stage"), map[bool]string{true: "was", false: "were"}[repeated == 1])
	s.Tables = []*table{b.roundTable()}
	f, err := b.roundFigure()
	if f.ID != "" {
		s.Figures = []figure{f}
	}
	return s, err
}

// kinds of what is compared between rounds.
type roundKind struct {
	name, fact string
	of         func(bench.StageResult) reports.Spread
}

func roundKinds() []roundKind {
	return []roundKind{{"capacity", capacityFact, reports.Capacities},
		{"p50", "common.p50_ns", func(s bench.StageResult) reports.Spread {
			return reports.CommonTimes(s, func(d bench.Distribution) *float64 { return inNs(d.P50) })
		}},
		{"p99", "common.p99_ns", func(s bench.StageResult) reports.Spread {
			return reports.CommonTimes(s, func(d bench.Distribution) *float64 { return inNs(d.P99) })
		}}}
}

// roundFigure shows the rounds of every number over their median.
func (b *builder) roundFigure() (figure, error) {
	var names []string
	var dots, bars []item
	for _, k := range roundKinds() {
		for _, r := range b.run.Stages {
			spread := k.of(r)
			if len(r.Repeats) == 0 || len(spread.Values) < 2 || spread.Median <= 0 {
				continue
			}
			row := len(names)
			names = append(names, short(r.Stage.ID)+" "+k.name)
			if spread.Interval() {
				bars = append(bars, item{Value: []any{octaves(spread.Low / spread.Median), octaves(spread.High / spread.Median), row}})
			}
			for n, v := range spread.Values {
				dots = append(dots, item{Value: []any{octaves(v / spread.Median), row},
					Tip: []string{fmt.Sprintf("%s, %s", r.Stage.ID, k.name), fmt.Sprintf("value %d of %d: %s", n+1, len(spread.Values),
						reports.Value(k.fact, v)), reports.Ratio(v/spread.Median) + " the median"}})
			}
		}
	}
	if len(names) == 0 {
		return figure{}, nil
	}
	f := figure{ID: b.ids.of("figure", "rounds"), Title: "Every round over the median of its stage", How: howRounds,
		Subtitle: "Highest rate that passed, and response times at the common load, by round", Height: rowsAround + ratioHeight*len(names),
		Table: b.roundValues()}
	span, ticks := ratioSpan(1, dots)
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: number(-span), Max: number(span), Name: "over the median", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "22", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"octaves"}, []string{"name"})
	p.view.TicksX = [][]float64{ticks}
	p.shaped("segment", charts.SingleSeries{Name: "interval", Data: bars, ItemStyle: &opts.ItemStyle{Color: "@pale"}}, []int{0, 1}, 2)
	p.add("", charts.SingleSeries{Name: "round", Type: "scatter", Data: dots, SymbolSize: 8, ItemStyle: &opts.ItemStyle{Color: "@one"},
		MarkLines: exactly()})
	return f, f.draw(p)
}

// roundTable has the medians with their intervals.
func (b *builder) roundTable() *table {
	t := &table{Caption: "Medians over the rounds", Columns: columns("Stage", "Number", ">Rounds that count", ">Median", ">95% interval of the median",
		">Lowest", ">Highest"), Note: "An interval by order statistics needs six rounds; with fewer, the lowest and the highest are all that can be said."}
	for i, r := range b.run.Stages {
		for _, k := range roundKinds() {
			spread := k.of(r)
			if len(r.Repeats) == 0 || len(spread.Values) == 0 {
				continue
			}
			low, high := spread.Values[0], spread.Values[0]
			for _, v := range spread.Values {
				low, high = min(low, v), max(high, v)
			}
			interval := reports.Missing
			if spread.Interval() {
				interval = reports.Value(k.fact, spread.Low) + " to " + reports.Value(k.fact, spread.High)
			}
			t.add(b.stageCell(i), text(k.name), text(reports.Count(len(spread.Values))), text(reports.Value(k.fact, spread.Median)),
				text(interval), text(reports.Value(k.fact, low)), text(reports.Value(k.fact, high)))
		}
	}
	return t
}

// roundValues is the twin of the chart: every round.
func (b *builder) roundValues() *table {
	t := &table{Caption: "Every round", Columns: columns("Stage", ">Round", ">Capacity", ">p50", ">p99", ">Failures", "Doubt")}
	for i, r := range b.run.Stages {
		if len(r.Repeats) == 0 {
			continue
		}
		for _, n := range reports.Rounds(r) {
			bracket, doubt, p50, p99, failed := reports.Missing, "", reports.Missing, reports.Missing, reports.Missing
			if c := n.Capacity; c != nil {
				bracket, doubt = reports.Bracket(c.Passed, c.Failed), c.Doubt
			}
			if m := n.Common; m != nil {
				p50, p99 = reports.DurationOf(m.Total.Response.P50), reports.DurationOf(m.Total.Response.P99)
				failed = reports.Percent(m.Total.FailureRatio())
				if doubt == "" {
					doubt = m.Generator.Limited
				}
			}
			t.add(b.stageCell(i), text(reports.Count(n.Round)), text(bracket), text(p50), text(p99), text(failed), text(doubt))
		}
	}
	return t
}
