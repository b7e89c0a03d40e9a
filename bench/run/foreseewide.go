package run

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// crowd are the users of an attack, with the popularity of this very run.
func (s *session) crowd(regions []string, hot bench.Hot) estimate.Crowd {
	c := estimate.Crowd{Regions: regions, Hot: hot}
	if s.popularity != nil {
		c.UserOf = s.popularity.UserOf
	}
	return c
}

// foreseeHealing is when a supervisor holds a killed node for dead.
func foreseeHealing(e bench.Experiment, t targets.Topology) []bench.Estimate {
	if t.Supervisor == nil {
		return nil
	}
	r := estimate.Supervision(*t.Supervisor)
	return []bench.Estimate{within(e.Name+".detection_ns", r, software, "checks in a row", []string{
		fmt.Sprintf("checked every %v, %d failures in a row: %v to %v", t.Supervisor.Interval, t.Supervisor.Fall, r.Low, r.High)})}
}

// foreseeMove is the share of users that a new sharding moves.
func (s *session) foreseeMove(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	from, err := shardingOf(t)
	if err != nil {
		return nil, err
	}
	to := from
	to.Shards, to.Spare = from.All(), nil
	share, law := estimate.Moved(from, to, s.workload(t).Data.Users)
	if law == "" {
		return nil, nil
	}
	// Modulo leaves nothing to chance; on a ring arcs are long and short.
	tolerance := 0.01 / share
	if from.Method != targets.ShardModulo {
		tolerance = 0.03 / share
	}
	return []bench.Estimate{{Fact: e.Name + ".moved_ratio", Value: share, Tolerance: tolerance, Model: "law of the sharding", Derivation: []string{law}}}, nil
}

// foreseeKills is how long users need to move when a data centre is lost.
func (s *session) foreseeKills() ([]bench.Estimate, error) {
	var out []bench.Estimate
	for _, k := range s.stage.Kills {
		if k.DataCenter == "" {
			continue
		}
		found, err := foreseeMoves("kill."+k.Name(), k.DataCenter, "", s.stage.Topology, s.cfg.Workload.Timeout)
		if err != nil {
			return nil, fmt.Errorf("kill %s: estimate: %w", k.Name(), err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// foreseeMoves is when the users whom a data centre answered are answered by
// another one, where that takes long enough to be seen. By the method only the
// links are cut.
func foreseeMoves(prefix, datacenter, method string, t targets.Topology, timeout time.Duration) ([]bench.Estimate, error) {
	var out []bench.Estimate
	for _, region := range t.Spread() {
		if home, ok := homeOf(t, region); !ok || home != datacenter {
			continue
		}
		move, err := estimate.MoveUsers(t, region)
		if err != nil {
			return nil, err
		}
		r := move.Refused
		if method == bench.MethodLinks {
			// Requests that hang fail when their time is out: the last one to
			// fail may have been sent that long before.
			r = move.Vanished
			r.Low = max(r.Low-timeout, 0)
		}
		if r.High < settled {
			continue // at once: too short to be told from a failure or two
		}
		e := within(prefix+"."+region+".recovery_ns", r, 2*software, "detection and what is left of the TTL", move.Derivation)
		e.Limits = "what happens behind the front doors comes on top: a new primary, connections that hang"
		out = append(out, e)
	}
	return out, nil
}

// homeOf is the data centre of the balancer that the site's name leads users
// of a region to, as long as nothing is lost.
func homeOf(t targets.Topology, region string) (string, bool) {
	for _, role := range t.RolesOf(targets.KindNameserver) {
		for _, record := range role.Nameserver.Records {
			if record.Name != t.Site {
				continue
			}
			first := record.Role
			if there := record.Regions[region]; len(there) > 0 {
				first = there[0]
			}
			_, node, ok := t.Role(first)
			return node.DataCenter, ok && node.DataCenter != ""
		}
	}
	return "", false
}

// lagRates are the operations of the ordinary load, and edits beside it.
func (s *session) lagRates(edits float64) map[targets.Operation]float64 {
	rates := map[targets.Operation]float64{targets.OpEdit: edits}
	for _, share := range s.cfg.Workload.Mix {
		rates[share.Operation] += share.Ratio * s.cfg.Profile.Rate
	}
	return rates
}
