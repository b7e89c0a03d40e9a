package estimate

import (
	"fmt"
	"time"

	"rung/targets"
)

// FailoverCosts are the times of a failover that a group's settings do not
// tell. The zero value leaves them out.
type FailoverCosts struct {
	// RoundTrip between two members.
	RoundTrip time.Duration
	// Commit is a disk access: a vote, and the first entry of a new primary,
	// must be durable.
	Commit time.Duration
	// Probe is the period at which a client asks a group without a primary.
	Probe time.Duration
}

// Recovery is the time to recover from the loss of a primary. Each part counts
// from the end of the one before.
type Recovery struct {
	// Detection: until a replica's lease on the primary has run out.
	Detection Range
	// Decision: until a majority has voted.
	Decision Range
	// Promotion: until the chosen one accepts writes.
	Promotion Range
	// Convergence: until a client has found it.
	Convergence Range
	// Derivation of the above, line by line.
	Derivation []string
	// Outside says why no replica takes over; the ranges are then empty.
	Outside string
}

// Total is the sum of the parts.
func (r Recovery) Total() Range {
	return r.Detection.Plus(r.Decision).Plus(r.Promotion).Plus(r.Convergence)
}

// Failover predicts the recovery of a group whose primary is killed at a
// random time. Its last heartbeat was up to one period ago, so that the lease
// has between lease - heartbeat and lease left. Nobody is promoted in a group
// of one or two: one member is no majority of two.
func Failover(r targets.Replication, c FailoverCosts) Recovery {
	if len(r.Members) < 3 {
		return Recovery{Outside: fmt.Sprintf("a group of %d has no majority without its primary", len(r.Members))}
	}
	// The most advanced replica stands at once, another one a heartbeat later
	// for each that is before it.
	rank := time.Duration(len(r.Members)-2) * r.Heartbeat
	out := Recovery{
		Detection:   Range{r.Lease - r.Heartbeat, r.Lease},
		Decision:    Range{2*c.RoundTrip + c.Commit, 2*c.RoundTrip + 2*c.Commit + rank},
		Promotion:   Range{0, c.RoundTrip + 2*c.Commit},
		Convergence: Range{0, c.Probe + c.RoundTrip},
	}
	out.Derivation = []string{
		fmt.Sprintf("detection: lease %v, heartbeat every %v: %v to %v after the kill", r.Lease, r.Heartbeat, out.Detection.Low, out.Detection.High),
		fmt.Sprintf("decision: positions and votes are two round trips of %v and a durable vote; up to %d heartbeats if another replica stands first: %v to %v",
			c.RoundTrip, len(r.Members)-2, out.Decision.Low, out.Decision.High),
		fmt.Sprintf("promotion: the first entry of the new term is made durable: up to %v", out.Promotion.High),
		fmt.Sprintf("convergence: clients ask every %v: up to %v", c.Probe, out.Convergence.High),
		"published: Patroni with a ttl of 30 s and a loop of 10 s takes 20 to 40 s",
	}
	return out
}

// FailoverOf is Failover of the group that a topology's web servers use, with
// its wires and disks. Probe is the period at which a client asks a group that
// has no primary. It is an error without a group.
func FailoverOf(t targets.Topology, probe time.Duration) (Recovery, error) {
	p, err := pathOf(t)
	if err != nil {
		return Recovery{}, err
	}
	if len(p.replicas) == 0 {
		return Recovery{}, fmt.Errorf("topology %s: %w", t.Name, errNoGroup)
	}
	between := seconds(oneWay(t, p.nodes[p.store.Name].Name, p.nodes[p.replicas[0].Name].Name))
	commit := time.Duration(0)
	if p.nodes[p.store.Name].Machine.Disk.Slots > 0 {
		commit = p.store.Database.Access.Mean
	}
	return Failover(*p.store.Database.Replication, FailoverCosts{RoundTrip: 2 * between, Commit: commit, Probe: probe}), nil
}
