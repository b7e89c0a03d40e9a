package estimate

import (
	"fmt"
	"math"
	"slices"

	"rung/bench"
	"rung/targets"
)

// Fame is what one user who gets a share of all requests does to a sharded
// database, and what the two cures are worth. Rates are requests of the mix
// per second.
type Fame struct {
	// Shard is the home of the user, and Share the part of all requests of
	// users, 0 to 1, that it gets.
	Shard string
	Share float64
	// PerS is the lowest ceiling of all shards' CPUs and disks, as the
	// topology is.
	PerS float64
	// Alone is the same with the user on a shard of their own: the first spare
	// one. It is 0 when there is none.
	Alone float64
	// Copied is the same with copies of the user's row on every shard that
	// holds data, which reads of the row are spread over and edits go to. It is 0
	// when there is one shard.
	Copied float64
	// Derivation of the above, line by line.
	Derivation []string
	// Outside says why the model does not hold; empty when it does.
	Outside string
}

// Celebrity predicts the Fame of a user, by id, who gets a ratio of all
// requests that pick a user, 0 to 1; the others share the rest by the Zipf law
// of the workload. For a load of some operations only, [Mixed] makes the
// workload. What a cache in front keeps from the shards is left out of them.
// It is an error without shards and for a user or ratio that cannot be.
func Celebrity(t targets.Topology, w bench.Workload, ratio float64, user int64) (Fame, error) {
	c, err := Crowd{Hot: bench.Hot{User: user, Ratio: ratio}}.conditions(w)
	if err != nil {
		return Fame{}, err
	}
	s := shardingOf(t)
	if s == nil {
		return Fame{}, fmt.Errorf("topology %s: the data are not sharded", t.Name)
	}
	m, err := newModel(t, w, c)
	if err != nil {
		return Fame{}, err
	}
	at, home := m.homeOf(user)
	f := Fame{Shard: home, Share: m.shareOf(at), PerS: m.shardsCeiling(), Outside: m.outside}
	f.Derivation = append(m.audience.lines, fmt.Sprintf("user %d lives on shard %s, which gets %.3g%% of the requests of users", user, home, f.Share*100))
	f.Derivation = append(f.Derivation, m.limitOf("as it is"))
	if len(s.Spare) > 0 {
		if f.Alone, err = f.cured(t, w, c, user, "on a shard of their own", s.Spare[0].Name); err != nil {
			return f, err
		}
	}
	if len(s.Shards) > 1 {
		pin := []string{home}
		for _, x := range s.Shards {
			if x.Name != home {
				pin = append(pin, x.Name)
			}
		}
		if f.Copied, err = f.cured(t, w, c, user, "with copies on every shard", pin...); err != nil {
			return f, err
		}
	}
	return f, nil
}

// cured is the ceiling with a user pinned to shards.
func (f *Fame) cured(t targets.Topology, w bench.Workload, c conditions, user int64, how string, shards ...string) (float64, error) {
	m, err := newModel(pinned(t, targets.Pin{User: user, Shards: shards}), w, c)
	if err != nil {
		return 0, err
	}
	f.Derivation = append(f.Derivation, m.limitOf(how))
	if f.Outside == "" {
		f.Outside = m.outside
	}
	return m.shardsCeiling(), nil
}

// shardingOf is the sharding that web servers use; nil when there is none.
func shardingOf(t targets.Topology) *targets.Sharding {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web != nil && r.Web.Sharding != nil {
			return r.Web.Sharding
		}
	}
	return nil
}

// pinned is a topology whose web servers have one more pin, in place of those
// of the same user.
func pinned(t targets.Topology, pin targets.Pin) targets.Topology {
	t.Nodes = slices.Clone(t.Nodes)
	for i, n := range t.Nodes {
		t.Nodes[i].Roles = slices.Clone(n.Roles)
		for j, r := range n.Roles {
			if r.Web == nil || r.Web.Sharding == nil {
				continue
			}
			web, s := *r.Web, *r.Web.Sharding
			s.Pins = slices.DeleteFunc(slices.Clone(s.Pins), func(p targets.Pin) bool { return p.User == pin.User })
			s.Pins = append(s.Pins, pin)
			web.Sharding = &s
			t.Nodes[i].Roles[j].Web = &web
		}
	}
	return t
}

// homeOf is the shard that has most of a hot user, who is the first rank.
func (m *model) homeOf(user int64) (at int, name string) {
	for i, counts := range m.audience.home {
		if counts[0] > m.audience.home[at][0] {
			at = i
		}
	}
	return at, m.paths[0].web().Web.Sharding.All()[at].Name
}

// shardsCeiling is the lowest ceiling of all tiers; 0 when nothing there is
// emulated.
func (m *model) shardsCeiling() float64 {
	lowest := math.Inf(1)
	for _, s := range m.tiers {
		lowest = min(lowest, m.tierCeiling(s))
	}
	if math.IsInf(lowest, 1) {
		return 0
	}
	return lowest
}

// limitOf words the shard with the lowest ceiling.
func (m *model) limitOf(how string) string {
	var limit *center
	for _, c := range m.centers {
		if c.member != nil && c.time() > 0 && (limit == nil || c.ceiling() < limit.ceiling()) {
			limit = c
		}
	}
	if limit == nil {
		return how + ": no shard takes any time"
	}
	return fmt.Sprintf("%s: shard %s, %s, is the limit: %d slots / %.4g ms = %.4g/s", how, limit.member.tier.shard, limit.name(),
		limit.slots*limit.servers, limit.time()*1e3, limit.ceiling())
}
