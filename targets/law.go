package targets

import (
	"fmt"
	"time"
)

// Shape is the shape of a service law.
type Shape string

// The service laws.
const (
	ShapeConstant    Shape = "constant"
	ShapeExponential Shape = "exponential"
	ShapeLognormal   Shape = "lognormal"
)

// MaxMean is the longest mean of a law.
const MaxMean = time.Minute

// Law is how long a piece of work takes. The zero Law takes no time.
type Law struct {
	// Shape of the law. Empty means constant.
	Shape Shape `json:"shape,omitempty"`
	// Mean is at most MaxMean.
	Mean time.Duration `json:"mean_ns"`
	// CV is the coefficient of variation (standard deviation / mean) of a
	// lognormal law, 0 to 20. The other shapes ignore it: constant has 0,
	// exponential 1.
	CV float64 `json:"cv,omitempty"`
}

// Constant returns the law of work that always takes d.
func Constant(d time.Duration) Law { return Law{Shape: ShapeConstant, Mean: d} }

// Variation returns the coefficient of variation of the law.
func (l Law) Variation() float64 {
	switch l.Shape {
	case ShapeExponential:
		return 1
	case ShapeLognormal:
		return l.CV
	}
	return 0
}

// Check reports why the law is not usable, or nil.
func (l Law) Check() error {
	switch l.Shape {
	case "", ShapeConstant, ShapeExponential, ShapeLognormal:
	default:
		return fmt.Errorf("unknown shape %q: allowed are constant, exponential, lognormal", l.Shape)
	}
	if l.Mean < 0 || l.Mean > MaxMean {
		return fmt.Errorf("mean is %v: allowed is 0 to %v", l.Mean, MaxMean)
	}
	if !(l.CV >= 0 && l.CV <= 20) { // false for NaN too
		return fmt.Errorf("cv is %v: allowed is 0 to 20", l.CV)
	}
	return nil
}
