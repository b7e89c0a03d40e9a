package machine_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/machine"
)

// TestSampleHasMeanAndCV draws many samples of random laws. The tolerance is
// five standard errors of the mean, whatever the law; the coefficient of
// variation is checked for laws whose fourth moment is small enough to tell.
func TestSampleHasMeanAndCV(t *testing.T) {
	const n = 20_000
	rapid.Check(t, func(t *rapid.T) {
		law := targets.Law{
			Shape: rapid.SampledFrom([]targets.Shape{"", targets.ShapeConstant, targets.ShapeExponential, targets.ShapeLognormal}).Draw(t, "shape"),
			Mean:  time.Duration(rapid.Int64Range(1e4, 1e9).Draw(t, "mean")),
			CV:    rapid.Float64Range(0, 2).Draw(t, "cv"),
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var sum, squares float64
		for range n {
			d := machine.Sample(law, random)
			if d < 0 {
				t.Fatalf("negative sample %v", d)
			}
			x := float64(d) / float64(law.Mean)
			sum += x
			squares += x * x
		}
		mean := sum / n
		cv := law.Variation()
		if tolerance := 5*cv/math.Sqrt(n) + 1e-4; math.Abs(mean-1) > tolerance {
			t.Fatalf("mean is %v of the law's, tolerance %v", mean, tolerance)
		}
		got := math.Sqrt(max(squares/n-mean*mean, 0)) / mean
		if cv <= 1 && math.Abs(got-cv) > 0.12*cv+1e-3 {
			t.Fatalf("cv is %v, want %v", got, cv)
		}
	})
}

func TestSampleBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, test := range []struct {
		name string
		law  targets.Law
		want time.Duration
	}{
		{"zero law", targets.Law{}, 0},
		{"zero mean", targets.Law{Shape: targets.ShapeExponential}, 0},
		{"negative mean", targets.Constant(-time.Second), 0},
		{"lognormal without variation", targets.Law{Shape: targets.ShapeLognormal, Mean: time.Second}, time.Second},
		{"beyond a day", targets.Constant(1 << 62), 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := machine.Sample(test.law, random); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
