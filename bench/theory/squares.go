package theory

import (
	"math"

	"rung/bench"
)

// solution of a fit: the law, its squared residuals, and which parameters are
// free, not held at their bound.
type solution struct {
	law     USL
	squared float64
	free    [parameters]bool
	bounded bool
	// scale of the steps, so that no rate or number of nodes makes a matrix
	// singular.
	scale [parameters]float64
}

// squares is the law of least squares in the rate, with or without sigma and
// kappa at least 0: the best of those that some starts lead to.
func squares(points []bench.ScalingPoint, bounded bool) solution {
	most, best := 0.0, 0.0
	for _, p := range points {
		most, best = max(most, p.Nodes), max(best, p.Rate/p.Nodes)
	}
	found := solution{squared: math.Inf(1)}
	for _, law := range []USL{
		linearised(points, most, best), {Lambda: best}, {Lambda: best, Sigma: 0.1}, {Lambda: best, Kappa: 1 / (most * most)},
	} {
		if bounded {
			law.Sigma, law.Kappa = max(0, law.Sigma), max(0, law.Kappa)
		}
		s := solution{bounded: bounded, scale: [parameters]float64{law.Lambda, 1 / most, 1 / (most * most)}}
		s.move(points, law)
		s.descend(points)
		if s.squared < found.squared {
			found = s
		}
	}
	return found
}

// descend is the method of Levenberg and Marquardt (Marquardt, SIAM Journal
// 11(2), 1963), in at most 500 steps. Where the full matrix of second
// derivatives is positive definite it takes the place of J'J, which creeps when
// the residuals are large. A parameter at its bound is held there while the
// squares fall beyond it.
func (s *solution) descend(points []bench.ScalingPoint) {
	damping := 1e-3
	for range 500 {
		curve, full, gradient := s.derivatives(points)
		s.hold(gradient)
		curve, full = s.masked(curve), s.masked(full)
		if positive(full) {
			curve = full
		}
		for i := range curve {
			curve[i][i] *= 1 + damping
			if !s.free[i] {
				gradient[i] = 0
			}
		}
		step, ok := solve(curve, gradient)
		next := *s
		if ok {
			next.move(points, s.stepped(step))
		}
		if !ok || !(next.squared <= s.squared) {
			if damping *= 10; damping > 1e16 {
				return
			}
			continue
		}
		s.law, s.squared = next.law, next.squared
		damping = max(damping/10, 1e-16)
		if math.Abs(step[0])+math.Abs(step[1])+math.Abs(step[2]) < 1e-14 {
			return
		}
	}
}

func (s *solution) stepped(step [parameters]float64) USL {
	law := USL{s.law.Lambda + step[0]*s.scale[0], s.law.Sigma + step[1]*s.scale[1], s.law.Kappa + step[2]*s.scale[2]}
	if s.bounded {
		law.Sigma, law.Kappa = max(0, law.Sigma), max(0, law.Kappa)
	}
	return law
}

// hold says which parameters are free where the squares fall along gradient.
func (s *solution) hold(gradient [parameters]float64) {
	s.free = [parameters]bool{
		true,
		!s.bounded || s.law.Sigma > 0 || gradient[1] > 0,
		!s.bounded || s.law.Kappa > 0 || gradient[2] > 0,
	}
}

// masked gives parameters that are not free a one on the diagonal, and so a
// step of 0.
func (s *solution) masked(a [parameters][parameters]float64) [parameters][parameters]float64 {
	for i := range a {
		for j := range a {
			if !s.free[i] || !s.free[j] {
				a[i][j] = 0
			}
		}
		if !s.free[i] {
			a[i][i] = 1
		}
	}
	return a
}

// move puts a law in place; its squares are +Inf where it is none at a point.
func (s *solution) move(points []bench.ScalingPoint, law USL) {
	s.law, s.squared = law, 0
	for _, p := range points {
		cost := law.cost(p.Nodes)
		if !(cost > 0) || !(law.Lambda > 0) {
			s.squared = math.Inf(1)
			return
		}
		off := p.Rate - law.Lambda*p.Nodes/cost
		s.squared += off * off
	}
}

// cost is the law's denominator, 1 + sigma (n-1) + kappa n (n-1).
func (u USL) cost(n float64) float64 { return 1 + u.Sigma*(n-1) + u.Kappa*n*(n-1) }

// derivatives are J'J, half the second derivatives of the squares, and J'r, in
// units of the scale.
func (s *solution) derivatives(points []bench.ScalingPoint) (normal, full [parameters][parameters]float64, gradient [parameters]float64) {
	for _, p := range points {
		cost := s.law.cost(p.Nodes)
		x := s.law.Lambda * p.Nodes / cost
		off := p.Rate - x
		// Slopes of lambda and of the cost, over themselves: the rate goes up
		// with the first and down with the others.
		slopes := [parameters]float64{s.scale[0] / s.law.Lambda, -s.scale[1] * (p.Nodes - 1) / cost, -s.scale[2] * p.Nodes * (p.Nodes - 1) / cost}
		for i, a := range slopes {
			gradient[i] += x * a * off
			for j, b := range slopes {
				normal[i][j] += x * a * x * b
				factor := 2.0 // of the second derivative of x
				switch {
				case i == 0 && j == 0:
					factor = 0
				case i == 0 || j == 0:
					factor = 1
				}
				full[i][j] += x*a*x*b - off*x*factor*a*b
			}
		}
	}
	return normal, full, gradient
}

// errors are the standard errors of the parameters; 0 for those that are not
// free, and all 0 without a degree of freedom.
func (s *solution) errors(points []bench.ScalingPoint) (out [parameters]float64) {
	normal, _, _ := s.derivatives(points)
	s.hold([parameters]float64{}) // all that are at a bound
	freedom := len(points)
	for i := range s.free {
		if s.free[i] {
			freedom--
		}
	}
	if freedom < 1 {
		return out
	}
	normal = s.masked(normal)
	for i := range out {
		var unit [parameters]float64
		unit[i] = 1
		column, ok := solve(normal, unit)
		if s.free[i] && ok && column[i] > 0 {
			out[i] = s.scale[i] * math.Sqrt(column[i]*s.squared/float64(freedom))
		}
	}
	return out
}

// linearised is the law that fits N/X, which is linear in 1/lambda,
// sigma/lambda and kappa/lambda, or one of lambda alone where that is none.
func linearised(points []bench.ScalingPoint, most, best float64) USL {
	var normal [parameters][parameters]float64
	var right [parameters]float64
	for _, p := range points {
		n := p.Nodes / most
		terms := [parameters]float64{1, n - 1/most, n * (n - 1/most)}
		for i, a := range terms {
			right[i] += a * p.Nodes / p.Rate * best
			for j, b := range terms {
				normal[i][j] += a * b
			}
		}
	}
	b, ok := solve(normal, right)
	if !ok || b[0] <= 0 {
		return USL{Lambda: best}
	}
	law := USL{best / b[0], b[1] / b[0] / most, b[2] / b[0] / (most * most)}
	for _, p := range points {
		if !(law.cost(p.Nodes) > 0) {
			return USL{Lambda: best}
		}
	}
	return law
}
