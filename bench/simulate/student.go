package simulate

import (
	"math"
	"slices"
)

// Interval is a mean or quantile over replications, with a 95% interval by
// Student's t. Low and High are both zero when there is one replication.
type Interval struct{ Value, Low, High float64 }

// intervalOf is that of independent values around their mean. Value, what was
// found over all replications together, is always in it.
func intervalOf(value float64, values []float64) Interval {
	n := float64(len(values))
	if n < 2 {
		return Interval{Value: value}
	}
	mean, square := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	half := student(len(values)-1) * math.Sqrt(square/(n-1)/n)
	return Interval{Value: value, Low: min(mean-half, value), High: max(mean+half, value)}
}

// student is the quantile 0.975 of Student's t with some degrees of freedom,
// from tables up to 10 and by the expansion of Cornish and Fisher above
// (Abramowitz and Stegun 26.7.5), which is right to four digits there.
func student(freedom int) float64 {
	known := [...]float64{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281}
	if freedom < 1 {
		return math.Inf(1)
	}
	if freedom <= len(known) {
		return known[freedom-1]
	}
	const z = 1.959963984540054
	f := float64(freedom)
	z3, z5, z7 := z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*f) + (5*z5+16*z3+3*z)/(96*f*f) + (3*z7+19*z5+17*z3-15*z)/(384*f*f*f)
}

// middle is the range of the middle 95% of some values; zero of too few.
func middle(values []float64) (from, to float64) {
	const few, part = 40, 0.025
	if len(values) < few {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(values))
	out := int(part * float64(len(sorted)))
	return sorted[out], sorted[len(sorted)-1-out]
}
