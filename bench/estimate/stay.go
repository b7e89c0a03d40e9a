package estimate

// stay is the mean and variance of the time that long work spends at a
// center; also by the number of others that it finds there.
type stay struct {
	mean, variance   float64
	means, variances []float64
}

// stay is that of work of that slot time.
//
// The mean is Little's law. For the second moment the number there goes up
// and down while the work proceeds: with m1 and m2 the moments of the time
// that progress u takes, by the number k that are there at its start,
//
//	m1' = 1/speed + A m1,  m2' = 2 m1/speed + A m2
//
// where A moves k up at arrivals/speed and down at (k-1)/work per unit of
// progress. For one slot and no short work this is the M/M/1-PS queue, whose
// moments are known (Coffman, Muntz and Trotter 1970).
func (p population) stay(work float64) stay {
	const steps = 64
	w := p.walk(work / steps)
	n := len(w.slow)
	m1, m2, before, spare := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for range steps {
		w.step(m1, before, func(k int) float64 { return w.slow[k] })
		w.step(m2, spare, func(k int) float64 { return (before[k] + m1[k]) * w.slow[k] })
	}
	s := stay{means: m1, variances: m2}
	for k, share := range p.share { // an arrival sees the time averages
		s.mean += share * m1[k]
		s.variance += share * m2[k]
		m2[k] = max(0, m2[k]-m1[k]*m1[k])
	}
	s.variance = max(0, s.variance-s.mean*s.mean)
	return s
}

// walk is the number of others as the work proceeds, in steps of progress h;
// state k has k others.
type walk struct {
	h              float64
	slow, up, down []float64
	// The factors of the tridiagonal system that every step solves.
	factor, pivot []float64
}

func (p population) walk(h float64) walk {
	n := len(p.share)
	w := walk{h: h, slow: make([]float64, n), up: make([]float64, n), down: make([]float64, n),
		factor: make([]float64, n), pivot: make([]float64, n)}
	for k := range n {
		there := min(k+1, n-1)
		speed := p.speed[there] * float64(there) / float64(k+1)
		w.slow[k] = 1 / speed
		w.down[k] = float64(k) / p.work
		if k < n-1 {
			w.up[k] = p.arrivals / speed
		}
	}
	// (1 - h/2 A) by elimination from below.
	for k := range n {
		w.pivot[k] = 1 + h/2*(w.up[k]+w.down[k])
		if k > 0 {
			w.factor[k] = -h / 2 * w.down[k] / w.pivot[k-1]
			w.pivot[k] += w.factor[k] * h / 2 * w.up[k-1]
		}
	}
	return w
}

// step moves m on by h of progress, by the trapezoidal rule (Crank and
// Nicolson), which is stable for any h, and leaves in old what it held.
func (w walk) step(m, old []float64, source func(k int) float64) {
	n := len(m)
	copy(old, m)
	for k := range n {
		change := 0.0
		if k > 0 {
			change += w.down[k] * (old[k-1] - old[k])
		}
		if k < n-1 {
			change += w.up[k] * (old[k+1] - old[k])
		}
		m[k] = old[k] + w.h/2*change + w.h*source(k)
		if k > 0 {
			m[k] -= w.factor[k] * m[k-1]
		}
	}
	for k := n - 1; k >= 0; k-- {
		if k < n-1 {
			m[k] += w.h / 2 * w.up[k] * m[k+1]
		}
		m[k] /= w.pivot[k]
	}
}
