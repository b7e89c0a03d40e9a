package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
)

// regional is one tally of a region and an operation.
type regional struct {
	region, operation string
	bench.Tally
}

// regionals are a measurement's tallies by operation, and within one by
// region, so that regions stand side by side.
func regionals(m bench.Measurement) []regional {
	var all []regional
	var operations []string
	for _, t := range m.Regions {
		region, operation, ok := strings.Cut(t.Operation, "/")
		if !ok {
			region, operation = t.Operation, "total"
		}
		if !slices.Contains(operations, operation) {
			operations = append(operations, operation)
		}
		all = append(all, regional{region, operation, t})
	}
	slices.SortStableFunc(all, func(a, b regional) int {
		return slices.Index(operations, a.operation) - slices.Index(operations, b.operation)
	})
	return all
}

// regionGroup shows the common load by region, if users are in several.
func (b *builder) regionGroup(s bench.StageResult) (group, error) {
	g := group{Title: "Response time by region, at the common load"}
	if s.Common == nil || len(s.Common.Regions) == 0 {
		return g, nil
	}
	all := regionals(*s.Common)
	in := bench.Figure{Title: "What users of each region wait",
		How: "Regions stand side by side for each operation, on a log axis: where their marks lie together, it does not matter where a user is.",
		X:   bench.Axis{Label: "operation and region"},
		Y:   bench.Axis{Label: "response time", Unit: bench.UnitNs, Log: true}}
	p50, p99 := bench.Series{Name: "p50", Mark: bench.MarkDots}, bench.Series{Name: "p99", Mark: bench.MarkDots}
	for i, r := range all {
		in.X.Names = append(in.X.Names, fmt.Sprintf("%s, %s", orMissing(r.operation), orMissing(r.region)))
		x := float64(i)
		p50.Points = append(p50.Points, bench.FigurePoint{X: x, Y: inNs(r.Response.P50)})
		p99.Points = append(p99.Points, bench.FigurePoint{X: x, Y: inNs(r.Response.P99)})
	}
	in.Series = []bench.Series{p50, p99}
	f, err := b.relationFigure(b.ids.of("figure", "regions-"+s.Stage.ID), in)
	f.Subtitle = b.sample(s.Common)
	f.Table, f.Beside = nil, regionTable(all)
	if err != nil {
		return g, err
	}
	g.Figures = []figure{f}
	return g, nil
}

func regionTable(all []regional) *table {
	t := &table{Caption: "Response time by operation and region",
		Columns: columns("Operation", "Region", ">Failures", ">n", ">min", ">p50", ">p90", ">p95", ">p99", ">p99.9",
			">max"),
		Note: "– where fewer than ten requests lie beyond the percentile."}
	for _, r := range all {
		t.add(append([]cell{text(r.operation), text(r.region), text(reports.Percent(r.FailureRatio()))},
			quantileCells(r.Response)...)...)
	}
	return t
}
