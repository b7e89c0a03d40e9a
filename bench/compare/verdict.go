package compare

import (
	"fmt"
	"math"

	"rung/bench"
)

// The ways to an interval, as Delta.Method names them.
const (
	MethodPaired   = "paired bootstrap over windows"
	MethodWindows  = "bootstrap over windows"
	MethodRounds   = "Mann-Whitney over rounds"
	MethodTurns    = "signed ranks over rounds in turn"
	MethodBrackets = "brackets"
	MethodReading  = "one reading"
)

// Chance marks, in Delta.Why, a verdict that holds for its number alone, but
// not where all numbers of the comparison are counted.
const Chance = "it may be chance: so many numbers are compared (Holm)"

// fact is what is known of a number that is compared.
type fact struct {
	name string
	// more says that a higher value is better.
	more bool
	// share is compared by its difference: it may be zero.
	share bool
}

// delta starts the row of a number. What is not finite is left out of it.
func (f fact) delta(before, after float64) bench.Delta {
	d := bench.Delta{Fact: f.name, Before: finiteOr0(before), After: finiteOr0(after), Word: bench.DeltaUnknown}
	if ratio := after / before; finite(ratio) {
		d.Ratio = ratio
	}
	return d
}

// judge gives the word to a change of which the interval, in the scale of the
// change, is known.
func (f fact) judge(d *bench.Delta, low, high, noise float64) {
	switch {
	case low <= 0 && high >= 0:
		d.Word = bench.DeltaSame
	case d.Ratio > 0 && math.Abs(d.Ratio-1) <= noise:
		d.Word = bench.DeltaNoise
	case (low > 0) == f.more:
		d.Word = bench.DeltaBetter
	default:
		d.Word = bench.DeltaWorse
	}
}

// ratios judges by an interval of the logarithm. An infinite end is open,
// which is a zero in the row.
func (f fact) ratios(d *bench.Delta, low, high, noise float64) {
	f.judge(d, low, high, noise)
	d.Low, d.High = math.Exp(low), finiteOr0(math.Exp(high))
}

// shares judges by an interval of the difference, and says it in words: a
// ratio to a share near zero has no sound interval.
func (f fact) shares(d *bench.Delta, low, high, noise float64) {
	f.judge(d, low, high, noise)
	because(d, fmt.Sprintf("the difference is %s points (%s to %s)", points(d.After-d.Before), points(low), points(high)))
}

// points formats a difference of two shares in percentage points.
func points(share float64) string { return fmt.Sprintf("%+.3g", share*100) }

// because adds a reason to a row.
func because(d *bench.Delta, why string) {
	if d.Why != "" {
		d.Why += "; "
	}
	d.Why += why
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func finiteOr0(v float64) float64 {
	if finite(v) {
		return v
	}
	return 0
}
