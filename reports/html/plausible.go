package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// numberHeight leaves room for a label of two lines.
const numberHeight = 30

// numbers are the latency numbers that times are shown with: the baseline of
// the run, or else the set that the emulation was built from.
func (b *builder) numbers() bench.NumberSet {
	if b.run.Baseline != nil {
		return *b.run.Baseline
	}
	return bench.NumberSet{Name: b.run.Hardware.Name, Rows: b.run.Hardware.Rows}
}

// plausibleFigure puts the stages' times on one scale with latency numbers.
func (b *builder) plausibleFigure() (figure, error) {
	set := b.numbers()
	rows := slices.Clone(set.Rows)
	slices.SortStableFunc(rows, func(x, y bench.Number) int { return cmp.Compare(x.Value, y.Value) })
	f := figure{ID: b.ids.of("figure", "plausible"), Title: "Where the stages lie among the latency numbers",
		Subtitle: fmt.Sprintf("Latency numbers of the hardware set %s (bars), and the response times of the stages at %s (dots)",
			set.Name, reports.Rate(b.run.Profile.Rate)),
		How:   "Every step to the right is ten times slower. Bold bars are the numbers that the emulation is built from; a stage lies to the right of those that each of its requests needs.",
		Table: numberTable(set, rows)}
	if b.run.Baseline != nil {
		f.Subtitle = fmt.Sprintf("Latency numbers of the set %s (bars), and the response times of the stages at %s (dots)", set.Name,
			reports.Rate(b.run.Profile.Rate))
		f.How = "Every step to the right is ten times slower. The bars are a set of its own: the emulation is built from the set " +
			b.run.Hardware.Name + ", whose numbers are in the table beside it. Sets are never mixed."
		f.Beside = hardwareTable(b.run.Hardware)
	}
	var names []string
	var ticks, medians, tails []item
	low, high := 1.0, 1e9
	for _, r := range rows {
		color := "@pale"
		if r.Use != "" || b.run.Baseline != nil {
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

// numberTable lists a set of latency numbers. Columns that no row has are left
// out.
func numberTable(set bench.NumberSet, rows []bench.Number) *table {
	t := &table{Caption: "Latency numbers of the set " + set.Name,
		Columns: columns("Operation", ">Time", ">From|of a published range", ">To|of a published range", ">p50", ">p99", ">Samples", "Which|quantile that the time is",
			"Access", "Durable", ">Moves", "Source", ">Date", "Known by", "To mind", "Stands for")}
	span := func(v float64) cell {
		if v <= 0 {
			return text("")
		}
		return text(reports.Nanoseconds(v))
	}
	for _, r := range rows {
		date, samples, moves := r.Date, "", ""
		if date == "" && r.Year != 0 {
			date = fmt.Sprint(r.Year)
		}
		if r.Samples > 0 {
			samples = reports.Count(r.Samples)
		}
		if r.Bytes > 0 {
			moves = reports.Size(r.Bytes)
		}
		t.add(text(r.Label), text(reports.Nanoseconds(r.Value)), span(r.Low), span(r.High), span(r.P50), span(r.P99), text(samples),
			text(r.Quantile), text(r.Pattern), text(r.Durability), text(moves), text(r.Source), text(date), text(r.Status), lines(r.Flags), text(r.Use))
	}
	t.pruneEmpty(1, len(t.Columns)-1)
	var notes []string
	for _, n := range append([]string{set.Source}, set.Notes...) {
		if n != "" {
			notes = append(notes, n)
		}
	}
	t.Note = strings.Join(capped(notes, maxLines), "; ")
	return t
}

// hardwareTable lists what the emulation is built from, or is nil.
func hardwareTable(h bench.Hardware) *table {
	var used []bench.Number
	for _, r := range h.Rows {
		if r.Use != "" {
			used = append(used, r)
		}
	}
	if len(used) == 0 {
		return nil
	}
	t := numberTable(bench.NumberSet{Name: h.Name}, used)
	t.Caption = "What the emulation is built from: the hardware set " + h.Name
	return t
}
