package html_test

import (
	"time"

	"rung/bench"
	"rung/reports/reportstest"
)

// slower stretches a distribution.
func slower(d bench.Distribution, by float64) bench.Distribution {
	at := func(v time.Duration) time.Duration { return time.Duration(float64(v) * by) }
	of := func(v *time.Duration) *time.Duration {
		if v == nil {
			return nil
		}
		out := at(*v)
		return &out
	}
	d.Min, d.Mean, d.Max = at(d.Min), at(d.Mean), at(d.Max)
	d.P50, d.P90, d.P95, d.P99, d.P999 = of(d.P50), of(d.P90), of(d.P95), of(d.P99), of(d.P999)
	curve := make([]bench.Point, len(d.Curve))
	for i, p := range d.Curve {
		curve[i] = bench.Point{Quantile: p.Quantile, Value: at(p.Value), Beyond: p.Beyond}
	}
	d.Curve = curve
	return d
}

// twoRuns are runs over the first stages, the second a day later and slower in
// one stage, and what a comparison says of them: every verdict, every kind of
// interval, and a share.
func twoRuns() (before, after bench.Run, c bench.Comparison) {
	before, after = reportstest.Run(), reportstest.Run()
	before.Stages, after.Stages = before.Stages[:3], after.Stages[1:4]
	after.Started = after.Started.Add(24 * time.Hour)
	after.Finished = after.Finished.Add(24 * time.Hour)
	after.Host.Commit, after.Seed = "ba9876543210", 43
	s := &after.Stages[0]
	s.Common.Total.Response = slower(s.Common.Total.Response, 1.25)
	s.Capacity.Passed, s.Capacity.Failed = 180, 0
	after.Stages[1].Capacity.Doubt = "the machine was busy"
	c = bench.Comparison{Before: "runs/monday", After: "runs/tuesday", Level: 0.95, Noise: 0.05,
		OnlyBefore: []string{"01-single-server"}, OnlyAfter: []string{"04-load-balancer"},
		Warnings: []string{"the seeds differ: 42 and 43: the requests are not the same"},
		Stages: []bench.StageComparison{
			{ID: "02-separate-database", Rows: []bench.Delta{
				{Fact: "capacity_per_s", Before: 238, After: 180, Ratio: 0.7563, Low: 0.7059, Word: bench.DeltaSame, Method: "brackets", SamplesBefore: 1, SamplesAfter: 1},
				{Fact: "common.goodput_per_s", Before: 149, After: 151, Ratio: 1.0134, Low: 0.981, High: 1.047, Word: bench.DeltaSame, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows"},
				{Fact: "common.failed_ratio", Before: 0, After: 0.004, Word: bench.DeltaSame, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows",
					Why: "the difference is +0.4 points (-0.1 to +0.9)"},
				{Fact: "common.p50_ns", Before: 14e6, After: 17.5e6, Ratio: 1.25, Low: 1.2013, High: 1.3012, Word: bench.DeltaWorse, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows"},
				{Fact: "common.p90_ns", Before: 30e6, After: 37.5e6, Ratio: 1.25, Low: 1.0121, High: 1.5502, Word: bench.DeltaWorse, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows",
					Why: "it may be chance: so many numbers are compared (Holm)"},
				{Fact: "common.p99_ns", After: 67.5e6, Word: bench.DeltaUnknown, Why: "one side has fewer than ten answers beyond it"},
			}},
			{ID: "03-scale-up", Rows: []bench.Delta{
				{Fact: "capacity_per_s", Before: 402, After: 402, Ratio: 1, Word: bench.DeltaUnknown, Method: "brackets", Why: "after: the machine was busy"},
				{Fact: "common.p50_ns", Before: 12e6, After: 11.7e6, Ratio: 0.975, Low: 0.9581, High: 0.9912, Word: bench.DeltaNoise, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows"},
				{Fact: "common.p90_ns", Before: 25e6, After: 15e6, Ratio: 0.6, Low: 0.5102, High: 0.7044, Word: bench.DeltaBetter, SamplesBefore: 20, SamplesAfter: 20, Method: "bootstrap over windows"},
			}},
		}}
	return before, after, c
}

// manyRuns are five runs over some stages, one of them without all of them.
func manyRuns() ([]bench.Run, []string) {
	var runs []bench.Run
	for i := range 6 {
		r := reportstest.Run()
		r.Stages = r.Stages[:2+i%2]
		for j := range r.Stages {
			m := r.Stages[j].Common
			m.Total.Response = slower(m.Total.Response, 1+float64(i)/10)
			r.Stages[j].Capacity.Passed += float64(i)
		}
		runs = append(runs, r)
	}
	return runs, []string{"runs/a", "runs/b", "runs/c", "runs/d", "runs/e", "runs/a"}
}

// numberSets are a measured set and two published ones that share rows.
func numberSets() []bench.NumberSet {
	measured := *reportstest.Baseline()
	measured.Rows = append(measured.Rows,
		bench.Number{ID: "ssd_seq_write_8k", Label: "write 8 KiB", Value: 4e3, P50: 4e3, P99: 9e3, Bytes: 8192, Durability: "none", Status: "measured", Flags: []string{"page cache"}},
		bench.Number{ID: "mem_seq_1m", Label: "read 1 MiB from memory, one thread", Value: 100e3, P50: 100e3, P99: 146e3, Bytes: 1 << 20, Pattern: "sequential", Status: "measured"})
	return []bench.NumberSet{
		{Name: "book", Year: 2009, Source: "Dean, a talk", Rows: []bench.Number{
			{ID: "l1_ref", Label: "L1 cache reference", Value: 0.5},
			{ID: "mem_ref", Label: "main memory reference", Value: 100, Pattern: "dependent"},
			{ID: "mem_seq_1m", Label: "read 1 MB from memory", Value: 250e3, Bytes: 1e6, Pattern: "sequential"},
			{ID: "wan_ca_nl_ca", Label: "packet California to Netherlands and back", Value: 150e6}}},
		measured,
		{Name: "regions", Source: "see each row", Rows: []bench.Number{
			{ID: "ssd_seq_write_8k", Label: "write 8 KiB and sync", Value: 300e3, Bytes: 8192, Durability: "fdatasync", Source: "a table", Date: "2026-03-08"},
			{ID: "mem_ref", Label: "memory", Value: 20, Pattern: "independent", Quantile: "mean"},
			{ID: "aws_inter_az", Label: "round trip between zones", Value: 1.81e6, Low: 0.25e6, High: 3.37e6, Quantile: "min", Year: 2020, Source: "pings"},
			{ID: "abacus", Label: "what no group knows", Value: 3e9}}},
	}
}
