package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// breakdownFigures show where requests near each recorded quantile spent
// their time, one chart per quantile.
func (b *builder) breakdownFigures() ([]figure, error) {
	var quantiles []float64
	for _, s := range b.run.Stages {
		for _, d := range breakdowns(s) {
			if !slices.Contains(quantiles, d.Quantile) {
				quantiles = append(quantiles, d.Quantile)
			}
		}
	}
	slices.Sort(quantiles)
	var out []figure
	for _, q := range quantiles {
		f, err := b.breakdownFigure(q)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func breakdowns(s bench.StageResult) []bench.Breakdown {
	if s.Common == nil {
		return nil
	}
	return s.Common.Breakdown
}

func (b *builder) breakdownFigure(q float64) (figure, error) {
	f := figure{ID: b.ids.of("figure", "time-"+reports.Quantile(q)),
		Title: fmt.Sprintf("Where a request near the %s spends its time", reports.Quantile(q)),
		Subtitle: fmt.Sprintf("Means over the requests whose response time lies around the %s of the common load of %s; the parts of a bar are of the same requests and add up",
			reports.Quantile(q), reports.Rate(b.run.Profile.Rate)),
		How: "Hatched is waiting: queues, connections, the generator. Plain is work and wires. One hue is one tier."}
	names := partNames(b.run, q)
	var stages []string
	var rows []bench.Breakdown
	for _, s := range b.run.Stages {
		for _, d := range breakdowns(s) {
			if d.Quantile == q {
				stages, rows = append(stages, s.Stage.ID), append(rows, d)
			}
		}
	}
	f.Height = rowsAround + 44 + rowHeight*len(rows)
	f.Table = breakdownTable(q, names, stages, rows)
	p := newPlot("axis",
		[]opts.XAxis{{Type: "value", Min: 0, Name: "mean time", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: stages, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "44", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"ns"}, []string{"name"})
	for i, name := range names {
		var data []any
		for _, d := range rows {
			data = append(data, partOf(d, name))
		}
		color := partColor(name, names)
		p.add("ns", charts.SingleSeries{Name: partLabel(name), Type: "bar", Stack: "time", Data: data, BarWidth: "18",
			ItemStyle: &opts.ItemStyle{Color: color, BorderColor: "@ground", BorderWidth: 1,
				Opacity: opts.Float(partOpacity(name))}})
		if waiting(name) {
			p.view.Hatched = append(p.view.Hatched, i)
		}
	}
	var labels []string
	for _, n := range names {
		labels = append(labels, partLabel(n))
	}
	p.legend(labels...)
	return f, f.draw(p)
}

// partNames are the parts of all stages at a quantile, in the order they were
// first seen, "late" first and "rest" last.
func partNames(run bench.Run, q float64) []string {
	var names []string
	for _, s := range run.Stages {
		for _, d := range breakdowns(s) {
			if d.Quantile != q {
				continue
			}
			for _, p := range d.Parts {
				if !slices.Contains(names, p.Name) {
					names = append(names, p.Name)
				}
			}
		}
	}
	rank := map[string]int{"late": -1, "rest": 1}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
	return names
}

func partOf(d bench.Breakdown, name string) any {
	var sum time.Duration
	found := false
	for _, p := range d.Parts {
		if p.Name == name {
			sum, found = sum+p.Time, true
		}
	}
	if !found {
		return nil
	}
	return number(float64(sum))
}

// partLabel explains the two parts that no server names.
func partLabel(name string) string {
	switch name {
	case "late":
		return "late (generator)"
	case "rest":
		return "rest (network, unnamed)"
	}
	return name
}

// tier is what a part belongs to: "web" of "web-queue".
func tier(name string) string {
	head, _, _ := strings.Cut(name, "-")
	return head
}

// waiting says that a part is time in which nobody worked on the request.
func waiting(name string) bool {
	_, kind, _ := strings.Cut(name, "-")
	return name == "late" || kind == "queue" || kind == "conn" || kind == "wait"
}

// partColor gives each tier a hue, in the order of the tiers.
func partColor(name string, all []string) string {
	if name == "late" || name == "rest" {
		return "@before"
	}
	var tiers []string
	for _, n := range all {
		if t := tier(n); n != "late" && n != "rest" && !slices.Contains(tiers, t) {
			tiers = append(tiers, t)
		}
	}
	hues := []string{"@one", "@three", "@four", "@two"}
	return hues[slices.Index(tiers, tier(name))%len(hues)]
}

// partOpacity tells the plain parts of one tier apart.
func partOpacity(name string) float32 {
	switch _, kind, _ := strings.Cut(name, "-"); {
	case name == "rest", kind == "net":
		return 0.45
	case waiting(name):
		return 0.8
	}
	return 1
}

func breakdownTable(q float64, names, stages []string, rows []bench.Breakdown) *table {
	t := &table{Caption: "Mean time by part, of requests near the " + reports.Quantile(q),
		Columns: columns("Stage", ">Requests", ">Response")}
	for _, n := range names {
		t.Columns = append(t.Columns, column{Head: partLabel(n), Number: true})
	}
	for i, d := range rows {
		cells := []cell{text(stages[i]), text(reports.Count(d.Requests)), text(reports.Duration(d.Response))}
		for _, n := range names {
			value := reports.Missing
			if v, ok := partOf(d, n).(float64); ok {
				value = reports.Nanoseconds(v)
			}
			cells = append(cells, text(value))
		}
		t.add(cells...)
	}
	return t
}
