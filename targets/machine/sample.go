package machine

import (
	"math"
	"math/rand/v2"
	"time"

	"rung/targets"
)

// longest bounds a sample, so that no draw of a heavy tail can overflow the
// arithmetic of times.
const longest = 24 * time.Hour

// Sample draws a service time from law. It is at least 0 and at most 24 hours.
//
// A lognormal law with mean m and coefficient of variation c has
// sigma^2 = ln(1 + c^2) and mu = ln(m) - sigma^2/2.
func Sample(law targets.Law, random *rand.Rand) time.Duration {
	mean := float64(law.Mean)
	if law.Mean <= 0 {
		return 0
	}
	draw := mean
	switch law.Shape {
	case targets.ShapeExponential:
		draw = mean * random.ExpFloat64()
	case targets.ShapeLognormal:
		variance := math.Log1p(law.CV * law.CV)
		draw = mean * math.Exp(math.Sqrt(variance)*random.NormFloat64()-variance/2)
	}
	return time.Duration(min(math.Round(draw), float64(longest)))
}
