package theory

import "fmt"

// Band is how far a prediction's mean may be from the measured one, as a ratio
// of it, at a load of the bottleneck: 0.2 up to a load of 0.7, 0.5 up to 0.9.
// Above, nothing is claimed, and the string says why: a small error of the load
// is a large one of the wait. The same is true of a load that is not a number
// of at least 0.
func Band(load float64) (tolerance float64, outside string) {
	switch {
	case !sound(load):
		return 0, fmt.Sprintf("a load of %v: it must be zero or positive, and finite", load)
	case load <= 0.7:
		return 0.2, ""
	case load <= 0.9:
		return 0.5, ""
	case load >= 1:
		return 0, fmt.Sprintf("a load of %.3g is not below 1: there is no steady state to predict", load)
	}
	return 0, fmt.Sprintf("a load of %.3g is above 0.9: an error of 1%% in the load changes the wait by about %.0f%%", load, 1/(1-load))
}
