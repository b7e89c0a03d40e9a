package estimate

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// Lag is how far replicas are behind their primary.
type Lag struct {
	// Least is from a commit to its application at a replica that nothing
	// else keeps busy: one way over the wire, CPU and disk. Where replicas
	// differ it is that of the nearest.
	Least time.Duration
	// Wait is beyond that, in seconds: for the batch that is being applied when
	// the write comes, and for CPU and disk.
	Wait Wait
	// Writes and Batches per second at each replica. Idle is the share of the
	// time, 0 to 1, with no batch at work.
	Writes, Batches, Idle float64
	// ReplicaReads is the share of the reads, 0 to 1, that replicas answer.
	ReplicaReads float64
	// Derivation of the above, line by line.
	Derivation []string
	// Outside says why the model does not hold; empty when it does.
	Outside string
	parts   []partLag
}

// partLag is the lag of replicas that are alike.
type partLag struct {
	// writes is their share of all writes that are applied, and reads that of
	// all reads which they answer.
	writes, reads float64
	least         time.Duration
	wait          Wait
}

// ReplicationLag predicts the lag at a rate of requests of the mix per second,
// over all replicas of a topology. Hop is the real time of one hop's software.
// It is an error without a group. Writes beside those of the mix are a matter
// of [LagAt].
func ReplicationLag(t targets.Topology, w bench.Workload, rate float64, hop time.Duration) (Lag, error) {
	m, err := replicated(t, w, conditions{rate: rate, hop: hop})
	if err != nil {
		return Lag{}, err
	}
	return m.lag(rate), nil
}

// LagAt is ReplicationLag at a rate per second of each operation, in place of
// the mix of the workload: that of an attack and of what goes on beside it.
// It is an error when a rate is not a number of at least 0.
func LagAt(t targets.Topology, w bench.Workload, rates map[targets.Operation]float64, hop time.Duration) (Lag, error) {
	w, rate, err := Mixed(w, rates)
	if err != nil {
		return Lag{}, err
	}
	return ReplicationLag(t, w, rate, hop)
}

// Mixed is the workload whose mix are the operations at their rates per
// second, and the rate of all together. Without any rate the mix is as it was.
// It is an error when a rate is not a number of at least 0.
func Mixed(w bench.Workload, rates map[targets.Operation]float64) (bench.Workload, float64, error) {
	total := 0.0
	var mix []bench.Share
	for _, op := range targets.Operations() {
		rate := rates[op]
		if !(rate >= 0) || math.IsInf(rate, 1) {
			return w, 0, fmt.Errorf("rate of %s is %v: it must be zero or positive", op, rate)
		}
		if rate > 0 {
			mix = append(mix, bench.Share{Operation: op, Ratio: rate})
			total += rate
		}
	}
	if total == 0 {
		return w, 0, nil
	}
	for i := range mix {
		mix[i].Ratio /= total
	}
	w.Mix = mix
	return w, total, nil
}

func (m *model) lag(rate float64) Lag {
	l := Lag{Idle: 1, Outside: m.outside}
	for _, p := range m.paths {
		for i, s := range m.tiers {
			l.ReplicaReads += p.share * m.shareOf(i) * s.replicaReads(p)
		}
	}
	if m.saturated(rate) {
		return Lag{Outside: "the rate is above a ceiling of the database tier: there is no steady state"}
	}
	applied := 0.0
	for i, s := range m.tiers {
		for _, x := range s.parts[1:] {
			if x.applied != nil {
				applied += m.addLag(&l, x, i, rate)
			}
		}
	}
	if len(l.parts) == 0 {
		l.Derivation = []string{"nothing is written"}
		return l
	}
	for i := range l.parts {
		l.parts[i].writes /= max(applied, 1e-300)
		if applied == 0 {
			l.parts[i].writes = 1 / float64(len(l.parts))
		}
	}
	l.Derivation = append(l.Derivation, fmt.Sprintf("median over all replicas %.4g ms", l.Quantile(0.5).Seconds()*1e3))
	return l
}

// addLag adds the lag of some replicas, and returns the writes that all of
// them apply per second.
func (m *model) addLag(l *Lag, x *part, tier int, rate float64) float64 {
	a := x.applied
	s := a.disk.at(rate).stream
	least, n := a.least()-a.trip/2, float64(len(x.names))
	part := partLag{writes: s.writes * n, least: seconds(least), wait: s.behind}
	for _, p := range m.paths {
		part.reads += p.share * m.shareOf(tier) * x.reads[p]
	}
	if len(l.parts) == 0 || part.least < l.Least {
		l.Least, l.Wait, l.Idle, l.Writes, l.Batches = part.least, s.behind, s.idle, s.writes, s.batches
	}
	l.parts = append(l.parts, part)
	l.doubt(m.thin(x, s))
	l.Derivation = append(l.Derivation,
		fmt.Sprintf("%s x %d: %.4g writes per second at each, shipped at once; one batch is applied at a time", Group(x.node.Name), len(x.names), s.writes),
		fmt.Sprintf("a batch takes %.4g ms: CPU %.4g ms a write, disk %.4g ms, waits %.4g ms", s.cycle*1e3, a.demand*1e3, a.access*1e3, s.wait.Mean*1e3),
		fmt.Sprintf("1 / (cycle + exp(-writes x cycle) / writes) = %.4g batches per second; %.3g%% of the time there is none", s.batches, s.idle*100),
		fmt.Sprintf("applied after %.4g ms at least: one way %.4g ms, CPU and disk", least*1e3, a.trip/2*1e3),
		fmt.Sprintf("beyond that %.4g ms on average, for the batch before and in queues", s.behind.Mean*1e3))
	return part.writes
}

func (l *Lag) doubt(why string) {
	if l.Outside == "" {
		l.Outside = why
	}
}

// flights is how many messages a primary has on their way to a replica before
// it waits for answers: that of package replication.
const flights = 64

const (
	// shipped is a generous size of one write on its way to a replica, in
	// bytes: posts take some 300.
	shipped = 1000
	// roomy is the share of a wire's bandwidth up to which its width does not
	// matter.
	roomy = 0.1
)

// thin says why the wire to some replicas, or what may be on its way there, is
// the limit; empty when it is not.
func (m *model) thin(x *part, s stream) string {
	link, ok := m.topology.Link(x.tier.primary().node.Name, x.node.Name)
	switch away := s.writes * (x.applied.least() + s.behind.Mean); {
	case ok && link.Bandwidth > 0 && s.writes*shipped > roomy*float64(link.Bandwidth):
		return "the wire to a replica is thin: the lag depends on the bytes of the writes"
	case away > flights:
		return fmt.Sprintf("%.3g writes are on their way to a replica: with more than %d messages the primary waits for answers", away, flights)
	}
	return ""
}

// later is the share of the writes that are applied later than t.
func (l Lag) later(t time.Duration) float64 {
	total := 0.0
	for _, p := range l.parts {
		if t < p.least {
			total += p.writes
		} else {
			total += p.writes * p.wait.beyond((t - p.least).Seconds())
		}
	}
	return total
}

// Quantile of the lag of a write at a replica, for q from 0 to below 1.
func (l Lag) Quantile(q float64) time.Duration {
	if len(l.parts) == 0 || l.later(l.Least) <= 1-q+rounding {
		return l.Least
	}
	low, high := l.Least, l.Least+time.Millisecond
	for range 40 { // doublings are enough for any lag of a run
		if l.later(high) <= 1-q+rounding {
			break
		}
		low, high = high, l.Least+2*(high-l.Least)
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; l.later(mid) > 1-q+rounding {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// Stale is the probability that a read which reaches its member some time
// after the commit of a write does not see it, with asynchronous replication
// and reads spread as the topology says.
func (l Lag) Stale(after time.Duration) float64 {
	total := 0.0
	for _, p := range l.parts {
		if after < p.least {
			total += p.reads
		} else {
			total += p.reads * p.wait.beyond((after - p.least).Seconds())
		}
	}
	return total
}
