package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// needs is what an experiment of a kind must say.
type needs struct {
	rate, nodes, role bool
	methods           []string
	// topology says what the topology lacks for it; empty when nothing.
	topology func(targets.Topology) string
}

// experimentNeeds is by kind; a kind that is not here needs nothing.
func experimentNeeds(kind bench.ExperimentKind) needs {
	switch kind {
	case bench.ExperimentDirect:
		return needs{role: true}
	case bench.ExperimentLatency, bench.ExperimentLoad, bench.ExperimentLimit:
		return needs{rate: true}
	case bench.ExperimentKill:
		return needs{nodes: true, methods: []string{"", bench.MethodLinks, bench.MethodPowerCut}}
	case bench.ExperimentDrain:
		return needs{rate: true, topology: lacksQueue}
	case bench.ExperimentHeal:
		return needs{nodes: true, topology: lacksSupervisor}
	case bench.ExperimentDeploy:
		return needs{nodes: true}
	case bench.ExperimentTrace:
		return needs{topology: lacksLogs}
	case bench.ExperimentReshard:
		return needs{rate: true, topology: lacksSpare}
	case bench.ExperimentPlacement:
		return needs{topology: lacksShards}
	case bench.ExperimentFailover:
		return needs{rate: true, topology: lacksReplication}
	case bench.ExperimentFreshness:
		return needs{rate: true}
	case bench.ExperimentHits, bench.ExperimentStampede:
		return needs{rate: true, topology: lacksCache}
	case bench.ExperimentPublish:
		return needs{methods: []string{"ttl", "purge", "versioned"}}
	case bench.ExperimentTamper:
		return needs{methods: []string{"tampered", "expired"}}
	case bench.ExperimentAutoscale:
		return needs{rate: true, topology: lacksAutoscale}
	}
	return needs{}
}

func lacksReplication(t targets.Topology) string {
	for _, r := range t.RolesOf(targets.KindDatabase) {
		if r.Database != nil && r.Database.Replication != nil {
			return ""
		}
	}
	return "a replicated database"
}

func lacksCache(t targets.Topology) string {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web != nil && r.Web.Cache != nil {
			return ""
		}
	}
	return "web servers with a cache"
}

func lacksAutoscale(t targets.Topology) string {
	if t.Autoscale == nil {
		return "autoscale"
	}
	return ""
}

func lacksQueue(t targets.Topology) string {
	if len(t.RolesOf(targets.KindQueue)) == 0 || len(t.RolesOf(targets.KindWorker)) == 0 {
		return "a queue and workers"
	}
	return ""
}

func lacksSupervisor(t targets.Topology) string {
	if t.Supervisor == nil {
		return "a supervisor"
	}
	return ""
}

func lacksLogs(t targets.Topology) string {
	if t.Telemetry == nil || t.Telemetry.Logs == "" {
		return "telemetry whose logs are gathered"
	}
	return ""
}

// shardingOf is the sharding of the first web server that has one.
func shardingOf(t targets.Topology) *targets.Sharding {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web != nil && r.Web.Sharding != nil {
			return r.Web.Sharding
		}
	}
	return nil
}

func lacksShards(t targets.Topology) string {
	if shardingOf(t) == nil {
		return "sharding"
	}
	return ""
}

func lacksSpare(t targets.Topology) string {
	if s := shardingOf(t); s == nil || len(s.Spare) == 0 {
		return "spare shards"
	}
	return ""
}

func (c *stageCheck) experiment(at string, e bench.Experiment) {
	if !slices.Contains(bench.ExperimentKinds(), e.Kind) {
		c.bad(at+".kind", fmt.Sprintf("%q is not a kind", e.Kind), list(bench.ExperimentKinds()))
	}
	topology, variants := c.stage.Topology, []string{}
	for _, v := range c.stage.Variants {
		variants = append(variants, v.Name)
		if v.Name == e.Variant {
			topology = v.Topology
		}
	}
	if e.Variant != "" && !slices.Contains(variants, e.Variant) {
		c.bad(at+".variant", fmt.Sprintf("there is no variant %q", e.Variant), list(variants))
	}
	need := experimentNeeds(e.Kind)
	if _, _, ok := topology.Role(e.Role); !ok && (e.Role != "" || need.role) {
		c.bad(at+".role", fmt.Sprintf("there is no role %q", e.Role), "a role of this stage")
	}
	if e.Rate < 0 || e.Rate > 100_000 || (need.rate && e.Rate == 0) {
		c.bad(at+".rate", fmt.Sprintf("is %v", e.Rate), "more than 0, at most 100000 per second")
	}
	if e.Kind == bench.ExperimentAutoscale && (e.Peak < e.Rate || e.Peak > 100_000) {
		c.bad(at+".peak", fmt.Sprintf("is %v", e.Peak), "the rate or more, at most 100000 per second")
	}
	if need.methods != nil && !slices.Contains(need.methods, e.Method) {
		c.bad(at+".method", fmt.Sprintf("%q is not a method", e.Method), list(need.methods))
	}
	if need.topology != nil {
		if lacks := need.topology(topology); lacks != "" {
			c.bad(at+".kind", fmt.Sprintf("%s needs a topology with %s", e.Kind, lacks), "")
		}
	}
	c.lists(at, e, topology, need)
	c.bounds(at, e)
	c.profiles(at, e.Profiles)
}

// lists checks the names that an experiment lists.
func (c *stageCheck) lists(at string, e bench.Experiment, t targets.Topology, need needs) {
	for j, op := range e.Operations {
		if !slices.Contains(targets.Operations(), op) {
			c.bad(fmt.Sprintf("%s.operations[%d]", at, j), fmt.Sprintf("%q is not an operation", op), list(targets.Operations()))
		}
	}
	for j, r := range e.Regions {
		if _, ok := t.Region(r); !ok {
			c.bad(fmt.Sprintf("%s.regions[%d]", at, j), fmt.Sprintf("there is no region %q", r), "a region of this stage")
		}
	}
	for j, n := range e.Nodes {
		if _, ok := t.Node(n); !ok {
			c.bad(fmt.Sprintf("%s.nodes[%d]", at, j), fmt.Sprintf("there is no node %q", n), "allowed is "+strings.Join(c.nodes(), ", "))
		}
	}
	if e.DataCenter != "" && len(t.NodesIn(e.DataCenter)) == 0 {
		c.bad(at+".datacenter", fmt.Sprintf("there is no data centre %q", e.DataCenter), list(t.DataCenters()))
	}
	if need.nodes && (len(e.Nodes) == 0) == (e.DataCenter == "") {
		c.bad(at+".nodes", fmt.Sprintf("there are %d, and data centre %q", len(e.Nodes), e.DataCenter), "at least one node, or a data centre")
	}
	if e.Method == bench.MethodLinks && e.DataCenter == "" {
		c.bad(at+".method", "links of no data centre", "a data centre")
	}
}

// bounds checks the numbers of an experiment.
func (c *stageCheck) bounds(at string, e bench.Experiment) {
	for _, row := range []struct {
		field            string
		value, low, high time.Duration
	}{
		{"down", e.Down, 0, time.Minute}, {"length", e.Length, 0, 10 * time.Minute}, {"slow", e.Slow, 0, 5 * time.Second},
	} {
		if row.value < row.low || row.value > row.high {
			c.bad(at+"."+row.field, fmt.Sprintf("is %v", row.value), fmt.Sprintf("%v to %v", row.low, row.high))
		}
	}
	if e.Kind == bench.ExperimentKill && e.Down < 100*time.Millisecond {
		c.bad(at+".down", fmt.Sprintf("is %v after the time scale", e.Down), "100ms to 1m")
	}
	if e.Count < 0 || e.Count > 10_000 {
		c.bad(at+".count", fmt.Sprintf("is %d", e.Count), "0 (the kind's own) to 10000")
	}
	if h := e.Hot; h.User < 0 || !(h.Ratio >= 0 && h.Ratio < 1) || (h.User == 0) != (h.Ratio == 0) {
		c.bad(at+".hot", fmt.Sprintf("is user %d with %v", h.User, h.Ratio), "a user, and a share above 0% and below 100%")
	}
	for i, v := range e.Values {
		if v < 1 || v > 10_000 || i >= 20 {
			c.bad(fmt.Sprintf("%s.values[%d]", at, i), fmt.Sprintf("is %d", v), "1 to 10000, at most 20 of them")
		}
	}
	if e.Exponent < 0 || e.Exponent > 5 {
		c.bad(at+".zipf_exponent", fmt.Sprintf("is %v", e.Exponent), "0 (the workload's) to 5")
	}
}
