package html

import (
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
)

const (
	relationHeight = 320
	// maxRelationRows bounds the rows of a chart of named things, maxBands
	// the shaded spans of a chart.
	maxRelationRows = 60
	maxBands        = 12
)

// relation is a figure of the run on its way to a chart. Named things are rows
// from top to bottom, numbers run from left to right.
type relation struct {
	bench.Figure
	// names are the rows; nil on an axis of numbers.
	names  []string
	series []line
	// slots is how many bars stand side by side, dots how many dots share a
	// row, gap the least distance of two bars on an axis of numbers.
	slots, dots int
	gap         float64
	// x is the scale of the numbers below, y of the values and second of
	// those of the second axis. One of them is zero where names stand.
	x, y, second scale
	hasSecond    bool
	// notes say what is drawn otherwise than asked, or left out.
	notes []string
}

// line is one series with its look.
type line struct {
	bench.Series
	// label is its name in legend and table.
	label, color, symbol string
	// slot is its place among bars or dots.
	slot int
	// base is where each point's bar starts.
	base []float64
	// ranges says that some point has an interval, counts that some has a
	// number of samples.
	ranges, counts bool
}

// newRelation prepares a figure. Most bounds the points of one series.
func newRelation(in bench.Figure, most int) *relation {
	r := &relation{Figure: in, names: in.X.Names,
		hasSecond: in.Second.Label != "" || in.Second.Unit != "" || in.Second.Log || len(in.Second.Names) > 0}
	looks := hues(in.Series)
	marked := 0
	for i, s := range in.Series {
		l := line{Series: s, label: seriesLabel(s), color: looks[i], symbol: symbols[marked%len(symbols)]}
		if !bars(s.Mark) {
			marked++
		}
		l.Second = s.Second && r.hasSecond
		if bars(s.Mark) && r.valueAxis(l).Log {
			l.Mark = bench.MarkDots
			r.note("Bars have no foot on a log axis: they are drawn as dots.")
		}
		r.series = append(r.series, l)
	}
	if slices.ContainsFunc(r.series, gaps) {
		r.note("Where a bar is missing, this run did not measure it.")
	}
	r.nameBars()
	for i := range r.series {
		r.trim(&r.series[i], most)
	}
	r.seats()
	r.scales()
	return r
}

func bars(m bench.Mark) bool { return m == bench.MarkBars || m == bench.MarkStack }

// gaps says that a series of measured bars has a place without one.
func gaps(l line) bool {
	return l.Mark == bench.MarkBars && !l.Predicted && slices.ContainsFunc(l.Points, func(p bench.FigurePoint) bool { return p.Y == nil })
}

// valueAxis is the axis that a series is read from.
func (r *relation) valueAxis(l line) bench.Axis {
	if l.Second {
		return r.Second
	}
	return r.Y
}

func (r *relation) note(text string) {
	if !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

// nameBars makes rows of the numbers under a figure of nothing but bars: their
// distances say nothing then. Bars between lines stay where they are, unless
// the axis is logarithmic.
func (r *relation) nameBars() {
	if len(r.names) > 0 {
		return
	}
	all, some := true, false
	for _, l := range r.series {
		all, some = all && bars(l.Mark), some || bars(l.Mark)
	}
	switch {
	case some && all:
		xs := r.places()
		for i := range r.series {
			l := &r.series[i]
			l.Points = slices.Clone(l.Points)
			for j := range l.Points {
				l.Points[j].X = float64(slices.Index(xs, l.Points[j].X))
			}
		}
		for _, x := range xs {
			r.names = append(r.names, written(r.X.Unit, x))
		}
	case some && r.X.Log:
		for i := range r.series {
			if bars(r.series[i].Mark) {
				r.series[i].Mark = bench.MarkDots
				r.note("Bars among lines on a log axis are drawn as dots.")
			}
		}
	}
}

// trim leaves out what cannot be drawn: points beside the rows, and every
// other point of a series that has too many.
func (r *relation) trim(l *line, most int) {
	if len(r.names) > maxRelationRows {
		r.names = r.names[:maxRelationRows]
		r.note("More rows are in run.json.")
	}
	if r.names != nil {
		l.Points = slices.DeleteFunc(slices.Clone(l.Points), func(p bench.FigurePoint) bool {
			return p.X < 0 || p.X >= float64(len(r.names)) || p.X != math.Trunc(p.X)
		})
	} else if step := (len(l.Points) + most - 1) / most; step > 1 {
		var kept []bench.FigurePoint
		for i, p := range l.Points {
			if i%step == 0 || i == len(l.Points)-1 {
				kept = append(kept, p)
			}
		}
		l.Points = kept
		r.note("Not every point is drawn; all are in run.json.")
	}
	for _, p := range l.Points {
		l.ranges = l.ranges || p.Y != nil && p.Low != nil && p.High != nil
		l.counts = l.counts || p.Count > 0
	}
}

// seats gives every bar and dot its place beside the others, and stacks what
// is stacked.
func (r *relation) seats() {
	stacks := map[bool]int{}
	heights := map[bool]map[float64]float64{false: {}, true: {}}
	for i := range r.series {
		l := &r.series[i]
		switch l.Mark {
		case bench.MarkBars:
			l.slot = r.slots
			r.slots++
		case bench.MarkStack:
			if _, ok := stacks[l.Second]; !ok {
				stacks[l.Second] = r.slots
				r.slots++
			}
			l.slot = stacks[l.Second]
		default:
			l.slot = r.dots
			r.dots++
		}
		l.base = make([]float64, len(l.Points))
		if l.Mark != bench.MarkStack {
			continue
		}
		for j, p := range l.Points {
			l.base[j] = heights[l.Second][p.X]
			if p.Y != nil {
				heights[l.Second][p.X] += *p.Y
			}
		}
	}
}

// scales finds the ends of the axes.
func (r *relation) scales() {
	var x, y, second []float64
	xs := r.places()
	for i := 1; i < len(xs); i++ {
		if d := xs[i] - xs[i-1]; r.gap == 0 || d < r.gap {
			r.gap = d
		}
	}
	if r.gap <= 0 {
		r.gap = 1
	}
	for _, at := range xs {
		x = append(x, at)
		if r.slots > 0 { // room for half a bar
			x = append(x, at-r.gap/2, at+r.gap/2)
		}
	}
	for _, l := range r.series {
		values := &y
		if l.Second {
			values = &second
		}
		for j, p := range l.Points {
			if p.Y == nil {
				continue
			}
			*values = append(*values, l.base[j]+*p.Y)
			for _, end := range []*float64{p.Low, p.High} {
				if end != nil {
					*values = append(*values, l.base[j]+*end)
				}
			}
		}
	}
	if r.names == nil {
		r.x = scaleOf(r.X, x, false)
	}
	r.y = scaleOf(r.Y, y, true)
	if r.hasSecond {
		r.second = scaleOf(r.Second, second, true)
	}
}

// places are all numbers of the axis below, rising, each once.
func (r *relation) places() []float64 {
	var out []float64
	for _, l := range r.series {
		for _, p := range l.Points {
			out = append(out, p.X)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// empty says that there is nothing to draw.
func (r *relation) empty() bool {
	for _, l := range r.series {
		for _, p := range l.Points {
			if p.Y != nil {
				return false
			}
		}
	}
	return true
}

// height is what the chart takes in pixels.
func (r *relation) height() int {
	if r.names == nil {
		return relationHeight + r.above()
	}
	row := max(rowHeight, 14*r.slots+12, 9*r.dots+16)
	top := 0
	if r.hasSecond {
		top = 40
	}
	return rowsAround + 30 + top + row*len(r.names)
}

// above is the room that the labels of the bands take.
func (r *relation) above() int { return 14 * min(len(r.shaded()), 3) }

// shaded are the bands that lie on the axis, cut to it.
func (r *relation) shaded() []bench.Band {
	var out []bench.Band
	if r.names != nil || r.X.Unit != bench.UnitNs {
		return nil
	}
	for _, b := range r.Bands {
		from, to := max(float64(b.From), r.x.low), min(float64(b.To), r.x.high)
		if from < to && len(out) < maxBands {
			out = append(out, bench.Band{Label: b.Label, From: b.From, To: b.To})
		}
	}
	return out
}

// valueX and valueY are axes of numbers.
func valueX(a bench.Axis, s scale) opts.XAxis {
	return opts.XAxis{Type: s.kind(), Min: number(s.low), Max: number(s.high), Name: a.Label,
		NameLocation: "middle", NameGap: 30}
}

func valueY(a bench.Axis, s scale, gap int) opts.YAxis {
	return opts.YAxis{Type: s.kind(), Min: number(s.low), Max: number(s.high), Name: a.Label, NameLocation: "end",
		NameGap: gap}
}
