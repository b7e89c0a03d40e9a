package reportstest

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// centre makes a row that of a whole data centre.
func centre(row bench.KillRow, t targets.Topology) bench.KillRow {
	row.Nodes = t.NodesIn(row.Node)
	row.Fault.Node = row.Nodes[0]
	return row
}

// photos adds what the ledger of photos found to a row.
func photos(row bench.KillRow, lost, twice uint64) bench.KillRow {
	row.Photos = &bench.Audit{Attempted: 61, Acknowledged: 58, Lost: lost, Duplicated: twice, Checked: true}
	return row
}

// killed states a kill of a stage's matrix, with the facts that claims name.
func killed(s *bench.StageResult, planned bench.Kill, row bench.KillRow) {
	s.Stage.Kills = append(s.Stage.Kills, planned)
	s.Kills = append(s.Kills, row)
	from := "attack around the kill of " + row.Node
	s.Facts = append(s.Facts, bench.Fact{Name: "kill." + row.Node + ".availability_ratio", Value: row.Availability, From: from},
		bench.Fact{Name: "kill." + row.Node + ".logged_out_count", Value: float64(row.LoggedOut), From: from},
		bench.Fact{Name: "kill." + row.Node + ".lost_count", Value: float64(row.Ledger.Lost), From: from})
}

// claimed states a claim and what became of it.
func claimed(s *bench.StageResult, id, text string, word bench.Word, evidence string, checks ...string) {
	s.Stage.Claims = append(s.Stage.Claims, bench.Claim{ID: id, Text: text, Checks: checks})
	s.Verdicts = append(s.Verdicts, verdict(id, text, word, evidence))
}

func stage09() bench.StageResult {
	id := "09-multi-datacenter"
	t := topology09()
	s := grown(id, "Two data centres", "a second data centre with every tier", "08-stateless-web", t, 24*time.Millisecond, 810)
	lost := centre(kill(id, "us", 0.19, 2100*time.Millisecond, 1800*time.Millisecond), t)
	lost.Ledger.Lost, lost.LoggedOut = 2, 0
	killed(&s, bench.Kill{DataCenter: "us", Down: outage}, lost)
	cut := centre(kill(id, "us", 0.12, 2*time.Second, 1900*time.Millisecond), t)
	cut.Node, cut.Variant, cut.Fault.Kind = "sync-cut", "sync", targets.FaultCut
	s.Kills = append(s.Kills, cut)
	s.Stage.Experiments = []bench.Experiment{{Name: "sync-cut", Kind: bench.ExperimentKill, Variant: "sync", DataCenter: "us",
		Method: bench.MethodLinks, Rate: 60}}
	s.Facts = append(s.Facts, bench.Fact{Name: "common.cache.hit_ratio", Value: 0.342, From: "counters of the cache tiers"})
	estimates(&s, 830, 24*time.Millisecond, demand("web-us", "cpu", 4, 7.4), demand("db-us", "disk", 1, 2.5))
	return s
}

func stage10() bench.StageResult {
	id := "10-message-queue"
	s := grown(id, "Message queue", "a durable queue, and workers that take photos out of it", "09-multi-datacenter", topology10(),
		9*time.Millisecond, 1210)
	s.Stage.Compare = "08-stateless-web"
	killed(&s, bench.Kill{Node: "web-1", Down: outage}, photos(kill(id, "web-1", 0, 0, 0), 0, 0))
	killed(&s, bench.Kill{Node: "queue", Down: outage}, photos(kill(id, "queue", 0.03, 0, 300*time.Millisecond), 0, 0))
	cut := photos(kill(id, "unsynced-cut", 0.03, 0, 300*time.Millisecond), 7, 0)
	cut.Nodes, cut.Variant = []string{"queue"}, "unsynced"
	naive := photos(kill(id, "naive", 0, 0, 0), 0, 4)
	naive.Nodes, naive.Variant = []string{"worker-1"}, "naive"
	unread := kill(id, "unread", 0, 0, 0)
	unread.Nodes, unread.Variant, unread.Photos = []string{"queue"}, "naive", &bench.Audit{Why: "the queues were not empty after 40 s"}
	s.Kills = append(s.Kills, cut, naive, unread)
	s.Stage.Experiments = []bench.Experiment{{Name: "unsynced-cut", Kind: bench.ExperimentKill, Variant: "unsynced",
		Nodes: []string{"queue"}, Method: bench.MethodPowerCut, Rate: 60}, {Name: "drain-2", Kind: bench.ExperimentDrain, Rate: 30, Count: 2}}
	s.Figures = []bench.Figure{backlog()}
	s.Facts = append(s.Facts, bench.Fact{Name: "drain-2.drain_ns", Value: 6.1e9, From: "the queue, sampled 180 times"})
	estimates(&s, 1250, 8*time.Millisecond, demand("web", "cpu", 6, 3.4), demand("db", "disk", 3, 2.1))
	return s
}

func stage11() bench.StageResult {
	id := "11-observability"
	s := grown(id, "Logs, metrics, automation", "metrics, logs in one place, and a supervisor that replaces dead nodes",
		"10-message-queue", topology11(), 9*time.Millisecond, 1190)
	killed(&s, bench.Kill{Node: "web-1", Down: outage}, photos(kill(id, "web-1", 0, 0, 0), 0, 0))
	killed(&s, bench.Kill{Node: "monitor", Down: outage}, photos(kill(id, "monitor", 0, 0, 0), 0, 0))
	s.Stage.Experiments = []bench.Experiment{{Name: "healed", Kind: bench.ExperimentHeal, Nodes: []string{"web-1"}},
		{Name: "rolled", Kind: bench.ExperimentDeploy, Nodes: numbered("web", 3)}}
	s.Figures = []bench.Figure{
		events("healed", "A dead node is replaced without a person", 12, bench.Band{Label: "dead, not yet noticed",
			From: 2 * time.Second, To: 3600 * time.Millisecond}, bench.Band{Label: "being replaced", From: 3600 * time.Millisecond, To: 4100 * time.Millisecond}),
		events("rolled", "A new version on one server after another", 12, bench.Band{Label: "web-1", From: 2 * time.Second, To: 2900 * time.Millisecond},
			bench.Band{Label: "web-2", From: 2900 * time.Millisecond, To: 3700 * time.Millisecond},
			bench.Band{Label: "web-3", From: 3700 * time.Millisecond, To: 4600 * time.Millisecond})}
	s.Facts = append(s.Facts, bench.Fact{Name: "healed.replaced_count", Value: 1, From: "the supervisor's events"})
	estimates(&s, 1250, 8*time.Millisecond, demand("web", "cpu", 6, 3.4), demand("db", "disk", 3, 2.1))
	return s
}

func stage12() bench.StageResult {
	id := "12-sharding"
	s := grown(id, "Sharding", "four shards in place of one database", "11-observability", topology12(), 11*time.Millisecond, 1300)
	s.Stage.Compare = "08-stateless-web"
	killed(&s, bench.Kill{Node: "web-1", Down: outage}, kill(id, "web-1", 0, 0, 0))
	killed(&s, bench.Kill{Node: "db-a-1", Down: outage}, parts(kill(id, "db-a-1", 0.08, 1500*time.Millisecond, 100*time.Millisecond),
		1490*time.Millisecond, 30*time.Millisecond, 12*time.Millisecond, 40*time.Millisecond))
	s.Stage.Experiments = []bench.Experiment{{Name: "ring", Kind: bench.ExperimentReshard, Rate: 60}}
	s.Figures = []bench.Figure{events("ring", "Users move to a new shard while the load goes on", 20,
		bench.Band{Label: "1 716 users move", From: 2 * time.Second, To: 7 * time.Second})}
	s.Facts = append(s.Facts, bench.Fact{Name: "ring.moved_ratio", Value: 0.1998, From: "the move of 1 716 users"},
		bench.Fact{Name: "common.hottest_shard_ratio", Value: 0.31, From: "counters of the shards"})
	estimates(&s, 1350, 10*time.Millisecond, demand("web", "cpu", 6, 3.4), demand("db-a", "disk", 1, 0.8))
	return s
}

func stage13() bench.StageResult {
	id := "13-sharded-multi-dc"
	t := topology13()
	s := grown(id, "All together", "everything at once, in two data centres", "12-sharding", t, 22*time.Millisecond, 2450)
	for _, name := range []string{"lb-us-1", "web-us-1", "cache-us-1", "queue-us", "worker-us-1", "edge-us", "resolver", "root",
		"tld", "authority", "monitor"} {
		killed(&s, bench.Kill{Node: name, Down: outage}, photos(kill(id, name, 0, 0, 0), 0, 0))
	}
	killed(&s, bench.Kill{Node: "db-a-us", Down: outage}, photos(parts(kill(id, "db-a-us", 0.02, 1500*time.Millisecond, 100*time.Millisecond),
		1480*time.Millisecond, 45*time.Millisecond, 16*time.Millisecond, 80*time.Millisecond), 0, 0))
	for _, dc := range []string{"us", "eu"} {
		killed(&s, bench.Kill{DataCenter: dc, Down: outage}, photos(centre(kill(id, dc, 0.03, 800*time.Millisecond, 300*time.Millisecond), t), 0, 0))
	}
	claimed(&s, "13-no-single-point", "No single point of failure is left.", bench.Pass, "kill.us.availability_ratio (99.4%) >= 99%",
		"kill.us.availability_ratio >= 99%")
	claimed(&s, "13-stateless-web", "Principle 1: the web tier is stateless; no user is logged out, whatever is killed.", bench.Pass,
		"kill.web-us-1.logged_out_count (0) == 0", "kill.web-us-1.logged_out_count == 0", "kill.us.logged_out_count == 0")
	claimed(&s, "13-cache", "Principle 3: caches answer what they can.", bench.Fail, "common.cache.hit_ratio (28.1%) is not >= 30%",
		"common.cache.hit_ratio >= 30%")
	claimed(&s, "13-shards", "Principle 6: the data tier is sharded; both shards do a part of the work.", bench.Unknown,
		"common.hottest_shard_ratio was not measured", "common.hottest_shard_ratio <= 75%")
	claimed(&s, "13-automation", "Principle 8: the site is watched; a dead server is replaced without a person.", bench.Pass,
		"healed.replaced_count (1) == 1", "healed.replaced_count == 1")
	s.Facts = append(s.Facts, bench.Fact{Name: "common.cache.hit_ratio", Value: 0.281, From: "counters of the cache tiers"},
		bench.Fact{Name: "healed.replaced_count", Value: 1, From: "the supervisor's events"})
	estimates(&s, 2500, 22*time.Millisecond, demand("web-us", "cpu", 6, 3.4), demand("db-a", "disk", 1, 0.8))
	s.Word = bench.Fail
	return s
}

// backlog is a queue that fills and drains, beside a fluid.
func backlog() bench.Figure {
	measured, fluid := bench.Series{Name: "measured", Mark: bench.MarkLine}, bench.Series{Name: "fluid model", Mark: bench.MarkLine, Predicted: true}
	for i := range 40 {
		x := float64(i) * 0.25e9
		measured.Points = append(measured.Points, at(x, math.Round(math.Max(0, math.Min(30*x/1e9, 90-18*(x/1e9-3))))))
	}
	fluid.Points = []bench.FigurePoint{at(0, 0), at(3e9, 90), at(8e9, 0)}
	return bench.Figure{ID: "drain-2", Title: "Backlog of the queue, two workers", How: "Messages pile up while no worker works.",
		X: bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "messages in the queue", Unit: bench.UnitCount},
		Series: []bench.Series{measured, fluid}}
}

// events is a load on which something is done: answers and failures of each
// fifth of a second, with bands.
func events(id, title string, slices int, bands ...bench.Band) bench.Figure {
	answered, failed := bench.Series{Name: "answered", Mark: bench.MarkStep}, bench.Series{Name: "failed", Mark: bench.MarkStep}
	tail := bench.Series{Name: "p99", Mark: bench.MarkLine, Second: true}
	for i := range slices {
		x := float64(i) * 5e8
		answered.Points = append(answered.Points, at(x, 148+float64(i*7%11)))
		failed.Points = append(failed.Points, at(x, 0))
		tail.Points = append(tail.Points, at(x, 2e7*(1+float64(i%3))))
	}
	return bench.Figure{ID: id, Title: fmt.Sprintf("%s, %s", title, id), How: "Answers and failures of each half second, p99 on the right.",
		X: bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "requests per second", Unit: bench.UnitPerS},
		Second: bench.Axis{Label: "p99", Unit: bench.UnitNs, Log: true}, Series: []bench.Series{answered, failed, tail}, Bands: bands}
}
