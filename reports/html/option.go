package html

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// plot builds the block of one chart: an ECharts option and how to present
// it.
type plot struct {
	chart *charts.Line
	view  view
}

// view names the functions of the page's script that a chart needs. They come
// from fixed tables there; an unknown name does nothing.
type view struct {
	// X and Y are the formats of the axes by index, Values those of the
	// series.
	X      []string `json:"x"`
	Y      []string `json:"y"`
	Values []string `json:"values"`
	// Shapes draw custom series, by index of the series.
	Shapes map[string]string `json:"shapes,omitempty"`
	// Hatched series show waiting.
	Hatched []int `json:"hatched,omitempty"`
	// Tip is "axis", one tooltip for all series at an x, or "item".
	Tip string `json:"tip"`
	// Note is how the third number of a point is told.
	Note string `json:"note,omitempty"`
	// TicksX and TicksY are where the labels of an axis stand; the script
	// finds them where there are none.
	TicksX [][]float64 `json:"ticksX,omitempty"`
	TicksY [][]float64 `json:"ticksY,omitempty"`
	// Marks say how the points of a series are drawn and told, by index.
	Marks map[string]mark `json:"marks,omitempty"`
	// At are x values that the series in Shared have in common: their data
	// is y values alone.
	At     []any `json:"at,omitempty"`
	Shared []int `json:"shared,omitempty"`
	// Cells are the edges of a heat map's columns and rows.
	Cells *cells `json:"cells,omitempty"`
}

// cells are the edges of a heat map, in nanoseconds: one more than there are
// columns and rows. Open says that the last row has no end.
type cells struct {
	X    []any `json:"x"`
	Y    []any `json:"y"`
	Open bool  `json:"open,omitempty"`
}

// mark says how the points of one series are drawn and told.
type mark struct {
	// Value is the column of a point that a tooltip tells, Extra the first of
	// the three with the interval and the number of samples, if there are.
	Value int `json:"value"`
	Extra int `json:"extra,omitempty"`
	// Slot of Slots side by side; Gap is the distance of two places on an
	// axis of numbers; Offset moves the mark, in pixels.
	Slot   int     `json:"slot,omitempty"`
	Slots  int     `json:"slots,omitempty"`
	Gap    any     `json:"gap,omitempty"`
	Offset float64 `json:"offset,omitempty"`
	// Flip says that places run from top to bottom.
	Flip bool `json:"flip,omitempty"`
	// Dashed marks an estimate.
	Dashed bool `json:"dashed,omitempty"`
}

// item is a point that is more than its coordinates. go-echarts has no type
// with a tooltip text of its own.
type item struct {
	Value      []any           `json:"value"`
	Symbol     string          `json:"symbol,omitempty"`
	SymbolSize int             `json:"symbolSize,omitempty"`
	ItemStyle  *opts.ItemStyle `json:"itemStyle,omitempty"`
	Label      *opts.Label     `json:"label,omitempty"`
	// Name is the text of a label, Tip the lines of the tooltip.
	Name string   `json:"name,omitempty"`
	Tip  []string `json:"tip,omitempty"`
}

// newPlot starts a chart with the axes of one or more grids.
func newPlot(tip string, x []opts.XAxis, y []opts.YAxis, grids ...opts.Grid) *plot {
	c := charts.NewLine()
	c.SetGlobalOptions(
		charts.WithAnimation(false),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: tip}),
	)
	c.XAxisList, c.YAxisList, c.GridList = x, y, grids
	// A category axis takes its names from SetXAxis, or loses them.
	c.SetXAxis(x[0].Data)
	return &plot{chart: c, view: view{Tip: tip}}
}

// formats names the formats of the axes.
func (p *plot) formats(x, y []string) { p.view.X, p.view.Y = x, y }

// legend shows a legend of the named series above the chart.
func (p *plot) legend(names ...string) {
	p.chart.Legend = opts.Legend{Show: opts.Bool(true), Type: "scroll", Left: "0", Top: "0", Data: names}
}

// add appends a series whose values have a format.
func (p *plot) add(format string, s charts.SingleSeries) {
	p.chart.MultiSeries = append(p.chart.MultiSeries, s)
	p.view.Values = append(p.view.Values, format)
}

// shaped appends a custom series that the named shape draws. The x values are
// in the columns x of the data, the row in column y.
func (p *plot) shaped(shape string, s charts.SingleSeries, x []int, y int) {
	s.Type = "custom"
	s.Encode = &opts.Encode{X: x, Y: y}
	if p.view.Shapes == nil {
		p.view.Shapes = map[string]string{}
	}
	p.view.Shapes[strconv.Itoa(len(p.chart.MultiSeries))] = shape
	p.add("", s)
}

// last says how the series added last is drawn and told.
func (p *plot) last(m mark) {
	if p.view.Marks == nil {
		p.view.Marks = map[string]mark{}
	}
	p.view.Marks[strconv.Itoa(len(p.chart.MultiSeries)-1)] = m
}

// share writes the x values that several series have in common once: they are
// half of a chart over time.
func (p *plot) share() {
	var at []any
	var same []int
	for i, s := range p.chart.MultiSeries {
		points, ok := s.Data.([][]any)
		if !ok || len(points) < 8 || slices.ContainsFunc(points, func(v []any) bool { return len(v) != 2 }) {
			continue
		}
		xs := make([]any, len(points))
		for j, v := range points {
			xs[j] = v[0]
		}
		if at == nil {
			at = xs
		}
		if slices.Equal(at, xs) {
			same = append(same, i)
		}
	}
	if len(same) < 2 {
		return
	}
	for _, i := range same {
		points, _ := p.chart.MultiSeries[i].Data.([][]any)
		ys := make([]any, len(points))
		for j, v := range points {
			ys[j] = v[1]
		}
		p.chart.MultiSeries[i].Data = ys
	}
	p.view.At, p.view.Shared = at, same
}

// block returns the chart as JSON. A number that is not finite is an error.
func (p *plot) block() (json.RawMessage, error) {
	p.share()
	p.chart.Accept(lean{})
	p.chart.Validate()
	data, err := json.Marshal(map[string]any{"option": p.chart.JSON(), "view": p.view})
	if err != nil {
		return nil, fmt.Errorf("encode chart: %w", err)
	}
	return data, nil
}

// lean drops what the page gives a chart itself: its title is text of the
// page, and colours come from the theme.
type lean struct {
	charts.BaseConfigurationVisitor
}

func (lean) Visit(option map[string]any) {
	delete(option, "title")
	delete(option, "toolbox")
	delete(option, "color")
}

// number is a value for a chart: null when it is not finite, and six digits,
// more than any screen shows.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return nil
	}
	return short
}

// positive is a value for a log axis: null for what has no place there.
func positive(v float64) any {
	if v <= 0 {
		return nil
	}
	return number(v)
}

// nanoseconds is a time for a log axis: null without one.
func nanoseconds(d *time.Duration) any {
	if d == nil {
		return nil
	}
	return positive(float64(*d))
}

// farthest is the end of any axis: beyond what can be measured, and near
// enough to compute with.
const farthest = 1e18

// decades returns the powers of ten around the positive values.
func decades(values ...float64) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v, farthest), max(high, min(v, farthest))
		}
	}
	if high == 0 {
		return 1, 10
	}
	low = math.Pow(10, math.Floor(math.Log10(low)))
	high = math.Pow(10, math.Ceil(math.Log10(high)))
	if low == high {
		high *= 10
	}
	return low, high
}

// ceiling rounds up to 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of
// ten, the end of a linear axis.
func ceiling(v float64) float64 {
	if v <= 0 || math.IsNaN(v) {
		return 1
	}
	v = min(v, farthest)
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}
