package html

import (
	"fmt"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	// numbersAround is what legend and axis take of a chart, in pixels.
	numbersAround = 90
	// lanePitch is from one mark of an operation to the next, and leastPitch
	// from one operation to the next: a label has two lines.
	lanePitch  = 9
	leastPitch = 32
	// fastestAxis and slowestAxis are the ends of the axis in nanoseconds,
	// unless a figure lies beyond.
	fastestAxis = 0.1
	slowestAxis = 1e9
)

// numberHues are the colours of the marks, in the order of the sets.
var numberHues = []string{"@one", "@two", "@three", "@four", "@baseline"}

// lanes gives each set a lane, in which no two of an operation meet. Sets that
// share no operation share one.
func (n *numbersPage) lanes(all []numberLine, sets []int) (lane map[int]int, count int) {
	lane = map[int]int{}
	for i, k := range sets {
		taken := map[int]bool{}
		for _, other := range sets[:i] {
			for _, l := range all {
				if l.in[k] != nil && l.in[other] != nil {
					taken[lane[other]] = true
				}
			}
		}
		for taken[lane[k]] {
			lane[k]++
		}
		count = max(count, lane[k]+1)
	}
	return lane, count
}

// pitch is the height of one operation.
func (n *numbersPage) pitch(all []numberLine, sets []int) int {
	_, count := n.lanes(all, sets)
	return max(leastPitch, lanePitch*count+8)
}

// limits are the ends of the axis of every chart.
func (n *numbersPage) limits() (low, high float64) {
	values := []float64{fastestAxis, slowestAxis}
	for _, s := range n.sets {
		for _, r := range s.Rows {
			values = append(values, r.Value, r.P50, r.P99, r.Low, r.High)
		}
	}
	for i, v := range values {
		if v > 0 {
			values[i] = max(v, 1e-6) // nothing is faster than a femtosecond
		}
	}
	return decades(values...)
}

// plot draws a mark for every figure of some sets.
func (n *numbersPage) plot(all []numberLine, sets []int) *plot {
	low, high := n.limits()
	var names []string
	var bands []item
	for i, l := range all {
		names = append(names, unique(names, orMissing(l.label)))
		if i%2 == 0 {
			bands = append(bands, item{Value: []any{i, low, high}, Tip: []string{orMissing(l.label)}})
		}
	}
	p := newPlot("item",
		[]opts.XAxis{{Type: "log", Min: low, Max: high, Name: "time", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "40", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"ns"}, []string{"name"})
	p.shaped("bar", charts.SingleSeries{Name: "operation", Data: bands, ItemStyle: &opts.ItemStyle{Color: "@raised"}}, []int{1, 2}, 0)
	p.last(mark{Flip: true, Slots: 1})
	lane, count := n.lanes(all, sets)
	var legend []string
	for i, k := range sets {
		offset := lanePitch * (float64(lane[k]) - float64(count-1)/2)
		n.marks(p, all, k, i, offset)
		legend = append(legend, n.names[k])
	}
	p.legend(legend...)
	return p
}

// marks adds the figures of one set and their ranges.
func (n *numbersPage) marks(p *plot, all []numberLine, set, place int, offset float64) {
	hue, own := numberHues[place%len(numberHues)], measured(n.sets[set])
	style := &opts.ItemStyle{Color: "@ground", BorderColor: hue, BorderWidth: 2}
	size := 9
	if own {
		style, size = &opts.ItemStyle{Color: hue, BorderColor: hue}, 11
	}
	var dots, spans []item
	for i, l := range all {
		r := l.in[set]
		if r == nil {
			continue
		}
		tip := n.tip(set, *r)
		dots = append(dots, item{Value: []any{positive(r.Value), i}, Tip: tip})
		from, to := r.Low, r.High
		if own && r.P50 > 0 && r.P99 > 0 {
			from, to = r.P50, r.P99
		}
		if from > 0 && to >= from {
			spans = append(spans, item{Value: []any{positive(from), positive(to), i}, Tip: tip})
		}
	}
	p.add("ns", charts.SingleSeries{Name: n.names[set], Type: "scatter", Data: dots, Symbol: symbols[place%len(symbols)], SymbolSize: size, ItemStyle: style})
	p.last(mark{Offset: offset})
	if len(spans) > 0 {
		p.shaped("tolerance", charts.SingleSeries{Name: n.names[set], Data: spans, ItemStyle: &opts.ItemStyle{Color: hue}}, []int{0, 1}, 2)
		p.last(mark{Offset: offset})
	}
}

// tip is what the mouse is told of a figure.
func (n *numbersPage) tip(set int, r bench.Number) []string {
	out := []string{r.Label, n.names[set] + ": " + reports.Nanoseconds(r.Value)}
	if r.P50 > 0 && r.P99 > 0 {
		out = append(out, fmt.Sprintf("p50 %s, p99 %s, n %s", reports.Nanoseconds(r.P50), reports.Nanoseconds(r.P99), reports.Count(r.Samples)))
	}
	if r.Low > 0 && r.High > 0 {
		out = append(out, reports.Nanoseconds(r.Low)+" to "+reports.Nanoseconds(r.High))
	}
	out = append(out, strings.Trim(sourceOf(n.sets[set], r)+", "+dateOf(n.sets[set], r), ", "))
	return append(out, r.Flags[:min(len(r.Flags), 3)]...)
}
