package html

import (
	"math"

	"rung/bench"
	"rung/reports"
)

// scale is how far an axis reaches and where its labels stand.
type scale struct {
	low, high float64
	log       bool
	// ticks are empty where the page's script finds its own.
	ticks []float64
}

func (s scale) kind() string {
	if s.log {
		return "log"
	}
	return "value"
}

// value is what a chart gets for v: null for what has no place on the axis.
func (s scale) value(v float64) any {
	if s.log {
		return positive(v)
	}
	return number(v)
}

// clamp moves the end of an interval onto the axis.
func (s scale) clamp(v float64) float64 { return min(max(v, s.low), s.high) }

// scaleOf fits an axis to values. With foot a linear axis starts at zero, as
// bars need it; without, it does when the values lie near.
func scaleOf(a bench.Axis, values []float64, foot bool) scale {
	var kept []float64
	for _, v := range values {
		if !math.IsNaN(v) && (v > 0 || !a.Log) {
			kept = append(kept, min(max(v, -farthest), farthest))
		}
	}
	switch {
	case a.Log && a.Unit == bench.UnitBytes && len(kept) > 0:
		return octets(kept)
	case a.Log:
		low, high := decades(kept...)
		return scale{low: low, high: high, log: true}
	case len(kept) == 0:
		return scale{low: 0, high: 1}
	}
	low, high := kept[0], kept[0]
	for _, v := range kept {
		low, high = min(low, v), max(high, v)
	}
	if foot || low > 0 && low <= high/3 {
		low = min(low, 0)
	}
	high = max(high, 0)
	if high-low <= max(math.Abs(low), math.Abs(high))*1e-12 || high-low < 1e-100 {
		high = low + max(1, math.Abs(low)/10)
	}
	share := a.Unit == bench.UnitRatio && high <= 1
	time := a.Unit == bench.UnitNs && !foot
	s := linear(low, high, nice((high-low)/5, unitOf(a.Unit, high)), time)
	if share {
		s.high = min(s.high, 1)
	}
	return s
}

// linear has labels at the multiples of a step. It ends at one, unless exact
// says that it ends with the values, as time does.
func linear(low, high, step float64, exact bool) scale {
	s := scale{low: math.Floor(low/step) * step, high: math.Ceil(high/step-1e-9) * step}
	if exact {
		s.low, s.high = low, high
	}
	first := math.Ceil(s.low/step - 1e-9)
	for i := range 12 {
		at := (first + float64(i)) * step
		if at > s.high*(1+1e-9) && at > s.high {
			break
		}
		if tick, ok := number(at).(float64); ok {
			s.ticks = append(s.ticks, tick)
		}
	}
	return s
}

// octets is a log axis for sizes: its ends and labels are powers of four.
func octets(values []float64) scale {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	from, to := math.Floor(math.Log2(low)/2), math.Ceil(math.Log2(high)/2)
	if from == to {
		to++
	}
	s := scale{low: math.Pow(4, from), high: math.Pow(4, to), log: true}
	step := max(1, math.Ceil((to-from)/6))
	for e := from; e <= to; e += step {
		s.ticks = append(s.ticks, math.Pow(4, e))
	}
	return s
}

// unitOf is the step between the units of a size: labels of bytes fall on
// whole KiB or MiB, those of long times on whole minutes.
func unitOf(u bench.Unit, high float64) float64 {
	switch {
	case u == bench.UnitBytes && high >= 1000:
		return math.Pow(1024, math.Floor(math.Log(high)/math.Log(1024)))
	case u == bench.UnitNs && high >= 10*60e9:
		return 60e9
	}
	return 1
}

// nice rounds a step up to 1, 2, 2.5 or 5 times a power of ten of a unit.
func nice(step, unit float64) float64 {
	step /= unit
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if step <= m*power*(1+1e-9) {
			return m * power * unit
		}
	}
	return 10 * power * unit
}

// formatOf names the format of a unit in the page's script.
func formatOf(u bench.Unit) string {
	switch u {
	case bench.UnitNs:
		return "ns"
	case bench.UnitPerS:
		return "rate"
	case bench.UnitRatio:
		return "percent"
	case bench.UnitBytes:
		return "bytes"
	case bench.UnitUSD:
		return "usd"
	case bench.UnitCount:
		return "count"
	}
	return "number"
}

// written is a value of a unit in a table.
func written(u bench.Unit, v float64) string {
	switch u {
	case bench.UnitNs:
		return reports.Nanoseconds(v)
	case bench.UnitPerS:
		return reports.Rate(v)
	case bench.UnitRatio:
		return reports.Percent(v)
	case bench.UnitUSD:
		return reports.Money(v)
	case bench.UnitBytes:
		if math.Abs(v) < 1<<62 {
			return reports.Bytes(int64(v))
		}
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return reports.Count(int64(v))
	}
	return reports.Plain(v)
}
