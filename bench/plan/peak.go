package plan

import (
	"sort"
	"time"

	"rung/bench"
)

// peakWindows bounds the windows that Peak looks at.
const peakWindows = 1000

// Peak is the highest rate of a plan, in requests per second: the most that
// is due in one of up to 1000 equal windows of at least a tenth of a second,
// over the window's length. It looks at the offsets only.
func Peak(p bench.Plan) float64 {
	whole := p.Duration()
	windows := int(min(max(whole/(100*time.Millisecond), 1), peakWindows))
	most, last := uint64(0), uint64(0)
	for i := 1; i <= windows; i++ {
		end := whole / time.Duration(windows) * time.Duration(i)
		if i == windows {
			end = whole
		}
		due := Before(p, end)
		most, last = max(most, due-last), due
	}
	return float64(most) / (whole / time.Duration(windows)).Seconds()
}

// Before counts the requests that are due before an offset, by binary search.
func Before(p bench.Plan, offset time.Duration) uint64 {
	return uint64(sort.Search(int(p.Count()), func(n int) bool { return p.At(uint64(n)) >= offset }))
}

// Arrivals is the arrival law of a plan: Poisson for those that Poisson made,
// and their beginnings; constant for all that follow a curve.
func Arrivals(p bench.Plan) bench.Arrivals {
	if u, ok := p.(until); ok {
		p = u.Plan
	}
	if _, ok := p.(*poisson); ok {
		return bench.ArrivalsPoisson
	}
	return bench.ArrivalsConstant
}
