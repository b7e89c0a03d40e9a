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
	// While a write waits it asks every 100 ms at least.
	Probe time.Duration
	// Silent says that members besides the primary are gone: the others wait
	// for what these might say.
	Silent bool
}

// silence is how many heartbeats a member waits for the answers of others
// before it stands without them: that of package replication.
const silence = 3

// hurry bounds the period at which a client asks while a write waits: that of
// package store.
const hurry = 100 * time.Millisecond

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
// random time, until the next write is acknowledged. Writes that come meanwhile
// wait: with requests that may take longer than the recovery none of them fails.
// Its last heartbeat was up to one period ago, so that the lease
// has between lease - heartbeat and lease left. Nobody is promoted in a group
// of one or two: one member is no majority of two.
func Failover(r targets.Replication, c FailoverCosts) Recovery {
	if len(r.Members) < 3 {
		return Recovery{Outside: fmt.Sprintf("a group of %d has no majority without its primary", len(r.Members))}
	}
	// Who finds the others' leases not over yet asks again a heartbeat later.
	again := time.Duration(len(r.Members)-2) * r.Heartbeat
	if c.Silent {
		again = max(again, silence*r.Heartbeat)
	}
	out := Recovery{
		Detection:   Range{r.Lease - r.Heartbeat, r.Lease},
		Decision:    Range{2*c.RoundTrip + c.Commit, 2*c.RoundTrip + 2*c.Commit + again},
		Promotion:   Range{0, c.RoundTrip + 2*c.Commit},
		Convergence: Range{0, min(c.Probe, hurry) + c.RoundTrip},
	}
	out.Derivation = []string{
		fmt.Sprintf("detection: lease %v, heartbeat every %v: %v to %v after the kill", r.Lease, r.Heartbeat, out.Detection.Low, out.Detection.High),
		fmt.Sprintf("decision: positions and votes are two round trips of %v and a durable vote; up to %v more until the others' leases are over too: %v to %v",
			c.RoundTrip, again, out.Decision.Low, out.Decision.High),
		fmt.Sprintf("promotion: the first entry of the new term is made durable: up to %v", out.Promotion.High),
		fmt.Sprintf("convergence: clients ask every %v while a write waits: up to %v", min(c.Probe, hurry), out.Convergence.High),
		fmt.Sprintf("writes that come meanwhile wait for the new primary, up to %v; those that were under way at the kill fail", out.Total().High),
		"published: Patroni with a ttl of 30 s and a loop of 10 s takes 20 to 40 s",
	}
	return out
}

// Rejoin is the time from the start of a member that lost its disk until it may
// be given the data again. It has forgotten its votes, and so waits for one
// lease, after which it asks, once each heartbeat, until a majority of members
// with data has answered. The copy of the data comes on top. In a group of one
// or two the primary is never elected and nothing is waited for.
func Rejoin(r targets.Replication, c FailoverCosts) Range {
	if len(r.Members) < 3 {
		return Range{}
	}
	return Range{r.Lease + c.RoundTrip, r.Lease + r.Heartbeat + c.RoundTrip}
}
