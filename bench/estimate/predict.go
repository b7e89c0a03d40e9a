package estimate

import (
	"fmt"
	"math"
	"slices"
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
	scatterLimits = "; shards that one request asks at once count as independent: up to 60% use within 20%, at 80% within 40%"
	latencyModel  = "floor + gamma law of the waits, mixed over operations and over the number of long jobs in the way"
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
	m.conditions.audience = m.audience
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
	if m.missRatio >= 0 && m.tiers[0].settings().PoolPages > 0 {
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
		case d.Ceiling < out[i].Ceiling*(1-rounding):
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
	if !m.rated() {
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

// rated says that a hit ratio depends on the rate.
func (m *model) rated() bool {
	return slices.ContainsFunc(m.paths, func(p *path) bool { return p.edge != nil || (p.shelves != nil && p.shelves.rated) })
}

func (m *model) capacityEstimate(limit *center, capacity float64, slo bench.SLO) bench.Estimate {
	e := bench.Estimate{Fact: "capacity_per_s", Value: capacity, Tolerance: capacityTolerance,
		Model: "sum of demands; highest rate whose " + latencyModel + " meets the SLO", Limits: m.limits(), Outside: m.outside}
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
	e.Derivation = append(e.Derivation, m.behindQueues(capacity)...)
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
			Limits:     m.limits(), Outside: outside}
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

func (m *model) limits() string {
	if m.scattered {
		return limits + scatterLimits
	}
	return limits
}

// shift widens the tolerance of a median to what an error of the hit ratios
// does to it: hits and misses take times with a gap between, and a median near
// the gap jumps over it when a few more requests miss.
func (m *model) shift(e *bench.Estimate, rs []response) {
	asked := 0.0 // share of requests that a cache or an edge may answer
	for _, p := range m.paths {
		for _, s := range m.workload.Mix {
			_, ok := cached(s.Operation)
			if (ok && p.shelves != nil) || (s.Operation == targets.OpAsset && p.edge != nil) {
				asked += s.Ratio * p.share
			}
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
	// Where it has moved to, it is no more exact than where it was.
	e.Tolerance = max(high/e.Value*(1+e.Tolerance)-1, 1-low/e.Value*(1-e.Tolerance))
	e.Derivation = append(e.Derivation, fmt.Sprintf("hit ratios that are off by %.0f%% of all reads move it to %s", hitTolerance*100, between(low, high)))
}

// front words what answers before the web servers and the store do, and how
// users and data are spread.
func (m *model) front() []string {
	var lines []string
	for _, p := range m.paths {
		if p.place != "" {
			lines = append(lines, fmt.Sprintf("users of %s, %.3g%% of all, are answered by %s", p.place, p.share*100, p.entry.Name))
		}
	}
	for _, s := range m.allShelves() {
		lines = append(lines, s.lines[len(s.lines)-1])
	}
	var edges []string
	for _, p := range m.paths {
		if p.edge != nil && !slices.Contains(edges, p.edge.Name) {
			edges = append(edges, p.edge.Name)
			lines = append(lines, fmt.Sprintf("%s answers %.3g%% of the requests for static files by itself", p.edge.Name, p.edgeHits*100))
			lines = append(lines, p.edgeLines...)
		}
	}
	return append(lines, m.audience.lines...)
}

// way is some routes that a derivation words in one line.
type way struct {
	label                   string
	share, low, high, waits float64
}

// routeLines words the routes: the floor, and the mean of what is beyond.
// Where there are many, those of one operation and place share a line.
func (m *model) routeLines(rs []response) []string {
	const most = 40
	var ways []way
	at := map[any]int{}
	for _, x := range rs {
		r := x.route
		var key any = r
		label := string(r.operation)
		if r.place != "" {
			label += " from " + r.place
		}
		if len(m.routes) > most {
			key = label
		}
		i, ok := at[key]
		if !ok {
			i = len(ways)
			at[key] = i
			ways = append(ways, way{label: label, low: r.floor, high: r.floor})
		}
		w := &ways[i]
		w.share += x.share
		w.waits += x.share * (x.served + x.mean)
		w.low, w.high = min(w.low, r.floor), max(w.high, r.floor)
	}
	var lines []string
	for _, w := range ways {
		if w.share <= 0 {
			continue
		}
		floor := fmt.Sprintf("%.4g ms", w.low*1e3)
		if w.high > w.low {
			floor = fmt.Sprintf("%.4g to %.4g ms", w.low*1e3, w.high*1e3)
		}
		lines = append(lines, fmt.Sprintf("%s (%.3g%%): floor %s, mean beyond it %.4g ms", w.label, w.share*100, floor, w.waits/w.share*1e3))
	}
	return lines
}

func (m *model) missEstimate(w bench.Workload) bench.Estimate {
	outside := ""
	switch {
	case len(m.allShelves()) > 0:
		outside = "a cache in front keeps the repeated reads: with the few that are left a pool takes very long to settle"
	case len(m.tiers[0].replicas) > 0 || m.sharded():
		outside = m.outside
	}
	return bench.Estimate{Outside: outside, Fact: "pool_miss_ratio", Value: m.missRatio, Tolerance: missTolerance,
		Model: "Che's approximation of LRU",
		Derivation: []string{fmt.Sprintf("Zipf exponent %.3g over %d users, pool of %d pages: %.3g%% of page reads miss",
			w.Exponent, w.Data.Users, m.tiers[0].settings().PoolPages, m.missRatio*100)},
		Limits: "independent requests, warm pool"}
}
