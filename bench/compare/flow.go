package compare

import (
	"math"
	"time"

	"rung/bench"
)

// The statistics of counts: the logarithm of the OK answers per second, and
// the share of planned requests that failed or were never sent.
const (
	statGoodput = iota
	statFailed
	flowStats
)

// flow counts requests by window.
type flow struct{ intervals []bench.Interval }

func (f flow) windows() int          { return len(f.intervals) }
func (f flow) length() time.Duration { return intervalLength(f.intervals) }

func (f flow) measure(weights []int, out []float64) {
	var ok, failed, planned, seconds float64
	for i, w := range weights {
		v, w := f.intervals[i], float64(w)
		ok += w * float64(v.OK)
		failed += w * float64(v.Failed+v.Unsent)
		planned += w * float64(v.Planned)
		seconds += w * v.Length.Seconds()
	}
	out[statGoodput] = math.Log(ok / seconds)
	out[statFailed] = 0
	if planned > 0 {
		out[statFailed] = failed / planned
	}
}

func intervalLength(intervals []bench.Interval) time.Duration {
	if len(intervals) == 0 {
		return 0
	}
	return intervals[0].Length
}

// values are one number of each window: its statistic is the logarithm of
// their geometric mean.
type values struct {
	each time.Duration
	logs []float64
}

func (v values) windows() int          { return len(v.logs) }
func (v values) length() time.Duration { return v.each }

func (v values) measure(weights []int, out []float64) {
	sum, n := 0.0, 0.0
	for i, w := range weights {
		sum += float64(w) * v.logs[i]
		n += float64(w)
	}
	out[0] = sum / n
}
