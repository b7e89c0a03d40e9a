package estimate

import "math"

// upperGamma is the regularised upper incomplete gamma function Q(a, x), by
// its series below a+1 and by Lentz's continued fraction above (Abramowitz
// and Stegun 6.5.29 and 6.5.31).
func upperGamma(a, x float64) float64 {
	if x <= 0 {
		return 1
	}
	lg, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - lg)
	const steps, tiny, enough = 1000, 1e-300, 1e-14
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
		d = 1 / nonzero(an*d+b, tiny)
		c = nonzero(b+an/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return min(1, front*h)
}

func nonzero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
