package run

import (
	"strings"
	"testing"

	"rung/bench"
)

func scalingSession(points ...bench.FactPoint) *session {
	return &session{stage: bench.Stage{Scalings: []bench.ScalingPlan{{Of: "web", Points: points}}}, facts: bench.Facts{},
		scaled: map[string][]bench.ScalingPoint{}}
}

// TestScalingsTellWhatIsLeftOut: a point that was not measured, or is in
// doubt, is no point, and the result says which.
func TestScalingsTellWhatIsLeftOut(t *testing.T) {
	s := scalingSession(bench.FactPoint{X: 1, Fact: "one"}, bench.FactPoint{X: 2, Fact: "two"}, bench.FactPoint{X: 3, Fact: "three"})
	s.facts.Add("one", 100, "measured")
	s.facts.Doubt("two", 190, "measured", "crowded")
	s.scalings()
	if len(s.result.Scalings) != 1 {
		t.Fatalf("%d scalings", len(s.result.Scalings))
	}
	c := s.result.Scalings[0]
	if len(c.Points) != 1 || c.Fit != nil {
		t.Errorf("points %v, fit %v", c.Points, c.Fit)
	}
	for _, want := range []string{"too few numbers of nodes", "2 web is left out: crowded", "no measurement of 3 web (three)"} {
		if !strings.Contains(c.Why, want) {
			t.Errorf("%q does not say %q", c.Why, want)
		}
	}
}

// TestScalingsFitWhatWasMeasured, and what was simulated only where that is
// too little.
func TestScalingsFitWhatWasMeasured(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	var points []bench.FactPoint
	for i, name := range names {
		points = append(points, bench.FactPoint{X: float64(i + 1), Fact: name})
	}
	for measured := 3; measured <= 4; measured++ {
		s := scalingSession(points...)
		for i := range measured {
			s.facts.Add(names[i], float64(100*(i+1)), "measured")
		}
		for i := range 6 {
			s.scaled["web"] = append(s.scaled["web"], bench.ScalingPoint{Nodes: float64(i + 1), Rate: float64(50 * (i + 1)), Simulated: true})
		}
		s.scalings()
		c := s.result.Scalings[0]
		want := map[int]float64{3: 50, 4: 100}[measured]
		if c.Fit == nil || c.Fit.Lambda < want*0.99 || c.Fit.Lambda > want*1.01 || len(c.Points) != measured+6 {
			t.Errorf("%d measured: %+v", measured, c)
		}
		if strings.Contains(c.Why, "simulated") != (measured == 3) {
			t.Errorf("%d measured: %q", measured, c.Why)
		}
	}
}
