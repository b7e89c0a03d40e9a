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

// numberHeight leaves room for a label of two lines.
const numberHeight = 30

// plausibleFigure puts the stages' times on one scale with the latency
// numbers that the emulation was built from.
func (b *builder) plausibleFigure() (figure, error) {
	rows := slices.Clone(b.run.Hardware.Rows)
	slices.SortStableFunc(rows, func(x, y bench.Number) int { return cmp.Compare(x.Value, y.Value) })
	f := figure{ID: b.ids.of("figure", "plausible"), Title: "Where the stages lie among the latency numbers",
		Subtitle: fmt.Sprintf("Latency numbers of the hardware set %s (bars), and the response times of the stages at %s (dots)",
			b.run.Hardware.Name, reports.Rate(b.run.Profile.Rate)),
		How:   "Every step to the right is ten times slower. Bold bars are the numbers that the emulation is built from; a stage lies to the right of those that each of its requests needs.",
		Table: numberTable(b.run.Hardware, rows)}
	var names []string
	var ticks, medians, tails []item
	low, high := 1.0, 1e9
	for _, r := range rows {
		color := "@pale"
		if r.Use != "" {
			color = "@text"
		}
		ticks = append(ticks, item{Value: []any{positive(r.Value), len(names)},
			ItemStyle: &opts.ItemStyle{Color: color, BorderColor: color},
			Tip:       []string{r.Label, reports.Nanoseconds(r.Value), fmt.Sprintf("%s, %d", r.Source, r.Year), r.Use}})
		if r.Value > 0 {
			low, high = min(low, max(r.Value, 1e-3)), max(high, min(r.Value, farthest))
		}
		names = append(names, r.Label)
	}
	measured := 0
	for _, row := range b.rows {
		if row.P50 == nil && row.P99 == nil {
			continue
		}
		tip := []string{row.Stage, "p50 " + reports.DurationOf(row.P50), "p99 " + reports.DurationOf(row.P99)}
		medians = append(medians, item{Value: []any{nanoseconds(row.P50), len(names)}, Tip: tip})
		tails = append(tails, item{Value: []any{nanoseconds(row.P99), len(names)}, Tip: tip})
		if row.P99 != nil {
			high = max(high, float64(*row.P99))
		}
		names = append(names, row.Stage)
		measured++
	}
	f.Height = rowsAround + 30 + numberHeight*len(names)
	if measured == 0 && len(rows) == 0 {
		f.Empty = "Nothing was measured at the common load, and no hardware set was used."
		return f, nil
	}
	low, high = decades(low, high)
	p := newPlot("item",
		[]opts.XAxis{{Type: "log", Min: low, Max: high, Name: "time", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "34", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"ns"}, []string{"name"})
	p.shaped("tick", charts.SingleSeries{Name: "latency number", Data: ticks,
		ItemStyle: &opts.ItemStyle{Color: "@text"}}, []int{0}, 1)
	p.add("ns", charts.SingleSeries{Name: "p50", Type: "scatter", Data: medians, Symbol: "circle",
		SymbolSize: 11, ItemStyle: &opts.ItemStyle{Color: "@one"}})
	p.add("ns", charts.SingleSeries{Name: "p99", Type: "scatter", Data: tails, Symbol: "diamond",
		SymbolSize: 14, ItemStyle: &opts.ItemStyle{Color: "@one"}})
	p.legend("latency number", "p50", "p99")
	return f, f.draw(p)
}

func numberTable(h bench.Hardware, rows []bench.Number) *table {
	t := &table{Caption: "Latency numbers of the set " + h.Name,
		Columns: columns("Operation", ">Time", "Source", ">Year", "Stands for")}
	for _, r := range rows {
		year := ""
		if r.Year != 0 {
			year = fmt.Sprint(r.Year)
		}
		t.add(text(r.Label), text(reports.Nanoseconds(r.Value)), text(r.Source), text(year), text(r.Use))
	}
	return t
}
