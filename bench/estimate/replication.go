package estimate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// ReadCapacity is the ceiling of the database tier alone, in requests of the
// mix per second, with some replicas in place of those that the topology has:
// the lowest ceiling of the primary's and the replicas' CPUs and disks. It is
// infinite when nothing there is emulated. Each replica is like the first. It
// is an error without a group, and with fewer than one replica.
func ReadCapacity(t targets.Topology, w bench.Workload, replicas int) (perS float64, derivation []string, err error) {
	if replicas < 1 {
		return 0, nil, fmt.Errorf("read capacity of %d replicas: at least one", replicas)
	}
	m, err := replicated(t, w, conditions{})
	if err != nil {
		return 0, nil, err
	}
	group := m.path.replicas[:1:1]
	for len(group) < replicas {
		group = append(group, group[0])
	}
	if m, err = m.with(group); err != nil {
		return 0, nil, err
	}
	perS = math.Inf(1)
	for _, c := range m.centers {
		if c.part == "" {
			continue
		}
		perS = min(perS, c.ceiling())
		derivation = append(derivation, c.derivation()...)
	}
	return perS, append(derivation, fmt.Sprintf("lowest ceiling of the tier with %d replicas: %.4g/s", replicas, perS)), nil
}

var errNoGroup = errors.New("the store has no replicas")

// replicated is the model of a topology whose store has replicas.
func replicated(t targets.Topology, w bench.Workload, c conditions) (*model, error) {
	m, err := newModel(t, w, c)
	if err != nil {
		return nil, err
	}
	if len(m.path.replicas) == 0 {
		return nil, fmt.Errorf("topology %s: %w", t.Name, errNoGroup)
	}
	return m, nil
}

// with is the same model with other replicas.
func (m *model) with(replicas []targets.Role) (*model, error) {
	p := m.path
	p.replicas = replicas
	out := &model{conditions: m.conditions, topology: m.topology, workload: m.workload, path: p, missRatio: -1, outside: m.outside, constant: m.constant}
	return out, out.build()
}

// Lag is how far replicas are behind their primary.
type Lag struct {
	// Least is from a commit to its application at a replica that nothing
	// else keeps busy: one way over the wire, CPU and disk.
	Least time.Duration
	// Wait is beyond that, in seconds: for the batch that is on its way when
	// the write is committed, and for CPU and disk.
	Wait Wait
	// Writes and Batches per second at each replica. Idle is the share of the
	// time, 0 to 1, with no batch on its way.
	Writes, Batches, Idle float64
	// ReplicaReads is the share of the reads, 0 to 1, that replicas answer.
	ReplicaReads float64
	// Derivation of the above, line by line.
	Derivation []string
	// Outside says why the model does not hold; empty when it does.
	Outside string
}

// ReplicationLag predicts the lag at a rate of requests per second. Hop is the
// real time of one hop's software. It is an error without a group.
func ReplicationLag(t targets.Topology, w bench.Workload, rate float64, hop time.Duration) (Lag, error) {
	m, err := replicated(t, w, conditions{rate: rate, hop: hop})
	if err != nil {
		return Lag{}, err
	}
	if m.applied == nil {
		return Lag{Idle: 1, ReplicaReads: m.replicaReads(), Derivation: []string{"nothing is written"}, Outside: m.outside}, nil
	}
	if m.saturated(rate) {
		return Lag{Outside: "the rate is above a ceiling of the database tier: there is no steady state"}, nil
	}
	a := m.applied
	s := a.disk.at(rate).stream
	least := a.trip/2 + a.demand + a.access
	l := Lag{Least: seconds(least), Wait: s.behind, Idle: s.idle, Writes: s.writes, Batches: s.batches,
		ReplicaReads: m.replicaReads(), Outside: m.outside}
	l.Derivation = []string{
		fmt.Sprintf("%.4g writes per second at each replica; one batch is on its way at a time", s.writes),
		fmt.Sprintf("a batch is back after %.4g ms: round trip %.4g ms, CPU %.4g ms a write, disk %.4g ms, waits %.4g ms", s.cycle*1e3, a.trip*1e3, a.demand*1e3, a.access*1e3, s.wait.Mean*1e3),
		fmt.Sprintf("1 / (cycle + exp(-writes x cycle) / writes) = %.4g batches per second; %.3g%% of the time there is none", s.batches, s.idle*100),
		fmt.Sprintf("applied after %.4g ms at least: one way %.4g ms, CPU and disk", least*1e3, a.trip/2*1e3),
		fmt.Sprintf("beyond that %.4g ms on average, for the batch before and in queues; median %.4g ms in all", s.behind.Mean*1e3, l.Quantile(0.5).Seconds()*1e3),
	}
	return l, nil
}

// Quantile of the lag of a write, for q from 0 to below 1.
func (l Lag) Quantile(q float64) time.Duration {
	if l.Wait.Busy <= 1-q || l.Wait.Mean <= 0 {
		return l.Least
	}
	low, high := 0.0, l.Wait.Mean
	for range 60 { // doublings are enough for any double below 1
		if l.Wait.beyond(high) <= 1-q {
			break
		}
		low, high = high, 2*high
	}
	for range 50 {
		if mid := (low + high) / 2; l.Wait.beyond(mid) > 1-q {
			low = mid
		} else {
			high = mid
		}
	}
	return l.Least + seconds(high)
}

// Stale is the probability that a read which reaches its member some time
// after the commit of a write does not see it, with asynchronous replication
// and reads spread as the topology says.
func (l Lag) Stale(after time.Duration) float64 {
	if after < l.Least {
		return l.ReplicaReads
	}
	return l.ReplicaReads * l.Wait.beyond((after - l.Least).Seconds())
}

// saturated says that the database tier cannot keep up with a rate.
func (m *model) saturated(rate float64) bool {
	return slices.ContainsFunc(m.centers, func(c *center) bool { return c.part != "" && c.at(rate).full })
}

// WriteLatency is the mean time from a write's arrival at the primary until it
// may be acknowledged in a mode, at a rate of requests of the mix per second:
// CPU and commit, and then nothing (asynchronous), or a round trip and the
// application at the first (semi-synchronous) or the last (synchronous)
// replica. It is an error without a group, for another mode, and
// at a rate that the tier cannot keep up with.
func WriteLatency(t targets.Topology, w bench.Workload, mode targets.Mode, rate float64, hop time.Duration) (time.Duration, []string, error) {
	m, err := replicated(t, w, conditions{rate: rate, hop: hop})
	if err != nil {
		return 0, nil, err
	}
	if m.saturated(rate) {
		return 0, nil, fmt.Errorf("write latency: %v/s is above a ceiling of the database tier", rate)
	}
	law := m.settings()
	own := law.Demand[targets.StatementWrite].Mean.Seconds() + law.Access.Mean.Seconds()
	for _, c := range m.centers {
		if c.part == primaryPart {
			own += c.at(rate).wait.Mean
		}
	}
	lines := []string{fmt.Sprintf("at the primary: CPU %v, commit %v, with their waits %.4g ms", law.Demand[targets.StatementWrite].Mean, law.Access.Mean, own*1e3)}
	switch {
	case mode == targets.ModeAsynchronous:
		return seconds(own), append(lines, "no replica is waited for"), nil
	case mode != targets.ModeSemiSynchronous && mode != targets.ModeSynchronous:
		return 0, nil, fmt.Errorf("write latency: %q is not a mode", mode)
	case m.applied == nil:
		return 0, nil, fmt.Errorf("write latency: the workload %q writes nothing", w.Name)
	}
	a := m.applied
	wait := a.disk.at(rate).stream.acknowledged(len(m.path.replicas), mode)
	total := own + a.trip + a.demand + a.access + wait.Mean
	which := "the last"
	if mode == targets.ModeSemiSynchronous {
		which = "the first"
	}
	return seconds(total), append(lines, fmt.Sprintf("%s of %d replicas: round trip %.4g ms, CPU %.4g ms, disk %.4g ms, waits %.4g ms",
		which, len(m.path.replicas), a.trip*1e3, a.demand*1e3, a.access*1e3, wait.Mean*1e3)), nil
}
