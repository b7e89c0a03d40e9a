package compare

import "math"

// studentCDF is the distribution function of Student's t with df degrees of
// freedom, which need not be whole: P(T <= t).
func studentCDF(t, df float64) float64 {
	if math.IsInf(t, 0) {
		return (1 + math.Copysign(1, t)) / 2
	}
	tail := incompleteBeta(df/2, 0.5, df/(df+t*t)) / 2
	if t > 0 {
		return 1 - tail
	}
	return tail
}

// studentTails is the probability of |T| >= |t|.
func studentTails(t, df float64) float64 {
	if math.IsInf(t, 0) {
		return 0
	}
	return incompleteBeta(df/2, 0.5, df/(df+t*t))
}

// studentQuantile inverts studentCDF for p in (0.5, 1) by bisection.
func studentQuantile(p, df float64) float64 {
	low, high := 0.0, 1.0
	for studentCDF(high, df) < p && high < 1e9 {
		high *= 2
	}
	for range 100 {
		if mid := (low + high) / 2; studentCDF(mid, df) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// incompleteBeta is the regularised incomplete beta function I_x(a, b), by
// its continued fraction (Abramowitz and Stegun 26.5.8, with Lentz's method).
func incompleteBeta(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction converges slowly
		return 1 - incompleteBeta(b, a, 1-x)
	}
	lgamma := func(v float64) float64 { l, _ := math.Lgamma(v); return l }
	front := math.Exp(a*math.Log(x)+b*math.Log1p(-x)+lgamma(a+b)-lgamma(a)-lgamma(b)) / a
	const tiny = 1e-300
	c, d := 1.0, 1/notZero(1-(a+b)*x/(a+1), tiny)
	sum := d
	for m := 1.0; m <= 500; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		change := 1.0
		for _, term := range []float64{even, odd} {
			d = 1 / notZero(1+term*d, tiny)
			c = notZero(1+term/c, tiny)
			change = c * d
			sum *= change
		}
		if math.Abs(change-1) < 1e-15 {
			break
		}
	}
	return front * sum
}

func notZero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
