package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rung/bench"
	"rung/targets"
)

// linear names the model of what was not measured.
const linear = "utilisation law: demands per request stay, nodes do not get into each other's way"

// sized answers for one stage.
func sized(d Demand, r bench.StageResult) Stage {
	s := Stage{ID: r.Stage.ID}
	var at bench.Probe
	if at, s.Doubt, s.Why = measured(r); s.Why != "" {
		return s
	}
	s.At = at.Rate
	s.Capacity, s.AtLeast = capacity(r)
	groups := divide(r.Stage.Topology, at.Uses)
	s.Carries = true
	for _, g := range groups {
		if !g.grows {
			if l := g.limit(d, at.Rate); s.Next.Rate == 0 || l.Rate < s.Next.Rate {
				s.Next = l
			}
			continue
		}
		u := g.unit(d, at.Rate)
		s.Extrapolated = s.Extrapolated || u.Point > u.Measured
		s.Units = append(s.Units, u)
	}
	if s.Next.Rate > 0 && s.Next.Rate < d.Peak.Point {
		s.Carries = false
	}
	s.Extrapolated = s.Extrapolated || s.Capacity < d.Peak.Point
	if s.Extrapolated {
		s.Model = linear
	}
	return s
}

// measured is the highest probe that met the SLO; without one, the highest that
// did not count, with its doubt.
func measured(r bench.StageResult) (at bench.Probe, doubt, why string) {
	if r.Capacity == nil {
		return at, "", "its capacity was not measured"
	}
	for _, p := range r.Capacity.Probes {
		if p.Word == bench.Pass && p.Rate > at.Rate && len(p.Uses) > 0 {
			at = p
		}
	}
	if at.Rate > 0 {
		return at, "", ""
	}
	for _, p := range r.Capacity.Probes {
		if p.Word == bench.Unknown && p.Rate > at.Rate && len(p.Uses) > 0 {
			at, doubt = p, p.Why
		}
	}
	if at.Rate == 0 {
		return at, "", "no probe of its capacity met the SLO"
	}
	return at, doubt, ""
}

func capacity(r bench.StageResult) (rate float64, atLeast bool) {
	return r.Capacity.Passed, r.Capacity.Failed == 0 || r.Capacity.Doubt != ""
}

// group is the nodes that are multiplied together, or cannot be.
type group struct {
	name  string
	grows bool
	cure  string
	// members are the nodes by unit: one of each for web servers, all of a
	// shard's.
	units map[string][]bench.Use
}

// divide sorts the nodes of a topology into groups, in the order in which they
// first appear.
func divide(t targets.Topology, uses []bench.Use) []*group {
	var out []*group
	find := func(name string, grows bool, cure string) *group {
		for _, g := range out {
			if g.name == name && g.grows == grows {
				return g
			}
		}
		g := &group{name: name, grows: grows, cure: cure, units: map[string][]bench.Use{}}
		out = append(out, g)
		return g
	}
	shards := shardOf(t)
	balanced := len(t.RolesOf(targets.KindBalancer)) > 0
	for _, n := range t.Nodes {
		var of []bench.Use
		for _, u := range uses {
			if u.Node == n.Name {
				of = append(of, u)
			}
		}
		if len(of) == 0 {
			continue
		}
		name, grows, cure := kindOf(n, balanced, shards)
		unit := n.Name
		if name == shardUnit {
			unit = shards[n.Name]
		}
		g := find(name, grows, cure)
		g.units[unit] = append(g.units[unit], of...)
	}
	for _, g := range out {
		g.dropIdle()
	}
	return slices.DeleteFunc(out, func(g *group) bool { return len(g.units) == 0 })
}

// shardUnit is the name of the units that hold data.
const shardUnit = "shard"

// kindOf says whether more nodes like this one carry more, and what moves the
// limit that it is when not.
func kindOf(n targets.Node, balanced bool, shards map[string]string) (name string, grows bool, cure string) {
	kinds := map[targets.Kind]bool{}
	replicated := false
	for _, r := range n.Roles {
		kinds[r.Kind] = true
		replicated = replicated || r.Database != nil && r.Database.Replication != nil
	}
	name = targets.Group(n.Name)
	store := kinds[targets.KindDatabase] || kinds[targets.KindKeyValue]
	switch {
	case store && shards[n.Name] != "":
		return shardUnit, true, ""
	case store && kinds[targets.KindWeb]:
		return n.Name, false, "put the tiers on machines of their own"
	case store && replicated:
		return n.Name, false, "more replicas for reads, shards for writes: each member applies every write"
	case store:
		return n.Name, false, "replicas for reads, shards for writes"
	case kinds[targets.KindBalancer]:
		return n.Name, false, "more balancers, between which DNS chooses"
	case kinds[targets.KindWeb] && !balanced:
		return n.Name, false, "a balancer in front of several web servers"
	case kinds[targets.KindWeb], kinds[targets.KindCache], kinds[targets.KindWorker], kinds[targets.KindEdge]:
		return name, true, ""
	case kinds[targets.KindQueue]:
		return n.Name, false, "a queue for each part of the work"
	}
	return n.Name, false, ""
}

// shardOf names the shard of every node that holds one's data.
func shardOf(t targets.Topology) map[string]string {
	out := map[string]string{}
	for _, web := range t.RolesOf(targets.KindWeb) {
		if web.Web == nil || web.Web.Sharding == nil { // a run may come from anywhere
			continue
		}
		for _, s := range web.Web.Sharding.All() {
			for _, n := range t.Nodes {
				for _, r := range n.Roles {
					if slices.Contains(s.Members, r.Name) {
						out[n.Name] = s.Name
					}
				}
			}
		}
	}
	return out
}

// dropIdle leaves out units that had nothing to do: spare shards, balancers
// that stand by.
func (g *group) dropIdle() {
	for name, uses := range g.units {
		if !slices.ContainsFunc(uses, func(u bench.Use) bool { return u.Ratio > 0 }) {
			delete(g.units, name)
		}
	}
}

// limit is the busiest resource of nodes that are as many as they are.
func (g *group) limit(d Demand, rate float64) Limit {
	l := Limit{Cure: g.cure, Most: d.Use}
	for _, uses := range g.units {
		for _, u := range uses {
			if u.Ratio > l.Use || u.Ratio == l.Use && u.Node < l.Node {
				l.Node, l.Resource, l.Use = u.Node, u.Resource, u.Ratio
			}
		}
	}
	if l.Use > 0 {
		l.Rate = rate * d.Use / l.Use
	}
	return l
}

// spare units where there are several: one may fail.
const spare = 2

// unit is how many units of a group the peak takes. The busiest member of a
// unit decides for it, and the mean over the units for the group: by how much
// the busiest unit is above it is a factor on top, since more units share work
// no more evenly.
func (g *group) unit(d Demand, rate float64) Unit {
	type sum struct{ total, most float64 }
	sums := map[string]*sum{}
	nodes := 0
	for _, uses := range g.units {
		most := map[string]float64{}
		seen := map[string]bool{}
		for _, u := range uses {
			most[u.Resource] = max(most[u.Resource], u.Ratio)
			seen[u.Node] = true
		}
		nodes = max(nodes, len(seen))
		for resource, use := range most {
			if sums[resource] == nil {
				sums[resource] = &sum{}
			}
			sums[resource].total += use
			sums[resource].most = max(sums[resource].most, use)
		}
	}
	u := Unit{Name: g.name, Measured: len(g.units), Nodes: nodes}
	count := float64(u.Measured)
	busiest := 0.0
	for resource, s := range sums {
		if s.most > busiest || s.most == busiest && resource < u.Resource {
			busiest, u.Resource = s.most, resource
			u.Uneven = s.most / (s.total / count)
		}
	}
	// One unit has 1/count of the rate and is Uneven times the mean used.
	u.Capacity = rate / count * d.Use / busiest
	least := min(u.Measured, spare)
	need := func(peak float64) int { return max(int(math.Ceil(peak/u.Capacity-1e-9)), least) }
	u.Low, u.Point, u.High = need(d.Peak.Low), need(d.Peak.Point), need(d.Peak.High)
	what := strings.TrimSpace(u.Resource)
	u.Lines = []string{
		fmt.Sprintf("measured at %s: the busiest of %d is %.3g%% %s, %.3g times the mean", persec(rate), u.Measured, busiest*100, what, u.Uneven),
		fmt.Sprintf("one carries %s / %d x %.3g%% / %.3g%% = %s", persec(rate), u.Measured, d.Use*100, busiest*100, persec(u.Capacity)),
		fmt.Sprintf("%s / %s = %.4g, so %d", persec(d.Peak.Point), persec(u.Capacity), d.Peak.Point/u.Capacity, u.Point),
	}
	if d.Peak.Point/u.Capacity <= spare-1 && u.Point == spare {
		u.Lines[2] += ": one would do, and may fail"
	}
	return u
}
