package theory

import "math"

// UpperGamma is the regularised upper incomplete gamma function Q(a, x): the
// probability that a gamma law of shape a and scale 1 exceeds x. It takes its
// series below a+1 and Lentz's continued fraction above (Abramowitz and Stegun
// 6.5.29 and 6.5.31), to about 1e-12 for shapes up to some 10,000, and
// 1e-4 at the largest. It is 1 for
// an x of 0 or less, and when a is not above 0, or above 1e10.
func UpperGamma(a, x float64) float64 {
	if x <= 0 || !(a > 0) || a > largest || math.IsNaN(x) {
		return 1
	}
	if math.IsInf(x, 1) {
		return 0
	}
	lg, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - lg)
	const enough = 1e-14
	// Near x = a both need some multiples of sqrt(a) terms.
	steps := 1000 + int(min(10*math.Sqrt(a), 1e6))
	if x < a+1 {
		term := 1 / a
		total := term
		for n := 1; n < steps && math.Abs(term) > math.Abs(total)*enough; n++ {
			term *= x / (a + float64(n))
			total += term
		}
		return max(0, 1-front*total)
	}
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1; n < steps; n++ {
		an := -float64(n) * (float64(n) - a)
		b += 2
		d = 1 / nonzero(an*d+b)
		c = nonzero(b + an/c)
		h *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return min(1, front*h)
}

// largest is the shape of a law above which the rounding of the logarithms of
// its parts shows: below, the relative error is at most 1e-4.
const largest = 1e10

// tiny stands for 0 in the continued fractions.
const tiny = 1e-300

func nonzero(v float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}

// Beta is the regularised incomplete beta function I_x(a, b): the probability
// that a beta law is at most x, by its continued fraction (Abramowitz and
// Stegun 26.5.8). It is also P(Bin(a+b-1, x) >= a) for whole numbers. It is 0
// for an x of 0 or less, 1 for one of 1 or more, and when a or b is not
// above 0 or above 1e10, or x no number. Its error is as that of UpperGamma.
func Beta(x, a, b float64) float64 {
	switch {
	case !(a > 0) || !(b > 0) || a > largest || b > largest || math.IsNaN(x) || x >= 1:
		return 1
	case x <= 0:
		return 0
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return min(1, front*betaFraction(x, a, b)/a)
	}
	return max(0, 1-front*betaFraction(1-x, b, a)/b)
}

func betaFraction(x, a, b float64) float64 {
	const enough = 1e-15
	steps := 200 + int(min(5*math.Sqrt(max(a, b)), 1e6))
	c, d := 1.0, 1/nonzero(1-(a+b)*x/(a+1))
	h := d
	for m := 1.0; m < float64(steps); m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonzero(1+even*d)
		c = nonzero(1 + even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonzero(1+odd*d)
		c = nonzero(1 + odd/c)
		h *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return h
}
