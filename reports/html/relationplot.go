package html

import (
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
)

// The columns of a point's data. A bar is place, foot, top and its value; any
// other mark its two coordinates. Then come the ends of the interval and the
// number of samples, where the series has them.
const (
	barValue = 3
	barExtra = 4
	dotExtra = 2
)

// plot draws the relation.
func (r *relation) plot() *plot {
	var p *plot
	if r.names != nil {
		p = r.rows()
	} else {
		p = r.field()
	}
	var names []string
	for i := range r.series {
		l := &r.series[i]
		names = append(names, l.label)
		if bars(l.Mark) {
			r.bar(p, l)
		} else {
			r.trace(p, l)
		}
		r.whiskers(p, l)
	}
	r.shade(p)
	p.legend(names...)
	return p
}

// rows is a chart of named things from top to bottom.
func (r *relation) rows() *plot {
	x, top := []opts.XAxis{valueX(r.Y, r.y)}, "34"
	formats, ticks := []string{formatOf(r.Y.Unit)}, [][]float64{r.y.ticks}
	if r.hasSecond {
		other := valueX(r.Second, r.second)
		other.Position, top = "top", "74"
		x, formats, ticks = append(x, other), append(formats, formatOf(r.Second.Unit)), append(ticks, r.second.ticks)
	}
	p := newPlot("axis", x, []opts.YAxis{{Type: "category", Data: r.names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: top, Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats(formats, []string{"name"})
	p.view.TicksX = ticks
	return p
}

// field is a chart over an axis of numbers.
func (r *relation) field() *plot {
	gap := 10 + r.above()
	y := []opts.YAxis{valueY(r.Y, r.y, gap)}
	formats, ticks, right := []string{formatOf(r.Y.Unit)}, [][]float64{r.y.ticks}, "22"
	if r.hasSecond {
		other := valueY(r.Second, r.second, gap)
		other.Position, right = "right", "62"
		y, formats, ticks = append(y, other), append(formats, formatOf(r.Second.Unit)), append(ticks, r.second.ticks)
	}
	p := newPlot("axis", []opts.XAxis{valueX(r.X, r.x)}, y,
		opts.Grid{Left: "62", Right: right, Top: strconv.Itoa(52 + r.above()), Bottom: "50"})
	p.formats([]string{formatOf(r.X.Unit)}, formats)
	p.view.TicksX, p.view.TicksY = [][]float64{r.x.ticks}, ticks
	return p
}

// scaleFor is the scale that a series is read from.
func (r *relation) scaleFor(l *line) scale {
	if l.Second {
		return r.second
	}
	return r.y
}

// onAxis puts a series on its axis of values.
func (r *relation) onAxis(s *charts.SingleSeries, l *line) {
	switch {
	case !l.Second:
	case r.names != nil:
		s.XAxisIndex = 1
	default:
		s.YAxisIndex = 1
	}
}

// extra appends the interval and the samples of a point.
func (r *relation) extra(data []any, l *line, p bench.FigurePoint) []any {
	if !l.ranges && !l.counts {
		return data
	}
	var low, high any
	if p.Y != nil && p.Low != nil && p.High != nil {
		low, high = number(*p.Low), number(*p.High)
	}
	return append(data, low, high, p.Count)
}

// place is a point's coordinate on the axis of names or numbers.
func (r *relation) place(v float64) any {
	if r.names != nil {
		return int(v)
	}
	return r.x.value(v)
}

// trace draws a line, a step line or dots.
func (r *relation) trace(p *plot, l *line) {
	s := charts.SingleSeries{Name: l.label, Type: "line", Symbol: l.symbol, SymbolSize: 7,
		LineStyle: &opts.LineStyle{Color: l.color, Width: 2}, ItemStyle: &opts.ItemStyle{Color: l.color}}
	switch l.Mark {
	case bench.MarkDots:
		s.Type, s.SymbolSize, s.LineStyle = "scatter", 10, nil
	case bench.MarkStep:
		s.Step, s.ShowSymbol = "end", opts.Bool(false)
	default:
		s.ShowSymbol = opts.Bool(len(l.Points) <= 40)
	}
	if l.Predicted {
		if s.LineStyle != nil {
			s.LineStyle.Type, s.LineStyle.Width = "dashed", 1.6
		}
		s.ItemStyle = &opts.ItemStyle{Color: "@ground", BorderColor: l.color, BorderWidth: 1.6}
	}
	r.onAxis(&s, l)
	values := r.scaleFor(l)
	var data [][]any
	for _, point := range l.Points {
		var y any
		if point.Y != nil {
			y = values.value(*point.Y)
		}
		one := []any{r.place(point.X), y}
		if r.names != nil {
			one[0], one[1] = one[1], one[0]
		}
		data = append(data, r.extra(one, l, point))
	}
	s.Data = data
	value := 1
	if r.names != nil {
		value = 0
	}
	p.add(formatOf(r.valueAxis(*l).Unit), s)
	p.last(mark{Value: value, Extra: r.extraAt(l, dotExtra), Offset: r.offset(l)})
}

// offset moves the dots of one row apart, in pixels.
func (r *relation) offset(l *line) float64 {
	if r.names == nil || l.Mark != bench.MarkDots || r.dots < 2 {
		return 0
	}
	return 9 * (float64(l.slot) - float64(r.dots-1)/2)
}

func (r *relation) extraAt(l *line, at int) int {
	if l.ranges || l.counts {
		return at
	}
	return 0
}

// bar draws the bars of a series, from foot to top.
func (r *relation) bar(p *plot, l *line) {
	s := charts.SingleSeries{Name: l.label, ItemStyle: &opts.ItemStyle{Color: l.color}}
	r.onAxis(&s, l)
	values := r.scaleFor(l)
	var data [][]any
	for j, point := range l.Points {
		var top, own any
		if point.Y != nil {
			top, own = values.value(l.base[j]+*point.Y), number(*point.Y)
		}
		data = append(data, r.extra([]any{r.place(point.X), values.value(l.base[j]), top, own}, l, point))
	}
	s.Data = data
	r.custom(p, "bar", formatOf(r.valueAxis(*l).Unit), s, 1, 2)
	p.last(mark{Value: barValue, Extra: r.extraAt(l, barExtra), Slot: l.slot, Slots: r.slots, Flip: r.names != nil,
		Gap: number(r.gap), Dashed: l.Predicted})
}

// custom adds a series that a shape draws: its place in column 0, its values
// in those given.
func (r *relation) custom(p *plot, shape, format string, s charts.SingleSeries, values ...int) {
	p.shaped(shape, s, values, 0)
	at := len(p.chart.MultiSeries) - 1
	if r.names == nil {
		p.chart.MultiSeries[at].Encode = &opts.Encode{X: 0, Y: values}
	}
	p.view.Values[at] = format
}

// whiskers draw the intervals of a series over its marks.
func (r *relation) whiskers(p *plot, l *line) {
	if !l.ranges {
		return
	}
	values := r.scaleFor(l)
	var data [][]any
	for j, point := range l.Points {
		if point.Y == nil || point.Low == nil || point.High == nil {
			continue
		}
		low, high := values.clamp(l.base[j]+*point.Low), values.clamp(l.base[j]+*point.High)
		data = append(data, []any{r.place(point.X), values.value(low), values.value(high)})
	}
	color := l.color
	if bars(l.Mark) {
		color = "@text"
	}
	s := charts.SingleSeries{Name: l.label, Data: data, ItemStyle: &opts.ItemStyle{Color: color}}
	r.onAxis(&s, l)
	r.custom(p, "whisker", "", s, 1, 2)
	m := mark{Flip: r.names != nil, Offset: r.offset(l)}
	if bars(l.Mark) {
		m.Slot, m.Slots, m.Gap = l.slot, r.slots, number(r.gap)
	}
	p.last(m)
}

// shade draws the bands. Their labels stand in rows, so that neighbours do not
// cover one another.
func (r *relation) shade(p *plot) {
	var data []any
	for i, b := range r.shaded() {
		from, to := r.x.clamp(float64(b.From)), r.x.clamp(float64(b.To))
		data = append(data, []any{map[string]any{"name": b.Label, "xAxis": number(from),
			"label": map[string]any{"distance": 5 + 14*(i%3)}}, map[string]any{"xAxis": number(to)}})
	}
	if len(data) == 0 || len(p.chart.MultiSeries) == 0 {
		return
	}
	p.chart.MultiSeries[0].MarkAreas = &opts.MarkAreas{Data: data,
		MarkAreaStyle: opts.MarkAreaStyle{ItemStyle: &opts.ItemStyle{Color: "@band"},
			Label: &opts.Label{Show: opts.Bool(true), Position: "top", Color: "@text"}}}
}

// subtitle says what is plotted against what.
func (r *relation) subtitle() string {
	text := fmt.Sprintf("%s, by %s", orMissing(r.Y.Label), orMissing(r.X.Label))
	if r.hasSecond {
		side := "right"
		if r.names != nil {
			side = "upper"
		}
		text += fmt.Sprintf("; on the %s axis %s", side, orMissing(r.Second.Label))
	}
	return text
}
