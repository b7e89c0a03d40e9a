package estimate

import "math"

// response is the law of one route's response time at one rate: a floor
// plus the sum of its waits, the sum taken as a gamma law of the same mean
// and variance.
type response struct {
	share, floor   float64
	mean, variance float64 // of the sum of waits
}

func (m *model) responses(lambda float64) []response {
	var out []response
	for _, r := range m.routes {
		x := response{share: r.share, floor: r.floor}
		for _, v := range r.visits {
			w := v.center.wait(lambda)
			if math.IsInf(w.Mean, 1) {
				x.mean = math.Inf(1)
				break
			}
			x.mean += v.pieces * w.Mean
			x.variance += v.pieces * w.Variance()
		}
		out = append(out, x)
	}
	return out
}

// beyond is the probability that the response takes longer than t.
func (r response) beyond(t float64) float64 {
	switch {
	case math.IsInf(r.mean, 1):
		return 1
	case t < r.floor:
		return 1
	case r.mean <= 0 || r.variance <= 0:
		return 0
	}
	shape := r.mean * r.mean / r.variance
	return upperGamma(shape, (t-r.floor)*r.mean/r.variance)
}

// beyond is the share of all requests whose response takes longer than t at
// rate lambda.
func beyond(rs []response, t float64) float64 {
	total, share := 0.0, 0.0
	for _, r := range rs {
		total += r.share * r.beyond(t)
		share += r.share
	}
	if share == 0 {
		return 0
	}
	return total / share
}

// quantile of the response time over the whole mix, in seconds; infinite at
// and above saturation.
func (m *model) quantile(lambda, q float64) float64 {
	rs := m.responses(lambda)
	low, high := 0.0, 1e-6
	for beyond(rs, high) > 1-q {
		high *= 2
		if high > 1e4 {
			return math.Inf(1)
		}
	}
	for range 60 {
		if mid := (low + high) / 2; beyond(rs, mid) > 1-q {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// capacity is the highest rate whose response time at q stays within limit
// seconds; the ceiling of the bottleneck when that comes first.
func (m *model) capacity(q, limit float64) float64 {
	c := m.bottleneck()
	if c == nil {
		return math.Inf(1)
	}
	low, high := 0.0, c.ceiling()
	for range 50 {
		if mid := (low + high) / 2; m.quantile(mid, q) <= limit {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

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
