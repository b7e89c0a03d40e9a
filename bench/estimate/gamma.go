package estimate

import "rung/bench/theory"

// upperGamma is the probability that a gamma law of shape a and scale 1
// exceeds x.
func upperGamma(a, x float64) float64 { return theory.UpperGamma(a, x) }
