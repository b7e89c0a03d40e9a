package theory

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"rung/bench"
)

// ErrFewPoints says that a fit has fewer different numbers of nodes than
// parameters.
var ErrFewPoints = errors.New("too few different numbers of nodes")

// parameters of the law: lambda, sigma, kappa.
const parameters = 3

// rounding is what a parameter may do to the largest number of nodes and still
// be what is left of 0.
const rounding = 1e-9

// mostPoints bounds a fit.
const mostPoints = 100_000

// Fit fits the Universal Scalability Law to points by least squares in the
// rate, with sigma and kappa held at 0 or above. The string says what to mind
// about the fit: a bound that was needed, no point past the peak, too few
// points to tell errors, points that were simulated; it is empty when there is
// nothing. The error is ErrFewPoints with fewer than 3 different numbers of
// nodes, and another one when a number or a rate is not finite and positive.
//
// Standard errors are the roots of the diagonal of s^2 (J'J)^-1 with s^2 the
// squared residuals over points minus free parameters. They are 0 with fewer
// than 4 different numbers of nodes, and for a parameter that is held at 0.
func Fit(points []bench.ScalingPoint) (bench.ScalingFit, string, error) {
	free, err := FitUnbounded(points)
	if err != nil {
		return bench.ScalingFit{}, "", err
	}
	fit := free
	var mind []string
	if free.Sigma < 0 || free.Kappa < 0 {
		fit = described(points, squares(points, true))
	}
	if free.Sigma*free.Most < -rounding || free.Kappa*free.Most*free.Most < -rounding {
		mind = append(mind, fmt.Sprintf("without a bound sigma would be %.3g and kappa %.3g, which is unphysical below 0: %s held at 0",
			free.Sigma, free.Kappa, heldAt0(fit)))
	}
	return fit, strings.Join(append(mind, notes(points, fit)...), "; "), nil
}

// FitUnbounded is Fit with sigma and kappa free to be negative.
func FitUnbounded(points []bench.ScalingPoint) (bench.ScalingFit, error) {
	if err := fittable(points); err != nil {
		return bench.ScalingFit{}, fmt.Errorf("fit of the scalability law: %w", err)
	}
	return described(points, squares(points, false)), nil
}

func heldAt0(f bench.ScalingFit) string {
	switch {
	case f.Sigma == 0 && f.Kappa == 0:
		return "both are"
	case f.Sigma == 0:
		return "sigma is"
	}
	return "kappa is"
}

func fittable(points []bench.ScalingPoint) error {
	if len(points) > mostPoints {
		return fmt.Errorf("%d points: there may be %d", len(points), mostPoints)
	}
	for i, p := range points {
		if !sound(p.Nodes) || p.Nodes == 0 || !sound(p.Rate) || p.Rate == 0 || p.Nodes > 1e12 || p.Rate > 1e100 {
			return fmt.Errorf("point %d, %v/s of %v nodes: both must be positive and finite", i, p.Rate, p.Nodes)
		}
	}
	if n := different(points); n < parameters {
		return fmt.Errorf("%w: %d, and the law has %d parameters", ErrFewPoints, n, parameters)
	}
	return nil
}

func different(points []bench.ScalingPoint) int {
	seen := map[float64]bool{}
	for _, p := range points {
		seen[p.Nodes] = true
	}
	return len(seen)
}

// described adds errors, R2 and the peak to a solution.
func described(points []bench.ScalingPoint, s solution) bench.ScalingFit {
	fit := bench.ScalingFit{Lambda: s.law.Lambda, Sigma: s.law.Sigma, Kappa: s.law.Kappa, Most: most(points)}
	mean, total := 0.0, 0.0
	for _, p := range points {
		mean += p.Rate / float64(len(points))
	}
	for _, p := range points {
		total += (p.Rate - mean) * (p.Rate - mean)
	}
	if total > 0 {
		fit.R2 = 1 - s.squared/total
	}
	if n, _ := s.law.Peak(); !math.IsInf(n, 1) && (n == 1 || s.law.Kappa*fit.Most*fit.Most > rounding) {
		fit.Peak = n
	}
	if different(points) > parameters {
		e := s.errors(points)
		fit.LambdaError, fit.SigmaError, fit.KappaError = e[0], e[1], e[2]
	}
	return fit
}

// most is the largest number of nodes that was measured, or that was
// simulated when none was measured.
func most(points []bench.ScalingPoint) float64 {
	measured, last := 0.0, 0.0
	for _, p := range points {
		last = max(last, p.Nodes)
		if !p.Simulated {
			measured = max(measured, p.Nodes)
		}
	}
	if measured == 0 {
		return last
	}
	return measured
}

// notes are what to mind about a fit besides its bounds.
func notes(points []bench.ScalingPoint, f bench.ScalingFit) []string {
	var out []string
	simulated, last := 0, 0.0
	for _, p := range points {
		last = max(last, p.Nodes)
		if p.Simulated {
			simulated++
		}
	}
	if simulated > 0 {
		out = append(out, fmt.Sprintf("the law is fitted to %d points, %d of them simulated", len(points), simulated))
	}
	if different(points) <= parameters {
		out = append(out, fmt.Sprintf("%d different numbers of nodes for %d parameters: no standard errors", parameters, parameters))
	}
	switch {
	case f.Peak == 0:
		out = append(out, fmt.Sprintf("no point past the knee: the fitted curve has none, and beyond %.4g nodes it is extrapolated", last))
	case f.Peak > last:
		out = append(out, fmt.Sprintf("no point past the knee: the fitted peak is at %.4g nodes, the last point at %.4g", f.Peak, last))
	}
	if f.KappaError > 0 && f.Kappa > 0 && f.KappaError > f.Kappa/2 {
		out = append(out, fmt.Sprintf("kappa, %.3g, is less than two of its standard errors: the peak is not known", f.Kappa))
	}
	return out
}
