package html

import (
	"fmt"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// latencyFigure shows p50 and p99 of every stage at the same load.
func (b *builder) latencyFigure() (figure, error) {
	f := figure{ID: b.ids.of("figure", "latency"), Title: "What a request costs its user at the same load",
		Subtitle: fmt.Sprintf("Response time at the common load of %s on every stage, open loop, %s",
			reports.Rate(b.run.Profile.Rate), reports.Arrivals(b.run.Workload.Arrivals)),
		How:    "Each bar runs from the median (dot) to the 99th percentile (diamond) of one stage, on a log axis. Further left is faster; a shorter bar is more even.",
		Height: rowsAround + 20 + rowHeight*len(b.rows), Table: b.latencyTable()}
	var names []string
	var bars, medians, tails []item
	var values []float64
	for i, row := range b.rows {
		names = append(names, row.Stage)
		if row.P50 == nil && row.P99 == nil {
			continue
		}
		tip := []string{row.Stage, "p50 " + reports.DurationOf(row.P50), "p99 " + reports.DurationOf(row.P99)}
		for _, d := range []*time.Duration{row.P50, row.P99} {
			if d != nil {
				values = append(values, float64(*d))
			}
		}
		bars = append(bars, item{Value: []any{nanoseconds(row.P50), nanoseconds(row.P99), i}, Tip: tip})
		medians = append(medians, item{Value: []any{nanoseconds(row.P50), i}, Tip: tip})
		tails = append(tails, item{Value: []any{nanoseconds(row.P99), i}, Tip: tip})
	}
	if len(bars) == 0 {
		f.Empty = "No stage was measured at the common load."
		return f, nil
	}
	low, high := decades(values...)
	p := newPlot("item",
		[]opts.XAxis{{Type: "log", Min: low, Max: high, Name: "response time", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "34", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"ns"}, []string{"name"})
	p.shaped("segment", charts.SingleSeries{Name: "p50 to p99", Data: bars,
		ItemStyle: &opts.ItemStyle{Color: "@pale"}}, []int{0, 1}, 2)
	p.add("ns", charts.SingleSeries{Name: "p50", Type: "scatter", Data: medians, Symbol: "circle", SymbolSize: 11,
		ItemStyle: &opts.ItemStyle{Color: "@one"}})
	p.add("ns", charts.SingleSeries{Name: "p99", Type: "scatter", Data: tails, Symbol: "diamond", SymbolSize: 14,
		ItemStyle: &opts.ItemStyle{Color: "@one"}})
	p.legend("p50", "p99")
	return f, f.draw(p)
}

func (b *builder) latencyTable() *table {
	var curves []curve
	for _, s := range b.run.Stages {
		if s.Common != nil {
			curves = append(curves, curve{name: s.Stage.ID, of: s.Common.Total.Response})
		}
	}
	return curveTable("Response time at the common load", curves)
}

// costTable is what a stage costs beside time: money, machines, memory.
func (b *builder) costTable() *table {
	t := &table{Caption: "What each stage costs",
		Columns: columns("Stage", ">Machines, per hour|price of the topology's machines",
			">Per million requests|at the middle of the capacity bracket", ">Nodes", ">Processes",
			">Memory|real, at the common load",
			">Real CPU per 1 000 requests|what the emulation itself used", ">p50 against before|over that of the stage compared with, at the same load; of one attack each, without an interval",
			">p99 against before|over that of the stage compared with, at the same load; few requests lie beyond it, so it may move by chance", ">Start"),
		Note: "Money follows from the prices in the stage file and, per million requests, from the middle of the capacity bracket. Memory, CPU and start are of the real processes on this machine: they tell what the emulation costs, not what a site would."}
	for i, s := range b.run.Stages {
		perMillion := reports.Missing
		if cost := b.rows[i].Cost; cost != nil {
			perMillion = reports.Money(*cost)
		}
		cpu := reports.Missing
		if s.Common != nil && s.Common.Total.Sent > 0 && s.ProcessCPU > 0 {
			cpu = reports.Duration(time.Duration(float64(s.ProcessCPU) / float64(s.Common.Total.Sent) * 1000))
		}
		p50, p99 := reports.Missing, reports.Missing
		if before, ok := b.against(i); ok && before.Common != nil && s.Common != nil {
			p50 = quotient(s.Common.Total.Response.P50, before.Common.Total.Response.P50)
			p99 = quotient(s.Common.Total.Response.P99, before.Common.Total.Response.P99)
		}
		t.add(b.stageCell(i), text(price(s)), text(perMillion), text(reports.Count(len(s.Stage.Topology.Nodes))),
			text(known(s.Processes)), text(memory(s.Memory)), text(cpu), text(p50), text(p99), text(startup(s)))
	}
	return t
}

func price(s bench.StageResult) string {
	if s.Stage.PricePerHour <= 0 {
		return ""
	}
	return reports.Money(s.Stage.PricePerHour)
}

func known(n int) string {
	if n <= 0 {
		return ""
	}
	return reports.Count(n)
}

func memory(n int64) string {
	if n <= 0 {
		return ""
	}
	return reports.Bytes(n)
}

func startup(s bench.StageResult) string {
	if s.Startup <= 0 {
		return ""
	}
	return reports.Duration(s.Startup)
}

// quotient is how many times a time is another.
func quotient(now, before *time.Duration) string {
	if now == nil || before == nil || *before <= 0 {
		return reports.Missing
	}
	return reports.Ratio(float64(*now) / float64(*before))
}
