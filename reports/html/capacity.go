package html

import (
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/reports"
)

// rowHeight is what one row of a chart with stages as rows takes, in pixels,
// and rowsAround what the axes and the legend take.
const (
	rowHeight  = 34
	rowsAround = 76
)

// capacityFigure shows the bracket of every stage on one axis.
func (b *builder) capacityFigure() (figure, error) {
	f := figure{ID: b.ids.of("figure", "capacity"), Title: b.capacityTitle(),
		Subtitle: fmt.Sprintf("Highest rate within %s, one search per stage with probes of %s or more, open loop, %s",
			reports.SLO(b.run.Workload.SLO), reports.Setting(b.run.Profile.Probe),
			reports.Arrivals(b.run.Workload.Arrivals)),
		How: "The dot is the highest rate that met the objective, the bar reaches to the lowest rate that did not: " +
			"the capacity lies between. An arrow means that no rate tried failed. Hollow grey is in doubt; unknown is where no probe counts.",
		Height: rowsAround + rowHeight*len(b.rows), Table: b.capacityTable()}
	var names []string
	var brackets, dots, labels, voids []item
	var highest float64
	known, unknown := 0, 0
	for i, row := range b.rows {
		names = append(names, row.Stage)
		if !row.HasCapacity {
			continue
		}
		if row.Passed <= 0 {
			unknown++
			// Its own label: those of a series stand above their marks on a narrow screen.
			voids = append(voids, item{Value: []any{0, i}, Name: voidLabel(row), Tip: []string{row.Stage, row.Capacity(), row.Doubt},
				Label: &opts.Label{Show: opts.Bool(true), Position: "right", Color: "@muted"}})
			continue
		}
		known++
		highest = max(highest, row.Passed, row.Failing)
		style := &opts.ItemStyle{Color: "@one", BorderColor: "@one", BorderWidth: 2}
		if row.Doubt != "" {
			style = &opts.ItemStyle{Color: "@ground", BorderColor: "@unknown", BorderWidth: 2}
		}
		tip := []string{row.Stage, row.Capacity(), "change: " + row.Change.String()}
		if row.Doubt != "" {
			tip = append(tip, "in doubt: "+row.Doubt)
		}
		brackets = append(brackets, item{Value: []any{number(row.Passed), positive(row.Failing), i},
			ItemStyle: style, Tip: tip})
		label := row.Capacity()
		if row.Change.Known {
			label += ", " + row.Change.Short()
		}
		dots = append(dots, item{Value: []any{number(row.Passed), i}, ItemStyle: style, Tip: tip})
		labels = append(labels, item{Value: []any{number(max(row.Passed, row.Failing)), i}, Name: label, Tip: tip})
	}
	if known+unknown == 0 {
		f.Empty = "No stage has a capacity."
		return f, nil
	}
	p := newPlot("item",
		// The room on the right is for the labels.
		[]opts.XAxis{{Type: "value", Min: 0, Max: ceiling(max(highest*1.25, 1)), Name: "requests per second",
			NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "16", Top: "8", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"rate"}, []string{"name"})
	p.shaped("bracket", charts.SingleSeries{Name: "bracket", Data: brackets,
		ItemStyle: &opts.ItemStyle{Color: "@one"}}, []int{0, 1}, 2)
	p.add("rate", charts.SingleSeries{Name: "highest rate that passed", Type: "scatter", Data: dots, SymbolSize: 11})
	p.add("rate", charts.SingleSeries{Name: "label", Type: "scatter", Data: labels, SymbolSize: 1,
		ItemStyle: &opts.ItemStyle{Color: "@one"},
		Label:     &opts.Label{Show: opts.Bool(true), Position: "right", Color: "@text"}})
	if len(voids) > 0 {
		p.add("rate", charts.SingleSeries{Name: "none", Type: "scatter", Data: voids, SymbolSize: 1,
			ItemStyle: &opts.ItemStyle{Color: "@unknown"}})
	}
	return f, f.draw(p)
}

// voidLabel stands where no rate passed. It is short: the reason is in the
// tooltip and the table.
func voidLabel(row reports.Row) string {
	if row.Failing > 0 {
		return "none passed, " + row.Capacity()
	}
	return row.Capacity()
}

func (b *builder) capacityTitle() string {
	best := -1
	for i, row := range b.rows {
		if row.Sound() && (best < 0 || row.Passed > b.rows[best].Passed) {
			best = i
		}
	}
	if best < 0 {
		return "No stage has a capacity that can be trusted"
	}
	return fmt.Sprintf("%s carries the most: %s", b.rows[best].Stage, reports.Rate(b.rows[best].Passed))
}

func (b *builder) capacityTable() *table {
	t := &table{Caption: "Capacity by stage",
		Columns: columns("Stage", ">Highest rate that passed", ">Lowest rate that failed", "Change",
			"Compared with", "Limit at capacity", "Doubt")}
	for i, row := range b.rows {
		passed, failing := reports.Missing, reports.Missing
		if row.HasCapacity {
			passed, failing = rateOrNone(row.Passed), rateOrNone(row.Failing)
		}
		change := row.Change.String()
		if !row.Change.Known && row.Doubt == "" {
			change = row.Change.Why
		}
		limit := row.Bottleneck.String()
		if limit != "" {
			limit += ", " + reports.Percent(row.Bottleneck.Use) + " in use"
		}
		t.add(b.stageCell(i), text(passed), text(failing), text(change), text(row.Against), text(limit),
			text(row.Doubt))
	}
	return t
}

// rateOrNone is one end of a bracket. Zero is not a rate: none that counts had
// this outcome.
func rateOrNone(rate float64) string {
	if rate <= 0 {
		return "none"
	}
	return reports.Rate(rate)
}
