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
	if !(rate >= 0) || math.IsInf(rate, 1) {
		return bench.Prediction{}, fmt.Errorf("rate %v: it must be zero or positive", rate)
	}
	m, err := newModel(t, w, hop)
	if err != nil {
		return bench.Prediction{}, err
	}
	var p bench.Prediction
	for _, c := range m.centers {
		p.Demands = append(p.Demands, bench.Demand{Node: c.node, Resource: c.resource, Slots: c.slots * c.servers,
			TimeNs: c.time() * 1e9, Ceiling: c.ceiling()})
	}
	if limit := m.bottleneck(); limit != nil {
		capacity := m.capacity(w.SLO.Quantile, w.SLO.Latency.Seconds())
		p.Bottleneck = bench.Bottleneck{Node: limit.node, Resource: limit.resource, Use: capacity / limit.ceiling()}
		p.Estimates = append(p.Estimates, m.capacityEstimate(limit, capacity, w.SLO))
	}
	p.Estimates = append(p.Estimates, m.latencyEstimates(rate)...)
	if m.missRatio >= 0 && m.poolPages > 0 {
		p.Estimates = append(p.Estimates, m.missEstimate(w))
	}
	if e, ok := lookup(t); ok {
		p.Estimates = append(p.Estimates, e)
	}
	return p, nil
}

func (m *model) capacityEstimate(limit *center, capacity float64, slo bench.SLO) bench.Estimate {
	e := bench.Estimate{Fact: "capacity_per_s", Value: capacity, Tolerance: capacityTolerance,
		Model: "sum of demands; highest rate whose " + latencyModel + " meets the SLO", Limits: limits, Outside: m.outside}
	for _, c := range m.centers {
		e.Derivation = append(e.Derivation, c.derivation()...)
	}
	e.Derivation = append(e.Derivation, fmt.Sprintf("lowest ceiling: %s %s, %.4g/s", limit.node, limit.resource, limit.ceiling()))
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
		if math.IsInf(value, 1) {
			e.Value, e.Outside = 0, "the rate is above the lowest ceiling: there is no steady state"
		}
		out = append(out, e)
	}
	return out
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
	return bench.Estimate{Fact: "pool_miss_ratio", Value: m.missRatio, Tolerance: missTolerance,
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
