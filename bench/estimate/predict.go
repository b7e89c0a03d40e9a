package estimate

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// Tolerances within which an estimate counts as right. Capacity is the
// acceptance figure of the project; the others grow with what their models
// leave out.
const (
	capacityTolerance = 0.15
	p50Tolerance      = 0.15
	p99Tolerance      = 0.25
	missTolerance     = 0.15
	lookupTolerance   = 0.15
	hitTolerance      = 0.05
	lfuTolerance      = 0.08
)

const (
	limits = "Poisson arrivals, independent waits at different resources, steady state; trust up to 80% use of the " +
		"busiest resource, nothing above 90%; the p99 of work cut into two or three pieces is up to 40% lower"
	latencyModel = "floor + gamma law of the waits, mixed over operations and over the number of long jobs in the way"
)

// Predict makes every estimate of a topology under a workload, at the common
// rate (requests per second). Hop is the calibrated real time that the
// software of one hop takes; zero leaves it out.
func Predict(t targets.Topology, w bench.Workload, rate float64, hop time.Duration) (bench.Prediction, error) {
	p, _, err := predict(t, w, conditions{rate: rate, hop: hop})
	return p, err
}

func predict(t targets.Topology, w bench.Workload, c conditions) (bench.Prediction, *model, error) {
	if !(c.rate >= 0) || math.IsInf(c.rate, 1) {
		return bench.Prediction{}, nil, fmt.Errorf("rate %v: it must be zero or positive", c.rate)
	}
	m, err := newModel(t, w, c)
	if err != nil {
		return bench.Prediction{}, nil, err
	}
	p := bench.Prediction{Demands: m.demands()}
	if m.bottleneck() != nil {
		full, capacity, err := m.atCapacity()
		if err != nil {
			return p, nil, err
		}
		limit := full.bottleneck()
		p.Bottleneck = bench.Bottleneck{Node: limit.node, Resource: limit.resource, Use: capacity / limit.ceiling()}
		p.Estimates = append(p.Estimates, full.capacityEstimate(limit, capacity, w.SLO))
	}
	p.Estimates = append(p.Estimates, m.latencyEstimates(c.rate)...)
	p.Estimates = append(p.Estimates, m.cacheEstimates()...)
	if m.missRatio >= 0 && m.poolPages > 0 {
		p.Estimates = append(p.Estimates, m.missEstimate(w))
	}
	if e, ok := lookup(t); ok {
		p.Estimates = append(p.Estimates, e)
	}
	return p, m, nil
}

// demands lists the resources. Of a group whose nodes do not do the same, it
// is the busiest part that counts.
func (m *model) demands() []bench.Demand {
	var out []bench.Demand
	at := map[[2]string]int{}
	for _, c := range m.centers {
		if c.time() == 0 {
			continue // nothing but batches, which take what is left
		}
		d := bench.Demand{Node: c.node, Resource: c.resource, Slots: c.slots * c.servers, TimeNs: c.time() * 1e9, Ceiling: c.ceiling()}
		i, known := at[[2]string{c.node, c.resource}]
		switch {
		case !known:
			at[[2]string{c.node, c.resource}] = len(out)
			out = append(out, d)
		case d.Ceiling < out[i].Ceiling:
			out[i] = d
		}
	}
	return out
}

// atCapacity is the capacity, and the model at that rate: with a TTL hit
// ratios grow with the rate.
func (m *model) atCapacity() (*model, float64, error) {
	slo := m.workload.SLO
	capacity := m.capacity(slo.Quantile, slo.Latency.Seconds())
	if (m.shelves == nil || !m.shelves.rated) && m.path.edge == nil {
		return m, capacity, nil
	}
	full := m
	for range 3 {
		if capacity <= 0 {
			break
		}
		c := m.conditions
		c.rate = capacity
		next, err := newModel(m.topology, m.workload, c)
		if err != nil {
			return nil, 0, err
		}
		before := capacity
		full, capacity = next, next.capacity(slo.Quantile, slo.Latency.Seconds())
		if math.Abs(capacity/before-1) < 0.001 {
			break
		}
	}
	return full, capacity, nil
}

func (m *model) capacityEstimate(limit *center, capacity float64, slo bench.SLO) bench.Estimate {
	e := bench.Estimate{Fact: "capacity_per_s", Value: capacity, Tolerance: capacityTolerance,
		Model: "sum of demands; highest rate whose " + latencyModel + " meets the SLO", Limits: limits, Outside: m.outside}
	for _, c := range m.centers {
		if c.time() > 0 {
			e.Derivation = append(e.Derivation, c.derivation()...)
		}
	}
	e.Derivation = append(e.Derivation, m.front()...)
	e.Derivation = append(e.Derivation, fmt.Sprintf("lowest ceiling: %s, %.4g/s", limit.name(), limit.ceiling()))
	if capacity == 0 {
		e.Outside = fmt.Sprintf("no rate is low enough: without any wait, quantile %.3g is above %v", slo.Quantile, slo.Latency)
		e.Derivation = append(e.Derivation, e.Outside)
		return e
	}
	e.Derivation = append(e.Derivation,
		fmt.Sprintf("response time at quantile %.3g reaches %v at %.4g/s, %.3g%% of that ceiling",
			slo.Quantile, slo.Latency, capacity, 100*capacity/limit.ceiling()))
	return e
}

func (m *model) latencyEstimates(rate float64) []bench.Estimate {
	rs := m.responses(rate)
	lines := m.routeLines(rs)
	use := 0.0
	for _, c := range m.centers {
		use = max(use, rate/c.ceiling())
		lines = append(lines, c.at(rate).describe(rate))
	}
	lines = append(lines, m.front()...)
	if m.hop > 0 {
		lines = append(lines, fmt.Sprintf("every round trip carries %v of real software time, as calibrated", m.hop))
	}
	outside := m.outside
	switch {
	case use >= 0.9:
		outside = fmt.Sprintf("the busiest resource is %.3g%% used", use*100)
	case m.constant:
		outside = "requests come at constant gaps, and so wait less than the model says"
	}
	var out []bench.Estimate
	for _, row := range []struct {
		fact         string
		q, tolerance float64
	}{{"common.p50_ns", 0.5, p50Tolerance}, {"common.p99_ns", 0.99, p99Tolerance}} {
		value := quantile(rs, row.q) * 1e9
		e := bench.Estimate{Fact: row.fact, Value: value, Tolerance: row.tolerance, Model: latencyModel,
			Derivation: append(lines[:len(lines):len(lines)], fmt.Sprintf("quantile %.3g of the mix: %.4g ms", row.q, value/1e6)),
			Limits:     limits, Outside: outside}
		switch {
		case math.IsInf(value, 1):
			e.Value, e.Outside = 0, "the rate is above the lowest ceiling: there is no steady state"
		case row.q == 0.5:
			m.shift(&e, rs)
		}
		out = append(out, e)
	}
	return out
}

// shift widens the tolerance of a median to what an error of the hit ratios
// does to it: hits and misses take times with a gap between, and a median near
// the gap jumps over it when a few more requests miss.
func (m *model) shift(e *bench.Estimate, rs []response) {
	asked := 0.0 // share of requests that a cache or an edge may answer
	for _, s := range m.workload.Mix {
		_, ok := cached(s.Operation)
		if (ok && m.shelves != nil) || (s.Operation == targets.OpAsset && m.path.edge != nil) {
			asked += s.Ratio
		}
	}
	if asked == 0 || e.Value <= 0 {
		return
	}
	low, high := quantile(rs, 0.5-hitTolerance*asked)*1e9, quantile(rs, 0.5+hitTolerance*asked)*1e9
	off := max(high/e.Value-1, 1-low/e.Value)
	if off <= e.Tolerance || math.IsInf(off, 1) {
		return
	}
	e.Tolerance = off
	e.Derivation = append(e.Derivation, fmt.Sprintf("hit ratios that are off by %.0f%% of all reads move it to %s", hitTolerance*100, between(low, high)))
}

// front words what answers before the web servers and the store do.
func (m *model) front() []string {
	var lines []string
	if m.shelves != nil {
		lines = append(lines, m.shelves.lines[len(m.shelves.lines)-1])
	}
	if m.path.edge != nil {
		lines = append(lines, fmt.Sprintf("%s answers %.3g%% of the requests for static files by itself", m.path.edge.Name, m.edgeHits*100))
		lines = append(lines, m.edgeLines...)
	}
	return lines
}

// routeLines words the routes: the floor, and the mean of what is beyond.
func (m *model) routeLines(rs []response) []string {
	var lines []string
	for _, r := range m.routes {
		mean, share := 0.0, 0.0
		for _, x := range rs {
			if x.route == r {
				mean += x.share * (x.served + x.mean)
				share += x.share
			}
		}
		if share > 0 {
			lines = append(lines, fmt.Sprintf("%s (%.3g%%): floor %.4g ms, mean beyond it %.4g ms", r.operation, share*100, r.floor*1e3, mean/share*1e3))
		}
	}
	return lines
}

func (m *model) missEstimate(w bench.Workload) bench.Estimate {
	outside := ""
	switch {
	case m.shelves != nil:
		outside = "a cache in front keeps the repeated reads: with the few that are left a pool takes very long to settle"
	case len(m.path.replicas) > 0:
		outside = m.outside
	}
	return bench.Estimate{Outside: outside, Fact: "pool_miss_ratio", Value: m.missRatio, Tolerance: missTolerance,
		Model: "Che's approximation of LRU",
		Derivation: []string{fmt.Sprintf("Zipf exponent %.3g over %d users, pool of %d pages: %.3g%% of page reads miss",
			w.Exponent, w.Data.Users, m.poolPages, m.missRatio*100)},
		Limits: "independent requests, warm pool"}
}

// lookup predicts a cold DNS lookup: one round trip to the resolver, and one
// to each nameserver on the way down.
func lookup(t targets.Topology) (bench.Estimate, bool) {
	trips, lines := RoundTrips(t)
	if trips == 0 {
		return bench.Estimate{}, false
	}
	return bench.Estimate{Fact: "lookup.cold_ns", Value: float64(trips), Tolerance: lookupTolerance,
		Model: "sum of round trips", Derivation: lines, Limits: "no loss, nameservers idle"}, true
}

// RoundTrips is the sum of the round trips of a cold DNS lookup by clients,
// and what it is made of; 0 when the topology has no resolver.
func RoundTrips(t targets.Topology) (time.Duration, []string) {
	role, node, ok := t.Role(t.Resolver)
	if !ok || role.Resolver == nil {
		return 0, nil
	}
	var total time.Duration
	var lines []string
	add := func(from, to string) {
		if l, ok := t.Link(from, to); ok {
			total += 2 * l.OneWay
			lines = append(lines, fmt.Sprintf("%s to %s and back: %v", from, to, 2*l.OneWay))
		}
	}
	add(targets.Clients, node.Name)
	for _, name := range role.Resolver.Reaches {
		if _, server, ok := t.Role(name); ok {
			add(node.Name, server.Name)
		}
	}
	return total, lines
}
