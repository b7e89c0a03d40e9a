package estimate

import (
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// FailoverOf is Failover of the group that a topology's web servers use, with
// its wires and disks; with shards it is that of the first. Probe is the
// period at which a client asks a group that has no primary. It is an error
// without a group.
func FailoverOf(t targets.Topology, probe time.Duration) (Recovery, error) {
	p, err := pathOf(t, "")
	if err != nil {
		return Recovery{}, err
	}
	if len(p.tiers[0].replicas) == 0 {
		return Recovery{}, fmt.Errorf("topology %s: %w", t.Name, errNoGroup)
	}
	return p.tiers[0].failover(t, probe), nil
}

// FailoverOfGroup is FailoverOf of the group that a database role is a member
// of. It is an error when it is a member of none.
func FailoverOfGroup(t targets.Topology, role string, probe time.Duration) (Recovery, error) {
	s, err := tierOf(t, "", role)
	if err != nil {
		return Recovery{}, err
	}
	if len(s.replicas) == 0 {
		return Recovery{}, fmt.Errorf("topology %s: %q: %w", t.Name, role, errNoGroup)
	}
	return s.failover(t, probe), nil
}

// failover is that of the primary: any replica may take over, and needs the
// nearest of the others for a majority.
func (s *tier) failover(t targets.Topology, probe time.Duration) Recovery {
	commit := time.Duration(0)
	if s.nodes[s.store.Name].Machine.Disk.Slots > 0 {
		commit = s.settings().Access.Mean
	}
	var least, most time.Duration
	for i, candidate := range s.replicas {
		trip := s.majority(t, candidate)
		if i == 0 || trip < least {
			least = trip
		}
		most = max(most, trip)
	}
	group := *s.store.Database.Replication
	far := Failover(group, FailoverCosts{RoundTrip: most, Commit: commit, Probe: probe})
	if least == most || far.Outside != "" {
		return far
	}
	near := Failover(group, FailoverCosts{RoundTrip: least, Commit: commit, Probe: probe})
	far.Decision.Low, far.Promotion.Low, far.Convergence.Low = near.Decision.Low, near.Promotion.Low, near.Convergence.Low
	far.Derivation = append(far.Derivation, fmt.Sprintf("a majority is %v there and back for the member that has it nearest, %v for the one that has it farthest", least, most))
	return far
}

// majority is the round trip from a candidate to the last member that it needs
// besides itself, when the primary is gone.
func (s *tier) majority(t targets.Topology, candidate targets.Role) time.Duration {
	from := s.nodes[candidate.Name].Name
	var trips []time.Duration
	for _, other := range s.replicas {
		if other.Name == candidate.Name {
			continue
		}
		to := s.nodes[other.Name].Name
		way := oneWay(t, from, to)
		if _, ok := t.Link(from, to); !ok { // only the way back is known, or that to the old primary
			if way = oneWay(t, to, from); way == 0 {
				way = oneWay(t, s.nodes[s.store.Name].Name, to)
			}
		}
		trips = append(trips, 2*seconds(way))
	}
	if len(trips) == 0 {
		return 0
	}
	slices.Sort(trips)
	needed := (len(s.replicas) + 1) / 2 // a majority of all members, less the candidate
	return trips[min(needed, len(trips))-1]
}
