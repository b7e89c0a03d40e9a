package reportstest

import (
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// parts adds the four parts of a recovery to a row.
func parts(row bench.KillRow, detection, decision, promotion, convergence time.Duration) bench.KillRow {
	row.Recovery.Detection, row.Recovery.Decision = ptr(detection), ptr(decision)
	if promotion > 0 {
		row.Recovery.Promotion, row.Recovery.Convergence = ptr(promotion), ptr(convergence)
	}
	return row
}

// grown is the common part of the stages from 05 on.
func grown(id, title, adds, previous string, t targets.Topology, median time.Duration, passed float64) bench.StageResult {
	failing := math.Round(passed * 1.06)
	return bench.StageResult{
		Stage: bench.Stage{ID: id, Title: title, Adds: adds, Previous: previous, Topology: t,
			PricePerHour: 0.1 * float64(len(t.Nodes)-4)},
		Common: common(id, median, 0.55, 0),
		Capacity: capacity(passed, failing, 8*time.Millisecond, "web-1", "cpu", passed/3, passed/2, passed*0.9, passed,
			failing, passed*1.25),
		Word: bench.Pass, Startup: 1400 * time.Millisecond, Processes: len(t.Nodes), ProcessCPU: 7 * time.Second,
		Memory: int64(len(t.Nodes)) * 24 << 20}
}

func stage05() bench.StageResult {
	id := "05-database-replication"
	s := grown(id, "Primary and read replicas", "two replicas that answer reads, and take over when the primary dies",
		"04-load-balancer", topology05(), 12*time.Millisecond, 700)
	s.Stage.Periods = []bench.Period{
		{Name: "lease of the primary", Published: 30 * time.Second, Scaled: 1500 * time.Millisecond, Source: "default of a common failover manager"},
		{Name: "heartbeat", Published: 10 * time.Second, Scaled: 500 * time.Millisecond, Source: "default of a common failover manager"}}
	s.Stage.Experiments = []bench.Experiment{{Name: "fresh", Kind: bench.ExperimentFreshness, Rate: 20},
		{Name: "async", Kind: bench.ExperimentFailover, Rate: 60, Count: 2}}
	first := parts(kill(id, "db-1", 0.4, 1600*time.Millisecond, 700*time.Millisecond), 1540*time.Millisecond,
		212*time.Millisecond, 31*time.Millisecond, 405*time.Millisecond)
	first.Ledger.Lost = 3
	replica := parts(kill(id, "db-3", 0, 0, 0), 310*time.Millisecond, 2*time.Millisecond, 0, 0)
	replica.Recovery.Seeded = ptr(840 * time.Millisecond)
	s.Kills = []bench.KillRow{kill(id, "balancer", 1, 0, 250*time.Millisecond), first, replica}
	s.Figures = replicationFigures()
	s.Facts = []bench.Fact{{Name: "fresh.stale_ratio", Value: 0.021, From: "480 reads of 20 users"},
		{Name: "async.lost_count", Value: 11, From: "2 kills of the primary"}}
	estimates(&s, 760, 11*time.Millisecond, demand("web", "cpu", 6, 7.4), demand("db", "disk", 3, 2.1))
	return s
}

func stage06() bench.StageResult {
	id := "06-cache"
	s := grown(id, "Cache", "a tier of two caches that reads go through", "05-database-replication", topology06(),
		8*time.Millisecond, 760)
	lone := kill(id, "lone-cache", 0.2, 0, 900*time.Millisecond)
	lone.Nodes, lone.Variant = []string{"cache-1"}, "lone"
	s.Kills = []bench.KillRow{parts(kill(id, "cache-1", 0, 0, 0), 12*time.Millisecond, time.Millisecond, 0, 0), lone}
	s.Figures = cacheFigures()
	s.Facts = []bench.Fact{{Name: "stale.stale_ratio", Value: 0.0004, From: "5 000 reads of 20 users"},
		{Name: "common.cache.hit_ratio", Value: 0.871, From: "counters of the cache tier"}}
	s.Common.Breakdown = sliced(s.Common.Breakdown, []string{"late", "db-queue", "web-queue", "db-work", "cache-conn",
		"lb-queue", "lb-cpu", "cache-work", "cache-net", "web-cpu", "rest"})
	estimates(&s, 800, 8*time.Millisecond, demand("web", "cpu", 6, 7.4), demand("cache", "cpu", 4, 0.1))
	return s
}

func stage07() bench.StageResult {
	id := "07-cdn"
	s := grown(id, "Content delivery network", "an edge in each of three regions, in front of the static files", "06-cache",
		topology07(), 30*time.Millisecond, 780)
	for _, operation := range []string{"user", "asset"} {
		for _, region := range []string{"us", "eu", "asia"} {
			median := 8*time.Millisecond + 2*regions()[region]
			if operation == "asset" {
				median = 12 * time.Millisecond
			}
			t := tally(region+"/"+operation, 1200, 0, median, 0.3)
			t.Response.Curve, t.Service.Curve, t.Lateness.Curve, t.Failures.Curve = nil, nil, nil, nil
			s.Common.Regions = append(s.Common.Regions, t)
		}
	}
	s.Kills = []bench.KillRow{parts(kill(id, "edge-eu", 0.1, 1200*time.Millisecond, 300*time.Millisecond),
		980*time.Millisecond, 20*time.Millisecond, 5*time.Millisecond, 1010*time.Millisecond)}
	s.Figures = cdnFigures()
	s.Facts = []bench.Fact{{Name: "common.cache.hit_ratio", Value: 0.869, From: "counters of the cache tier",
		Doubt: "one cache restarted"}}
	s.Common.Breakdown = sliced(s.Common.Breakdown, []string{"rest", "vol-work", "sess-net", "edge-queue", "edge-cpu",
		"origin", "web-cpu", "db-work", "mystery", "late", "sess-wait"})
	estimates(&s, 800, 29*time.Millisecond, demand("web", "cpu", 6, 7.4), demand("edge", "cpu", 6, 0.2))
	return s
}

func stage08() bench.StageResult {
	id := "08-stateless-web"
	s := grown(id, "Stateless web tier", "sessions leave the web servers, which then come and go with the load", "07-cdn",
		topology08(), 30*time.Millisecond, 790)
	s.Kills = []bench.KillRow{kill(id, "web-1", 0.02, 500*time.Millisecond, 80*time.Millisecond)}
	s.Figures = sessionFigures()
	estimates(&s, 800, 29*time.Millisecond, demand("web", "cpu", 6, 7.4), demand("files", "disk", 1, 1))
	return s
}

// sliced gives the breakdowns other parts: the shares fall from one to the
// next, so that each is seen.
func sliced(in []bench.Breakdown, names []string) []bench.Breakdown {
	var out []bench.Breakdown
	for _, b := range in {
		b.Parts = nil
		total := float64(len(names)*(len(names)+1)) / 2
		for i, name := range names {
			b.Parts = append(b.Parts, bench.Part{Name: name,
				Time: time.Duration(float64(b.Response) * float64(len(names)-i) / total)})
		}
		out = append(out, b)
	}
	return out
}
