package estimate

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// PredictAttack is Predict for an attack of that length at the common rate.
// The quantiles of a short attack scatter around those of the steady state,
// because it brings more or less of the rare long work than on average. The
// tolerance of each latency estimate is widened to what two standard
// deviations of the work on the busiest resource do to it. Caches are taken
// as warm at its start, with entries that have just been filled. Users have no
// region: they go where DNS sends those it cannot place.
func PredictAttack(t targets.Topology, w bench.Workload, rate float64, length, hop time.Duration) (bench.Prediction, error) {
	return PredictCrowd(t, w, Crowd{}, rate, length, hop)
}

// widen sets an estimate's tolerance to its sampling error, where that is the
// larger one.
func (m *model) widen(e *bench.Estimate, rate, n, q float64) {
	c := m.bottleneck()
	if c == nil || n < 1 || e.Value <= 0 {
		return
	}
	sd := m.scatter(c) / math.Sqrt(n)
	low, high := quantile(m.responses(rate*math.Max(0, 1-2*sd)), q)*1e9, quantile(m.responses(rate*(1+2*sd)), q)*1e9
	line := fmt.Sprintf("the work that %.0f requests bring to %s has a standard deviation of %.3g%%: two of them up or down give %s",
		n, c.name(), sd*100, between(low, high))
	e.Derivation = append(e.Derivation, line)
	off := math.Max(high/e.Value-1, 1-low/e.Value)
	if math.IsInf(off, 1) || off > 2 {
		e.Outside = fmt.Sprintf("the attack is too short to tell: %.0f requests scatter over %s", n, between(low, high))
		return
	}
	e.Tolerance = math.Max(e.Tolerance, off)
}

func between(low, high float64) string {
	if math.IsInf(high, 1) {
		return fmt.Sprintf("%s or more", bench.Quantity("_ns", low))
	}
	return fmt.Sprintf("%s to %s", bench.Quantity("_ns", low), bench.Quantity("_ns", high))
}

// scatter is the coefficient of variation of the work that one request brings
// to a center: sqrt(E[W^2]/E[W]^2 - 1).
func (m *model) scatter(c *center) float64 {
	mean, square := c.time(), c.short.square
	for _, r := range m.routes {
		for _, v := range r.visits {
			if v.center == c {
				square += r.share * (v.long*v.long + v.spread)
			}
		}
	}
	if mean == 0 {
		return 0
	}
	return math.Sqrt(math.Max(0, square/(mean*mean)-1))
}
