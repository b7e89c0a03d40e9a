// Package reportstest builds runs for the tests of reports: fixed, realistic
// and made of nothing but arithmetic, so that they are the same everywhere.
package reportstest

import (
	"time"

	"rung/bench"
	"rung/targets"
)

const (
	commonRate  = 150.0
	commonTime  = 20 * time.Second
	sloLatency  = 250 * time.Millisecond
	outage      = 4 * time.Second
	killBefore  = 3 * time.Second
	killAfter   = 6 * time.Second
	settledTime = time.Second
)

// Run returns a whole quick run over stages 01 to 13, with the failures,
// unknowns and missing values that real runs have.
func Run() bench.Run {
	run := bench.Run{
		Schema:   bench.Schema,
		Tool:     "rung 0.1.0",
		Started:  time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
		Finished: time.Date(2026, 11, 20, 9, 35, 42, 0, time.UTC),
		Seed:     42,
		Profile: bench.Profile{Name: "quick", Rate: commonRate, Common: commonTime,
			Warm: 3 * time.Second, Probe: 5 * time.Second, Probes: 9, Width: 0.08,
			Before: killBefore, After: killAfter, Repeats: 1},
		Hardware: hardware(),
		Host: bench.Host{OS: "linux", Arch: "amd64", CPUs: 2, Memory: 8 << 30,
			Kernel: "6.8.0", CPU: "Example CPU @ 2.60GHz", Go: "go1.26.0", Commit: "0123456789ab"},
		Calibration: bench.Calibration{ClockP50: 58 * time.Microsecond, ClockP99: 240 * time.Microsecond,
			LoopbackP50: 92 * time.Microsecond, Ceiling: 3400, HopCost: 61 * time.Microsecond,
			FsyncP50: 1300 * time.Microsecond,
			Warnings: []string{"fsync p50 is 1.30 ms on this disk: real commits add to the emulated ones"}},
		Workload: workload(),
		Stages: []bench.StageResult{stage01(), stage02(), stage03(), stage04(), stage05(), stage06(), stage07(), stage08(),
			stage09(), stage10(), stage11(), stage12(), stage13()},
		Warnings: []string{"the machine was 12% busy with other work before the run"},
		Verdict:  bench.Fail,
	}
	for i := range run.Stages {
		opinions(&run.Stages[i], 0.97+0.01*float64(i%7))
	}
	again(&run.Stages[0], 6)
	again(&run.Stages[2], 3)
	run.Stages[3].Scalings = []bench.Scaling{scaling()}
	run.Stages[4].Scalings = []bench.Scaling{{Of: "replica", Why: "two points cannot tell three parameters",
		Points: []bench.ScalingPoint{{Nodes: 1, Rate: 420}, {Nodes: 2, Rate: 700}}}}
	run.Stages[9].Simulation = &bench.Simulation{Seed: 42, Outside: "queues between data centres are not modelled"}
	return run
}

// Partial returns a run that was stopped in stage 02.
func Partial() bench.Run {
	run := Run()
	run.Stages = run.Stages[:2]
	run.Partial = "interrupted by the user in stage 02-separate-database"
	run.Stages[1].Failed = "stopped before the kill matrix"
	run.Stages[1].Capacity.Doubt = "the search was stopped after 3 of 9 probes"
	run.Stages[1].Word = bench.Unknown
	run.Stages[1].Kills = nil
	run.Stages[1].CostPerMillion = nil
	run.Verdict = bench.Pass
	return run
}

func workload() bench.Workload {
	return bench.Workload{
		Name: "shop",
		Mix: []bench.Share{{Operation: targets.OpUser, Ratio: 0.45}, {Operation: targets.OpOrders, Ratio: 0.25},
			{Operation: targets.OpAsset, Ratio: 0.15}, {Operation: targets.OpPost, Ratio: 0.08},
			{Operation: targets.OpMe, Ratio: 0.05}, {Operation: targets.OpPhoto, Ratio: 0.02}},
		Exponent: 0.99, Data: targets.Data{Users: 10000, OrdersPerUser: 5}, Assets: 20, Sessions: 200,
		Arrivals: bench.ArrivalsPoisson, Timeout: 2 * time.Second,
		SLO: bench.SLO{Quantile: 0.99, Latency: sloLatency, Failures: 0.001},
	}
}

func hardware() bench.Hardware {
	row := func(id, label string, v time.Duration, source string, year int, use string) bench.Number {
		return bench.Number{ID: id, Label: label, Value: float64(v), Source: source, Year: year, Use: use}
	}
	return bench.Hardware{Name: "book", Rows: []bench.Number{
		row("mutex_lock_unlock", "Mutex lock and unlock", 100, "Dean, Stanford talk", 2009, ""),
		row("mem_ref", "Main memory reference", 100, "Dean, Stanford talk", 2009, ""),
		row("compress_1k", "Compress 1 KB", 10*time.Microsecond, "Dean, Stanford talk", 2009, ""),
		row("mem_seq_1m", "Read 1 MB from memory", 250*time.Microsecond, "Dean, Stanford talk", 2009, ""),
		row("dc_rtt", "Round trip in a data centre", 500*time.Microsecond, "Dean, Stanford talk", 2009,
			"wires between nodes"),
		row("disk_seek", "Disk seek", 10*time.Millisecond, "Dean, Stanford talk", 2009,
			"one disk access of a database"),
		row("wan_ca_nl_ca", "California to the Netherlands and back", 150*time.Millisecond,
			"Dean, Stanford talk", 2009, ""),
	}}
}

func ptr[T any](v T) *T { return &v }
