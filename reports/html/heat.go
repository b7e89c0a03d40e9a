package html

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	heatHeight = 330
	// heatSteps is how many colours a heat map has.
	heatSteps = 7
	// twinColumns and twinRows bound the table of a heat map.
	twinColumns, twinRows = 24, 10
)

const howHeat = "Each column is a span of time, each row a span of response times on a log axis; the colour tells how many requests fell into both, " +
	"by steps of about three. Where there is no cell there was no request. Two bands are two kinds of requests or answers; a column that reaches up is a moment when some waited."

// heated is a heat map cut to what has a count, with neighbours merged.
type heated struct {
	x      []time.Duration // one more than columns
	y      []float64       // one more than rows, in nanoseconds
	counts [][]uint64      // by column, then row
	open   bool
	most   uint64
}

// heatOf sums neighbouring cells of a heat map up, so that at most so many
// columns and rows are left. It returns nil for what cannot be drawn.
func heatOf(h *bench.Heat, end time.Duration, columns, rows int) *heated {
	if h == nil || h.Column <= 0 || len(h.Counts) == 0 || len(h.Edges) == 0 ||
		h.Column > math.MaxInt64/time.Duration(len(h.Counts)) {
		return nil
	}
	for i := 1; i < len(h.Edges); i++ {
		if h.Edges[i] <= h.Edges[i-1] {
			return nil
		}
	}
	low, high := -1, -1
	for _, column := range h.Counts {
		for r, n := range column[:min(len(column), len(h.Edges))] {
			if n == 0 {
				continue
			}
			if low < 0 || r < low {
				low = r
			}
			high = max(high, r)
		}
	}
	if low < 0 {
		return nil
	}
	wide := (len(h.Counts) + columns - 1) / columns
	tall := (high - low + rows) / rows
	out := &heated{}
	for c := 0; c < len(h.Counts); c += wide {
		sums := make([]uint64, (high-low)/tall+1)
		for _, column := range h.Counts[c:min(c+wide, len(h.Counts))] {
			for r := low; r <= high && r < len(column); r++ {
				sums[(r-low)/tall] += column[r]
			}
		}
		for _, n := range sums {
			out.most = max(out.most, n)
		}
		out.counts = append(out.counts, sums)
		out.x = append(out.x, time.Duration(c)*h.Column)
	}
	last := time.Duration(len(h.Counts)) * h.Column
	if end > out.x[len(out.x)-1] && end < last {
		last = end
	}
	out.x = append(out.x, last)
	out.rule(h.Edges, low, high, tall)
	return out
}

// rule finds the edges of the rows. A first row from zero begins where a log
// axis can show it, and a last row without an end is as tall as the one below.
func (h *heated) rule(edges []time.Duration, low, high, tall int) {
	for r := low; r <= high; r += tall {
		h.y = append(h.y, float64(edges[r]))
	}
	top := min(low+len(h.y)*tall, high+1)
	switch n := len(edges); {
	case top < n:
		h.y = append(h.y, float64(edges[top]))
	default:
		h.open = true
		step := 2.0
		if n > 1 && edges[n-2] > 0 {
			step = float64(edges[n-1]) / float64(edges[n-2])
		}
		h.y = append(h.y, float64(edges[n-1])*step)
	}
	if h.y[0] <= 0 {
		h.y[0] = max(h.y[1]/2, 0.5)
	}
	if last := len(h.y) - 1; h.y[last] <= h.y[last-1] {
		h.y[last] = h.y[last-1] * 2
	}
}

// heatBounds are the lowest counts of the colours: 1, 3, 10, 30 and so on, or
// powers of ten or more where that is not enough.
func heatBounds(most uint64) []uint64 {
	steps := []uint64{1, 3, 10, 30, 100, 300, 1000}
	switch {
	case most >= 10_000_000:
		steps = []uint64{1, 100, 10_000, 1_000_000, 100_000_000, 10_000_000_000, 1_000_000_000_000}
	case most >= 10_000:
		steps = []uint64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}
	}
	return slices.DeleteFunc(steps, func(bound uint64) bool { return bound > max(most, 1) })
}

// heatFigure draws the response times of an attack over time.
func (b *builder) heatFigure(id string, m *bench.Measurement, title, subtitle string) (figure, bool, error) {
	end := m.Duration
	h := heatOf(m.Heat, end, b.detail.heatColumns, b.detail.heatRows)
	if h == nil {
		return figure{}, false, nil
	}
	f := figure{ID: b.ids.of("figure", "heat-"+id), Title: title, Subtitle: subtitle, How: howHeat, Height: heatHeight}
	if len(h.counts) > 0 {
		f.Subtitle += fmt.Sprintf("; columns of %s", reports.Setting(h.x[1]-h.x[0]))
	}
	f.Table = heatTable(heatOf(m.Heat, end, twinColumns, twinRows))
	return f, true, f.draw(heatPlot(h))
}

// heatPlot has a series for each colour, so that the legend is its scale.
func heatPlot(h *heated) *plot {
	low, high := decades(h.y...)
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: 0, Max: number(float64(h.x[len(h.x)-1])), Name: "time since the start of the attack",
			NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "log", Min: low, Max: high, Name: "response time", NameLocation: "end"}},
		opts.Grid{Left: "62", Right: "22", Top: "58", Bottom: "50"})
	p.formats([]string{"ns"}, []string{"ns"})
	p.view.Cells = &cells{Open: h.open}
	for _, x := range h.x {
		p.view.Cells.X = append(p.view.Cells.X, number(float64(x)))
	}
	for _, y := range h.y {
		p.view.Cells.Y = append(p.view.Cells.Y, number(y))
	}
	bounds := heatBounds(h.most)
	data := make([][][]any, len(bounds))
	for c, column := range h.counts {
		for r, n := range column {
			if n == 0 {
				continue
			}
			step := 0
			for step+1 < len(bounds) && n >= bounds[step+1] {
				step++
			}
			data[step] = append(data[step], []any{c, r, n})
		}
	}
	var names []string
	for i, bound := range bounds {
		name := reports.Count(bound)
		switch {
		case i == len(bounds)-1:
			name += " or more"
		case bounds[i+1]-1 > bound:
			name += "–" + reports.Count(bounds[i+1]-1)
		}
		if i == 0 {
			name += " requests"
		}
		names = append(names, name)
		// The colours of few steps are spread over all of the scale.
		color := (heatSteps - 1) / 2
		if len(bounds) > 1 {
			color = i * (heatSteps - 1) / (len(bounds) - 1)
		}
		p.shaped("cell", charts.SingleSeries{Name: name, Data: data[i],
			ItemStyle: &opts.ItemStyle{Color: fmt.Sprintf("@heat%d", color)}}, []int{0}, 1)
	}
	p.legend(names...)
	return p
}

// heatTable is the twin of a heat map.
func heatTable(h *heated) *table {
	t := &table{Caption: "Requests by when they were due and how long they took", Note: "Counts of neighbouring cells are summed up; run.json has them all."}
	heads := []string{">Due from"}
	for r := range len(h.y) - 1 {
		head := fmt.Sprintf(">%s to %s", reports.Setting(time.Duration(h.y[r])), reports.Setting(time.Duration(min(h.y[r+1], farthest))))
		if h.open && r == len(h.y)-2 {
			head = fmt.Sprintf(">%s or more", reports.Setting(time.Duration(min(h.y[r], farthest))))
		}
		heads = append(heads, head)
	}
	t.Columns = columns(heads...)
	for c, column := range h.counts {
		row := []cell{text(reports.Setting(h.x[c]))}
		if h.x[c] == 0 {
			row[0] = text("0")
		}
		for _, n := range column {
			row = append(row, text(reports.Count(n)))
		}
		t.add(row...)
	}
	return t
}
