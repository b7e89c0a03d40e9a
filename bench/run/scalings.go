package run

import (
	"errors"
	"fmt"
	"strings"

	"rung/bench"
	"rung/bench/theory"
)

// scalings fits the scalability law to what was measured of so many nodes.
// Where that is too little, it is fitted to what was simulated, and says so.
func (s *session) scalings() {
	for _, p := range s.stage.Scalings {
		c := bench.Scaling{Of: p.Of}
		var out []string
		for _, w := range p.Points {
			switch f, ok := s.facts[w.Fact]; {
			case !ok || !(f.Value > 0):
				out = append(out, fmt.Sprintf("there is no measurement of %v %s (%s)", w.X, p.Of, w.Fact))
			case f.Doubt != "":
				out = append(out, fmt.Sprintf("the measurement of %v %s is left out: %s", w.X, p.Of, f.Doubt))
			default:
				c.Points = append(c.Points, bench.ScalingPoint{Nodes: w.X, Rate: f.Value})
			}
		}
		measured := len(c.Points)
		simulated := s.scaled[p.Of]
		c.Points = append(c.Points, simulated...)
		fitted := c.Points[:measured]
		if distinct(fitted) < fewestFitted {
			fitted = simulated
		}
		fit, mind, err := theory.Fit(fitted)
		switch {
		case errors.Is(err, theory.ErrFewPoints):
			c.Why = "too few numbers of nodes were tried for a fit"
		case err != nil:
			c.Why = err.Error() // of these points: the rest of the run is sound
		default:
			c.Fit, c.Why = &fit, mind
		}
		if c.Why != "" {
			out = append([]string{c.Why}, out...)
		}
		c.Why = strings.Join(out, "; ")
		if len(c.Points) > 0 {
			s.result.Scalings = append(s.result.Scalings, c)
		}
	}
}

// fewestFitted numbers of nodes tell three parameters and an error.
const fewestFitted = 4

func distinct(points []bench.ScalingPoint) int {
	seen := map[float64]bool{}
	for _, p := range points {
		seen[p.Nodes] = true
	}
	return len(seen)
}
