package theory_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

func TestUpperGamma(t *testing.T) {
	for _, row := range []struct{ a, x, want float64 }{
		{2, 1, 2 / math.E},          // (1+x) e^-x
		{3, 2, 5 * math.Exp(-2)},    // (1+x+x^2/2) e^-x
		{2, 5, 6 * math.Exp(-5)},    //
		{1.5, 1, 0.572406704470798}, // erfc(1) + 2/sqrt(pi) e^-1
		{5, 20, 1.694474000e-5},     // e^-20 (1 + 20 + 200 + 8000/6 + 160000/24)
		{10, 0, 1}, {10, -1, 1}, {1, 800, 0}, {0, 1, 1}, {math.NaN(), 1, 1}, {1, math.NaN(), 1}, {1, math.Inf(1), 0}, {math.Inf(1), 1, 1},
	} {
		near(t, "Q", theory.UpperGamma(row.a, row.x), row.want, 1e-10)
	}
	// Half, and a third of a deviation, of a law that is nearly normal.
	near(t, "a large shape at its mean", theory.UpperGamma(1e8, 1e8), 0.5, 2e-5)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0, 50).Draw(t, "x")
		near(t, "Q(1,x)", theory.UpperGamma(1, x), math.Exp(-x), 1e-12)
		near(t, "Q(0.5,x)", theory.UpperGamma(0.5, x), math.Erfc(math.Sqrt(x)), 1e-12)
		a := rapid.Float64Range(0.01, 200).Draw(t, "a")
		lg, _ := math.Lgamma(a + 1)
		if x > 0 {
			near(t, "the recurrence", theory.UpperGamma(a+1, x), theory.UpperGamma(a, x)+math.Exp(a*math.Log(x)-x-lg), 1e-10)
		}
		if q := theory.UpperGamma(a, x); q < 0 || q > 1 || q < theory.UpperGamma(a, x+0.5)-1e-12 {
			t.Errorf("Q(%v, %v) = %v is no falling probability", a, x, q)
		}
	})
}

func TestBeta(t *testing.T) {
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1), 1e11} {
		near(t, "no law", theory.Beta(0.5, bad, 1), 1, 0)
		near(t, "no law", theory.Beta(0.5, 1, bad), 1, 0)
	}
	near(t, "no number", theory.Beta(math.NaN(), 1, 1), 1, 0)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0, 1).Draw(t, "x")
		a, b := rapid.Float64Range(0.01, 300).Draw(t, "a"), rapid.Float64Range(0.01, 300).Draw(t, "b")
		near(t, "I(x; a, 1)", theory.Beta(x, a, 1), math.Pow(x, a), 1e-10)
		near(t, "I(x; 1, b)", theory.Beta(x, 1, b), 1-math.Pow(1-x, b), 1e-10)
		if y := 1 - x; x == 1-y { // else 1-x is not the other side
			near(t, "both sides", theory.Beta(x, a, b)+theory.Beta(y, b, a), 1, 1e-10)
		}
		if x > 0 && x < 1 {
			// I(x; a+1, b) = I(x; a, b) - x^a (1-x)^b / (a B(a, b))
			la, _ := math.Lgamma(a + 1)
			lb, _ := math.Lgamma(b)
			lab, _ := math.Lgamma(a + b)
			step := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
			near(t, "the recurrence", theory.Beta(x, a+1, b), theory.Beta(x, a, b)-step, 1e-9)
		}
	})
}
