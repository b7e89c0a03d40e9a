package search

import "math"

// Bracket is a search for the highest rate that passes: it steps away from
// the first rate until one passes and one fails, and then halves the gap. It
// is for one goroutine. Rates are in requests per second.
type Bracket struct {
	// Passed is the highest rate that passed, Failed the lowest that did not.
	// Zero means that none did.
	Passed, Failed float64
	// Next is the rate to try next.
	Next float64
	// Width at which the bracket is done: (Failed-Passed)/Passed.
	Width float64
}

// New starts a search at a rate above 0. Width is the relative width of a
// finished bracket, above 0: 0.05 is 5%.
func New(first, width float64) *Bracket { return &Bracket{Next: first, Width: width} }

// stride is the factor of the second step; later ones grow. The first is as
// wide as the bracket may be, so that a good estimate takes two probes.
const stride = 1.15

// Note takes down how a rate fared and sets Next. Step is the number of the
// try, from 1 on. Where tries contradict each other the lower rate that
// failed wins.
func (b *Bracket) Note(rate float64, passed bool, step int) {
	if passed {
		b.Passed = max(b.Passed, rate)
	} else if b.Failed == 0 || rate < b.Failed {
		b.Failed = rate
	}
	grow := 1 + b.Width
	if step > 1 {
		grow = math.Pow(stride, float64(step-1))
	}
	switch {
	case b.Failed == 0:
		b.Next = b.Passed * grow
	case b.Passed == 0:
		b.Next = b.Failed / grow
	default:
		b.Next = math.Sqrt(b.Passed * b.Failed)
	}
}

// Narrow reports whether the bracket is done.
func (b *Bracket) Narrow() bool {
	const rounding = 1e-3 // rates are whole tenths
	return b.Passed > 0 && b.Failed > 0 && b.Failed/b.Passed-1 <= b.Width+rounding
}
