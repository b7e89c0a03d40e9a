package estimate

import (
	"errors"
	"fmt"
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
	m, err := replicated(t, w, conditions{replicas: replicas})
	if err != nil {
		return 0, nil, err
	}
	if len(m.tiers) > 1 {
		return 0, nil, fmt.Errorf("topology %s: read capacity is that of one group, and there are %d", t.Name, len(m.tiers))
	}
	for _, c := range m.centers {
		if c.member != nil {
			derivation = append(derivation, c.derivation()...)
		}
	}
	perS = m.tierCeiling(m.tiers[0])
	return perS, append(derivation, fmt.Sprintf("lowest ceiling of the tier with %d replicas: %.4g/s", replicas, perS)), nil
}

var errNoGroup = errors.New("the store has no replicas")

// replicated is the model of a topology whose store has replicas.
func replicated(t targets.Topology, w bench.Workload, c conditions) (*model, error) {
	m, err := newModel(t, w, c)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(m.tiers, func(s *tier) bool { return len(s.replicas) > 0 }) {
		return nil, fmt.Errorf("topology %s: %w", t.Name, errNoGroup)
	}
	return m, nil
}

// WriteLatency is, for the first group of a topology, the mean time from a write's arrival at the primary until it
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
	s := m.tiers[0]
	law := s.settings()
	own := law.Demand[targets.StatementWrite].Mean.Seconds() + law.Access.Mean.Seconds()
	loads := m.loads(rate)
	for c, l := range loads {
		if c.member == s.primary() {
			own += l.wait.Mean
		}
	}
	lines := []string{fmt.Sprintf("at the primary: CPU %v, commit %v, with their waits %.4g ms", law.Demand[targets.StatementWrite].Mean, law.Access.Mean, own*1e3)}
	switch {
	case mode == targets.ModeAsynchronous:
		return seconds(own), append(lines, "no replica is waited for"), nil
	case mode != targets.ModeSemiSynchronous && mode != targets.ModeSynchronous:
		return 0, nil, fmt.Errorf("write latency: %q is not a mode", mode)
	case len(s.replicas) == 0 || s.parts[1].applied == nil:
		return 0, nil, fmt.Errorf("write latency: the workload %q writes nothing", w.Name)
	}
	acks := s.acknowledgement(mode)
	wait, _ := acks.wait(loads)
	total := own + acks.base + wait.Mean
	which := "the last"
	if mode == targets.ModeSemiSynchronous {
		which = "the first"
	}
	for _, x := range s.parts[1:] {
		a := x.applied
		lines = append(lines, fmt.Sprintf("%s x %d: round trip %.4g ms, CPU %.4g ms, disk %.4g ms, waits %.4g ms",
			Group(x.node.Name), len(x.names), a.trip*1e3, a.demand*1e3, a.access*1e3, loads[a.disk].stream.behind.Mean*1e3))
	}
	return seconds(total), append(lines, fmt.Sprintf("%s of %d replicas: %.4g ms at least, %.4g ms on average", which, len(s.replicas), acks.base*1e3, (acks.base+wait.Mean)*1e3)), nil
}

// saturated says that the database tier cannot keep up with a rate.
func (m *model) saturated(rate float64) bool {
	return slices.ContainsFunc(m.centers, func(c *center) bool { return c.member != nil && len(c.member.tier.replicas) > 0 && c.at(rate).full })
}

// loads are the centers at a rate.
func (m *model) loads(rate float64) map[*center]load {
	loads := make(map[*center]load, len(m.centers))
	for _, c := range m.centers {
		loads[c] = c.at(rate)
	}
	return loads
}
