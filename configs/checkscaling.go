package configs

import (
	"fmt"
	"slices"

	"rung/bench"
	"rung/targets"
)

// Bounds of the scalings of a stage file.
const (
	maxScalings    = 5
	maxScaledNodes = 10_000
)

func scaling(f scalingFile) bench.ScalingPlan {
	p := bench.ScalingPlan{Of: f.Of, Simulate: f.Simulate}
	for _, x := range f.Points {
		p.Points = append(p.Points, bench.FactPoint{X: float64(x.Nodes), Fact: x.Fact})
	}
	return p
}

// scalings checks the capacities by number of nodes.
func (c *stageCheck) scalings() {
	if n := len(c.stage.Scalings); n > maxScalings {
		c.bad("scalings", fmt.Sprintf("there are %d", n), fmt.Sprintf("at most %d", maxScalings))
		return
	}
	var groups []string
	for _, n := range c.stage.Topology.Nodes {
		if g := targets.Group(n.Name); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	for i, p := range c.stage.Scalings {
		at := fmt.Sprintf("scalings[%d]", i)
		if !slices.Contains(groups, p.Of) {
			c.bad(at+".of", fmt.Sprintf("there are no nodes %q", p.Of), list(groups))
		}
		if n := len(p.Points); n < 1 || n > maxPoints {
			c.bad(at+".points", fmt.Sprintf("there are %d", n), fmt.Sprintf("1 to %d", maxPoints))
		}
		for k, x := range p.Points {
			field := fmt.Sprintf("%s.points[%d]", at, k)
			if x.Fact == "" {
				c.bad(field+".fact", "is missing", "the name of a fact")
			}
			c.scaled(field+".nodes", int(x.X))
		}
		if n := len(p.Simulate); n > maxPoints {
			c.bad(at+".simulate", fmt.Sprintf("there are %d", n), fmt.Sprintf("at most %d", maxPoints))
		}
		for k, n := range p.Simulate {
			c.scaled(fmt.Sprintf("%s.simulate[%d]", at, k), n)
		}
	}
}

func (c *stageCheck) scaled(field string, n int) {
	if n < 1 || n > maxScaledNodes {
		c.bad(field, fmt.Sprintf("is %d", n), fmt.Sprintf("1 to %d nodes", maxScaledNodes))
	}
}
