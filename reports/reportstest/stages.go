package reportstest

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/targets"
)

func verdict(id, text string, word bench.Word, evidence ...string) bench.Verdict {
	return bench.Verdict{ID: id, Text: text, Word: word, Evidence: evidence}
}

// predicted returns an estimate and its verdict.
func predicted(fact string, value, measured, tolerance float64, model string, lines ...string) (bench.Estimate,
	bench.Verdict) {
	e := bench.Estimate{Fact: fact, Value: value, Tolerance: tolerance, Model: model, Derivation: lines,
		Limits: "holds below 95% use"}
	v := bench.Verdict{ID: "estimate." + fact, Text: "the estimate of " + fact + " holds", Word: bench.Pass,
		Expected: value, Measured: measured, Ratio: measured / value,
		Evidence: []string{fmt.Sprintf("measured over expected is %.2f, allowed is %.2f to %.2f",
			measured/value, 1-tolerance, 1+tolerance)}}
	if v.Ratio < 1-tolerance || v.Ratio > 1+tolerance {
		v.Word = bench.Fail
	}
	return e, v
}

// estimates fills prediction and verdicts of a stage from its capacity and
// its common load.
func estimates(s *bench.StageResult, rate float64, p50 time.Duration, demands ...bench.Demand) {
	slowest := demands[0]
	e1, v1 := predicted("capacity_per_s", rate, s.Capacity.Passed, 0.15, "sum of demands",
		fmt.Sprintf("demand of %s/%s = %.2f ms per request of the mix", slowest.Node, slowest.Resource,
			slowest.TimeNs/1e6),
		fmt.Sprintf("ceiling = %d slots / %.2f ms = %.0f per second", slowest.Slots, slowest.TimeNs/1e6,
			slowest.Ceiling),
		fmt.Sprintf("at 92%% use: %.0f per second", rate))
	e2, v2 := predicted("common.p50_ns", float64(p50), float64(*s.Common.Total.Response.P50), 0.25, "M/M/c",
		"use at 150 per second = 66%", "waiting by Erlang C = 2.1 ms", "service and round trips = 10.4 ms")
	s.Prediction = bench.Prediction{Estimates: []bench.Estimate{e1, e2}, Demands: demands,
		Bottleneck: bench.Bottleneck{Node: slowest.Node, Resource: slowest.Resource, Use: 0.92}}
	s.Verdicts = append(s.Verdicts, v1, v2)
	s.Facts = append(s.Facts,
		bench.Fact{Name: "capacity_per_s", Value: s.Capacity.Passed, From: "highest rate that met the objective"},
		bench.Fact{Name: "common.p50_ns", Value: float64(*s.Common.Total.Response.P50),
			From: "3 000 requests at 150/s"},
		bench.Fact{Name: "common.failure_ratio", Value: s.Common.Total.FailureRatio(), From: "3 000 requests at 150/s"})
	middle := (s.Capacity.Passed + max(s.Capacity.Failed, s.Capacity.Passed)) / 2
	cost := s.Stage.PricePerHour / 3600 / middle * 1e6
	s.CostPerMillion = &cost
}

func demand(node, resource string, slots int, ms float64) bench.Demand {
	return bench.Demand{Node: node, Resource: resource, Slots: slots, TimeNs: ms * 1e6,
		Ceiling: float64(slots) / ms * 1e3}
}

func stage01() bench.StageResult {
	s := bench.StageResult{
		Stage: bench.Stage{ID: "01-single-server", Title: "One server",
			Adds:     "one machine with everything, found by DNS",
			Topology: topology01(), PricePerHour: 0.096,
			Kills:       []bench.Kill{{Node: "server", Down: outage}},
			Experiments: []bench.Experiment{{Name: "dns", Kind: bench.ExperimentLookup}},
			Periods: []bench.Period{{Name: "TTL of the site's address", Published: 300 * time.Second,
				Scaled: 15 * time.Second, Source: "common default of DNS providers"},
				{Name: "reboot of a virtual machine", Published: 80 * time.Second, Scaled: outage,
					Source: "published boot times"}},
			Claims: []bench.Claim{{ID: "cold-lookup",
				Text:   "A cold DNS lookup costs its round trips, a cached one nearly nothing.",
				Checks: []string{"dns.cold_ns > 10 * dns.stub_ns"}},
				{ID: "one-point-of-failure", Text: "When the server dies, nobody is served until it is back.",
					Checks: []string{"kill.server.availability_while_down_ratio < 0.02"}}}},
		Common:   common("01-single-server", 18*time.Millisecond, 0.62, 0),
		Capacity: capacity(215, 230, 9*time.Millisecond, "server", "cpu", 60, 120, 180, 200, 215, 230, 260, 320),
		Kills:    []bench.KillRow{kill("01-single-server", "server", 1, 0, 300*time.Millisecond)},
		Lookups: []bench.Lookup{
			{Name: "shop.example.", State: "cold", Took: 141 * time.Millisecond, Address: "127.0.1.1",
				TTL: 15 * time.Second, Asked: 3},
			{Name: "shop.example.", State: "stub", Took: 2 * time.Microsecond, Address: "127.0.1.1",
				TTL: 14 * time.Second},
			{Name: "shop.example.", State: "resolver", Took: 1100 * time.Microsecond, Address: "127.0.1.1",
				TTL: 13 * time.Second},
			{Name: "shop.example.", State: "expired", Took: 61 * time.Millisecond, Address: "127.0.1.1",
				TTL: 15 * time.Second, Asked: 1}},
		Word: bench.Pass, Startup: 840 * time.Millisecond, Processes: 5, ProcessCPU: 4100 * time.Millisecond,
		Memory: 142 << 20,
		Verdicts: []bench.Verdict{
			verdict("cold-lookup", "A cold DNS lookup costs its round trips, a cached one nearly nothing.", bench.Pass,
				"dns.cold_ns is 141 ms, 10 * dns.stub_ns is 20 µs"),
			verdict("one-point-of-failure", "When the server dies, nobody is served until it is back.", bench.Pass,
				"kill.server.availability_while_down_ratio is 0.0%, below 2%")},
	}
	estimates(&s, 220, 19*time.Millisecond, demand("server", "cpu", 2, 8.4), demand("server", "disk", 1, 2.1))
	s.Facts = append(s.Facts, bench.Fact{Name: "dns.cold_ns", Value: 141e6, From: "first lookup"},
		bench.Fact{Name: "dns.stub_ns", Value: 2000, From: "second lookup"})
	return s
}

func stage02() bench.StageResult {
	id := "02-separate-database"
	s := bench.StageResult{
		Stage: bench.Stage{ID: id, Title: "Database on its own machine",
			Adds:     "the data tier moves to a machine of its own",
			Previous: "01-single-server", Topology: topology02(), PricePerHour: 0.192,
			Variants: []bench.Variant{{Name: "kv", Text: "a key-value store instead of SQL",
				Topology: topology02(), PricePerHour: 0.192}},
			Experiments: []bench.Experiment{{Name: "kv-orders", Kind: bench.ExperimentLatency, Variant: "kv", Rate: 60,
				Operations: []targets.Operation{targets.OpOrders}}}},
		Common:   common(id, 14*time.Millisecond, 0.58, 0),
		Capacity: capacity(238, 255, 8*time.Millisecond, "web", "cpu", 70, 140, 200, 230, 238, 255, 300),
		Kills: []bench.KillRow{kill(id, "web", 1, 0, 300*time.Millisecond),
			kill(id, "db", 0.83, 0, 700*time.Millisecond)},
		Variants: []bench.VariantResult{{Name: "kv", Text: "a key-value store instead of SQL",
			Capacity: capacity(221, 238, 8*time.Millisecond, "web", "cpu", 120, 200, 221, 238),
			Latency:  common(id, 17*time.Millisecond, 0.5, 0)}},
		Word: bench.Fail, Startup: 910 * time.Millisecond, Processes: 6, ProcessCPU: 4900 * time.Millisecond,
		Memory: 171 << 20,
		Verdicts: []bench.Verdict{
			verdict("tiers-stop-fighting", "Two machines carry more than one.", bench.Unknown,
				"capacity_per_s is 238 to 255, capacity of the stage before 215 to 230: the brackets are too near to tell 10%"),
			verdict("kv-is-faster", "Reads by key are faster from the key-value store.", bench.Fail,
				"kv.user.p50_ns is 13.4 ms, must be below 0.9 * 14.0 ms")},
		Facts: []bench.Fact{{Name: "kv-orders.p50_ns", Value: 31e6, From: "600 requests at 60/s"},
			{Name: "kv-orders.statements", Value: 7, From: "per request"}},
	}
	s.Common.Warnings = []string{"2 of 3 000 requests went over a connection that the server had closed"}
	estimates(&s, 250, 15*time.Millisecond, demand("web", "cpu", 2, 7.4), demand("db", "disk", 1, 2.1))
	return s
}

func stage03() bench.StageResult {
	id := "03-scale-up"
	s := bench.StageResult{
		Stage: bench.Stage{ID: id, Title: "Bigger machines", Adds: "four times the CPU slots on the same two nodes",
			Previous: "02-separate-database", Topology: topology03(), PricePerHour: 0.768},
		Common:   common(id, 11*time.Millisecond, 0.66, 2),
		Capacity: capacity(402, 430, 7*time.Millisecond, "db", "disk", 150, 250, 350, 402, 430, 520),
		Kills: []bench.KillRow{kill(id, "web", 1, 0, 300*time.Millisecond),
			kill(id, "db", 0.83, 0, 700*time.Millisecond)},
		Word: bench.Fail, Startup: 930 * time.Millisecond, Processes: 6, ProcessCPU: 4800 * time.Millisecond,
		Memory: 173 << 20,
		Verdicts: []bench.Verdict{verdict("grows-until-ceiling",
			"Capacity grows with the machine, less than in proportion.", bench.Pass,
			"capacity_per_s is 402, over 1.3 * 238 and below 4 * 238")},
	}
	estimates(&s, 452, 7*time.Millisecond, demand("db", "disk", 1, 2.1), demand("web", "cpu", 8, 7.4))
	s.Kills[1].Happened = false
	s.Kills[1].Doubt = "the process was still alive 2 s after the kill"
	return s
}

func stage04() bench.StageResult {
	id := "04-load-balancer"
	s := bench.StageResult{
		Stage: bench.Stage{ID: id, Title: "Load balancer", Adds: "a balancer in public, three web servers behind it",
			Previous: "03-scale-up", Compare: "02-separate-database", Topology: topology04(), PricePerHour: 0.408,
			Periods: []bench.Period{{Name: "health check interval", Published: 5 * time.Second,
				Scaled: 250 * time.Millisecond, Source: "default of a common balancer"}},
			Experiments: []bench.Experiment{{Name: "direct", Kind: bench.ExperimentDirect, Role: "web-1"},
				{Name: "limit", Kind: bench.ExperimentLimit, Rate: 400}}},
		Common:   common(id, 12500*time.Microsecond, 0.55, 0),
		Capacity: capacity(420, 446, 8*time.Millisecond, "db", "disk", 150, 250, 350, 400, 420, 446, 540),
		Kills: []bench.KillRow{kill(id, "balancer", 1, 0, 250*time.Millisecond),
			kill(id, "web-1", 0.06, 520*time.Millisecond, 80*time.Millisecond),
			kill(id, "web-2", 0, 0, 0),
			kill(id, "db", 0.83, 0, 700*time.Millisecond)},
		Word: bench.Unknown, Startup: 1200 * time.Millisecond, Processes: 9,
		ProcessCPU: 6300 * time.Millisecond, Memory: 262 << 20,
		Verdicts: []bench.Verdict{
			verdict("survives-a-web-server", "Losing a web server costs little availability.", bench.Pass,
				"kill.web-1.availability_while_down_ratio is 99.2%, above 95%"),
			verdict("third-server-helps", "A third server raises capacity until the database is the limit.",
				bench.Unknown,
				"the generator was near its ceiling at 446/s")},
		Facts: []bench.Fact{{Name: "direct.refused_ratio", Value: 1, From: "20 connections to web-1"},
			{Name: "limit.refused", Value: 1840, From: "400/s from one address",
				Doubt: "the clock was late by 12 ms in one second"}},
		Warnings: []string{"web-2 answered no health check for 300 ms while web-1 restarted"},
	}
	s.Capacity.Probes[6].Word, s.Capacity.Probes[6].Why = bench.Unknown, "the generator was the limit"
	s.Kills[1].LoggedOut = 31
	s.Kills[3].Ledger.Lost = 0
	s.Kills[3].Ledger.Checked, s.Kills[3].Ledger.Why = false, "the store answered no read for 10 s"
	estimates(&s, 455, 12*time.Millisecond, demand("db", "disk", 1, 2.1), demand("web", "cpu", 6, 7.4))
	return s
}
