package theory_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/theory"
)

// cisco are the rates with 1 to 32 at once of the set that the tests of
// github.com/codahale/usl and usl4j fit (model_test.go, 749ffb3).
func cisco() (out []bench.ScalingPoint) {
	for i, x := range []float64{
		955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08,
		7219.80, 7867.61, 8278.71, 8646.70, 9047.84, 9426.55, 9645.37, 9897.24,
		10097.60, 10240.50, 10532.39, 10798.52, 11151.43, 11518.63, 11806.00, 12089.37,
		12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.40, 12074.39,
	} {
		out = append(out, bench.ScalingPoint{Nodes: float64(i + 1), Rate: x})
	}
	return out
}

// specSDM91 is the benchmark of that name (README.md of codahale/usl; Gunther
// 2007).
func specSDM91() []bench.ScalingPoint {
	return []bench.ScalingPoint{
		{Nodes: 1, Rate: 65}, {Nodes: 18, Rate: 996}, {Nodes: 36, Rate: 1652}, {Nodes: 72, Rate: 1853},
		{Nodes: 108, Rate: 1829}, {Nodes: 144, Rate: 1775}, {Nodes: 216, Rate: 1702},
	}
}

func fitted(t *testing.T, points []bench.ScalingPoint) (bench.ScalingFit, string) {
	t.Helper()
	f, mind, err := theory.Fit(points)
	if err != nil {
		t.Fatal(err)
	}
	return f, mind
}

// Section 4.6, the Cisco set.
func TestVectorsOfCisco(t *testing.T) {
	f, mind := fitted(t, cisco())
	// Published by two implementations.
	near(t, "published sigma", f.Sigma, 0.02671591, 5e-7)
	near(t, "published kappa", f.Kappa, 7.690945e-4, 5e-9)
	near(t, "published lambda", f.Lambda, 995.6486, 5e-3)
	near(t, "published rate at 35", f.At(35), 12341.7454, 5e-3)
	near(t, "published whole peak", math.Floor(f.Peak), 35, 0)
	// The exact minimum.
	near(t, "sigma", f.Sigma, 0.0267159450, 5e-11)
	near(t, "kappa", f.Kappa, 7.69093921e-4, 5e-13)
	near(t, "lambda", f.Lambda, 995.648786, 5e-7)
	near(t, "N*", f.Peak, 35.5738, 5e-5)
	near(t, "R2", f.R2, 0.997151, 5e-7)
	near(t, "X(20)", f.At(20), 11063.6331, 5e-4)
	near(t, "X(64)", f.At(64), 11016.687, 5e-3)
	near(t, "most", f.Most, 32, 0)
	if !strings.Contains(mind, "no point past the knee") {
		t.Errorf("the peak, 35.6, is beyond the last point, 32, but what to mind is %q", mind)
	}
	up, down, err := theory.LawOf(f).NodesFor(11048)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "N at 11,048/s", up, 19.92390, 5e-6)
	near(t, "second root", down, 63.516, 5e-4)
}

// Section 4.6, SPEC SDM91.
func TestVectorsOfSPEC(t *testing.T) {
	f, mind := fitted(t, specSDM91())
	near(t, "published sigma", f.Sigma, 0.0277299, 5e-6)
	near(t, "published kappa", f.Kappa, 0.000104343, 5e-8)
	near(t, "published lambda", f.Lambda, 89.9878, 5e-3)
	near(t, "sigma", f.Sigma, 0.0277289, 5e-8)
	near(t, "kappa", f.Kappa, 1.043480e-4, 5e-11)
	near(t, "lambda", f.Lambda, 89.98715, 5e-6)
	// Standard errors as R's usl prints them.
	near(t, "error of sigma", f.SigmaError, 9.1e-3, 5e-5)
	near(t, "error of kappa", f.KappaError, 2.0e-5, 5e-7)
	near(t, "error of lambda", f.LambdaError, 14.2, 5e-2)
	near(t, "peak", f.Peak, 96, 1)
	_, peak := theory.LawOf(f).Peak()
	near(t, "rate of the peak", peak, 1883.76, 5e-2)
	// These were printed with the published parameters.
	published := theory.USL{Lambda: 89.9878, Sigma: 0.0277299, Kappa: 0.000104343}
	for _, row := range []struct{ n, want, digit float64 }{{10, 714.779, 5e-4}, {100, 1883.28, 5e-3}, {300, 1447.46, 5e-3}} {
		near(t, "prediction", published.At(row.n), row.want, row.digit)
		near(t, "prediction of the fit", f.At(row.n), row.want, 2e-5*row.want)
	}
	if mind != "" {
		t.Errorf("points on both sides of the peak, but what to mind is %q", mind)
	}
}

// Section 4.6: how far a part of the Cisco set misses the rest.
func TestVectorsOfExtrapolation(t *testing.T) {
	all := cisco()
	for _, row := range []struct {
		points     int
		at24, at32 float64 // percent
		sigma      float64
	}{{10, 13.8, 26.2, math.NaN()}, {16, -14.4, -20.1, -0.0028}} {
		f, err := theory.FitUnbounded(all[:row.points])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "error at 24 in percent", (f.At(24)/all[23].Rate-1)*100, row.at24, 0.05)
		near(t, "error at 32 in percent", (f.At(32)/all[31].Rate-1)*100, row.at32, 0.05)
		if !math.IsNaN(row.sigma) {
			near(t, "sigma", f.Sigma, row.sigma, 5e-5)
		}
	}
	f, mind := fitted(t, all[:16])
	if f.Sigma != 0 || f.SigmaError != 0 || !(f.Kappa > 0 && f.KappaError > 0) || !strings.Contains(mind, "sigma is held at 0") || !strings.Contains(mind, "unphysical") {
		t.Errorf("bounded fit %+v, to mind %q", f, mind)
	}
}

func TestFitFindsTheLawOfItsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		law := theory.USL{
			Lambda: math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "lambda")),
			Sigma:  rapid.Float64Range(0, 0.9).Draw(t, "sigma"),
			Kappa:  math.Pow(10, rapid.Float64Range(-6, -1).Draw(t, "kappa")),
		}
		most := rapid.IntRange(5, 200).Draw(t, "most")
		step := max(1, most/20)
		var points []bench.ScalingPoint
		for n := 1; n <= most; n += step {
			points = append(points, bench.ScalingPoint{Nodes: float64(n), Rate: law.At(float64(n))})
		}
		f, err := theory.FitUnbounded(points)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "lambda", f.Lambda, law.Lambda, 1e-7*law.Lambda)
		near(t, "sigma", f.Sigma, law.Sigma, 1e-7)
		near(t, "kappa", f.Kappa, law.Kappa, 1e-7)
	})
}

// noisy points, as they are measured.
func drawPoints(t *rapid.T) (points []bench.ScalingPoint) {
	n := 0.0
	for range rapid.IntRange(3, 12).Draw(t, "points") {
		n += rapid.Float64Range(0.5, 8).Draw(t, "more")
		points = append(points, bench.ScalingPoint{Nodes: n, Rate: rapid.Float64Range(1, 1000).Draw(t, "rate")})
	}
	return points
}

func TestFitOfAnyPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := drawPoints(t)
		f, mind, err := theory.Fit(points)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []float64{f.Lambda, f.Sigma, f.Kappa, f.LambdaError, f.SigmaError, f.KappaError, f.Peak, f.Most} {
			if !(v >= 0) || math.IsInf(v, 1) {
				t.Fatalf("fit %+v", f)
			}
		}
		if f.Lambda == 0 || f.R2 > 1 || math.IsNaN(f.R2) || math.IsInf(f.R2, 0) {
			t.Errorf("fit %+v", f)
		}
		if len(points) == 3 && (f.LambdaError != 0 || !strings.Contains(mind, "no standard errors")) {
			t.Errorf("3 points leave errors: %+v, %q", f, mind)
		}
		// Nothing close by, within the bounds, fits better.
		squares := func(l theory.USL) (sum float64) {
			for _, p := range points {
				sum += math.Pow(p.Rate-l.At(p.Nodes), 2)
			}
			return sum
		}
		best := squares(theory.LawOf(f))
		for _, side := range []float64{-1e-4, 1e-4} {
			for _, l := range []theory.USL{
				{Lambda: f.Lambda * (1 + side), Sigma: f.Sigma, Kappa: f.Kappa},
				{Lambda: f.Lambda, Sigma: f.Sigma + side*max(f.Sigma, 1e-3), Kappa: f.Kappa},
				{Lambda: f.Lambda, Sigma: f.Sigma, Kappa: f.Kappa + side*max(f.Kappa, 1e-4)},
			} {
				if l.Sigma >= 0 && l.Kappa >= 0 && squares(l) < best*(1-1e-9)-1e-9 {
					t.Errorf("%+v leaves %v, the fit %+v %v", l, squares(l), f, best)
				}
			}
		}
	})
}

func TestFitRefusesWhatItCannotFit(t *testing.T) {
	two := []bench.ScalingPoint{{Nodes: 1, Rate: 10}, {Nodes: 2, Rate: 19}, {Nodes: 2, Rate: 18}}
	for _, points := range [][]bench.ScalingPoint{nil, two[:1], two} {
		if _, _, err := theory.Fit(points); !errors.Is(err, theory.ErrFewPoints) {
			t.Errorf("%d points: %v", len(points), err)
		}
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		for _, p := range []bench.ScalingPoint{{Nodes: 3, Rate: bad}, {Nodes: bad, Rate: 30}} {
			if f, _, err := theory.Fit(append([]bench.ScalingPoint{p, {Nodes: 4, Rate: 40}}, two...)); err == nil {
				t.Errorf("point %+v fits %+v", p, f)
			}
		}
	}
	if _, _, err := theory.Fit(make([]bench.ScalingPoint, 100_001)); err == nil {
		t.Error("more points than can be fitted are fitted")
	}
}

func TestWhatToMind(t *testing.T) {
	linear := []bench.ScalingPoint{{Nodes: 1, Rate: 10}, {Nodes: 2, Rate: 20}, {Nodes: 3, Rate: 30}, {Nodes: 4, Rate: 40, Simulated: true}}
	f, mind := fitted(t, linear)
	near(t, "lambda", f.Lambda, 10, 1e-9)
	near(t, "sigma", f.Sigma, 0, 1e-9)
	near(t, "kappa", f.Kappa, 0, 1e-9)
	near(t, "most measured", f.Most, 3, 0)
	for _, want := range []string{"fitted to 4 points, 1 of them simulated", "no point past the knee"} {
		if !strings.Contains(mind, want) {
			t.Errorf("%q does not say %q", mind, want)
		}
	}
	for i := range linear {
		linear[i].Simulated = true
	}
	f, _ = fitted(t, linear)
	near(t, "most simulated", f.Most, 4, 0)
	// Better than linear: unphysical in any way, so both stay at 0.
	f, mind = fitted(t, []bench.ScalingPoint{{Nodes: 1, Rate: 10}, {Nodes: 2, Rate: 24}, {Nodes: 3, Rate: 43}, {Nodes: 4, Rate: 70}})
	if f.Sigma != 0 || f.Kappa != 0 || f.Peak != 0 || !strings.Contains(mind, "unphysical") {
		t.Errorf("fit %+v, to mind %q", f, mind)
	}
}

func TestLawAtItsEnds(t *testing.T) {
	inf := math.Inf(1)
	for _, row := range []struct {
		law         theory.USL
		nodes, rate float64
	}{
		{theory.USL{Lambda: 10}, inf, inf}, {theory.USL{Lambda: 10, Sigma: 0.1}, inf, 100}, {theory.USL{Lambda: 10, Sigma: 1}, 1, 10},
		{theory.USL{Lambda: 10, Sigma: 2, Kappa: 1}, 1, 10}, {theory.USL{Lambda: 10, Kappa: 0.01}, 10, 10 * 10 / 1.9}, {theory.USL{}, 0, 0},
		{theory.USL{Lambda: 10, Sigma: -0.1}, 0, 0}, {theory.USL{Lambda: 10, Kappa: math.NaN()}, 0, 0}, {theory.USL{Lambda: math.NaN()}, 0, 0},
	} {
		nodes, rate := row.law.Peak()
		near(t, "peak", nodes, row.nodes, 1e-9)
		near(t, "rate", rate, row.rate, 1e-9)
	}
	up, down, err := theory.USL{Lambda: 10, Sigma: 0.1}.NodesFor(50)
	if err != nil || !math.IsInf(down, 1) {
		t.Errorf("without a way down it is at %v, %v", down, err)
	}
	near(t, "nodes", up, 9, 1e-9)
	up, down, err = theory.USL{Lambda: 10}.NodesFor(50)
	if err != nil || !math.IsInf(down, 1) {
		t.Errorf("without a way down it is at %v, %v", down, err)
	}
	near(t, "nodes of a linear law", up, 5, 1e-9)
	for _, row := range []struct {
		law  theory.USL
		rate float64
		is   error
	}{
		{theory.USL{Lambda: 10, Sigma: 0.1}, 100, theory.ErrBeyondPeak}, {theory.USL{Lambda: 10, Sigma: 0.1}, 200, theory.ErrBeyondPeak},
		{theory.USL{Lambda: 10, Kappa: 0.01}, 53, theory.ErrBeyondPeak}, {theory.USL{Lambda: 10, Sigma: 1}, 5, nil}, {theory.USL{}, 5, nil},
		{theory.USL{Lambda: 10}, math.NaN(), nil}, {theory.USL{Lambda: 10}, 0, nil}, {theory.USL{Lambda: 10}, inf, nil},
	} {
		up, down, err := row.law.NodesFor(row.rate)
		if err == nil || row.is != nil && !errors.Is(err, row.is) {
			t.Errorf("%+v makes %v/s with %v or %v nodes, %v", row.law, row.rate, up, down, err)
		}
	}
	for _, n := range []float64{-1, math.NaN(), inf} {
		near(t, "rate of no nodes", theory.USL{Lambda: 10, Kappa: 0.1}.At(n), 0, 0)
	}
	rapid.Check(t, func(t *rapid.T) {
		law := theory.USL{Lambda: 100, Sigma: rapid.Float64Range(0, 0.95).Draw(t, "sigma"), Kappa: rapid.Float64Range(1e-6, 0.04).Draw(t, "kappa")}
		n, rate := law.Peak()
		up, down, err := law.NodesFor(rate * rapid.Float64Range(0.01, 0.999).Draw(t, "share"))
		if err != nil || up > n || down < n {
			t.Fatalf("peak at %v, but %v and %v: %v", n, up, down, err)
		}
		near(t, "the roots' rates", law.At(up), law.At(down), 1e-8*rate)
	})
}
