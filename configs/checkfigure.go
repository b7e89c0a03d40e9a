package configs

import (
	"fmt"
	"slices"

	"rung/bench"
)

// Bounds of the figures of a stage file.
const (
	maxFigures = 20
	maxSeries  = 10
	maxPoints  = 200
)

// figures checks the figures that a stage makes of facts.
func (c *stageCheck) figures() {
	if n := len(c.stage.Figures); n > maxFigures {
		c.bad("figures", fmt.Sprintf("there are %d", n), fmt.Sprintf("at most %d", maxFigures))
		return
	}
	seen := map[string]bool{}
	for i, p := range c.stage.Figures {
		at := fmt.Sprintf("figures[%d]", i)
		f := p.Figure
		if !nameForm.MatchString(f.ID) {
			c.bad(at+".id", fmt.Sprintf("%q is not a name", f.ID), nameRule)
		} else if seen[f.ID] {
			c.bad(at+".id", fmt.Sprintf("%q is there twice", f.ID), "an id of its own")
		}
		seen[f.ID] = true
		if f.Title == "" || f.How == "" {
			c.bad(at+".title", "the title, or how to read it, is missing", "both")
		}
		c.unit(at+".x.unit", f.X.Unit)
		c.unit(at+".y.unit", f.Y.Unit)
		if n := len(f.Series); n < 1 || n > maxSeries {
			c.bad(at+".series", fmt.Sprintf("there are %d", n), fmt.Sprintf("1 to %d", maxSeries))
		}
		for j, s := range f.Series {
			c.series(fmt.Sprintf("%s.series[%d]", at, j), f, s, p.Points[j])
		}
	}
}

func (c *stageCheck) unit(field string, u bench.Unit) {
	if !slices.Contains(bench.Units(), u) {
		c.bad(field, fmt.Sprintf("%q is not a unit", u), list(bench.Units()))
	}
}

func (c *stageCheck) series(at string, f bench.Figure, s bench.Series, points []bench.FactPoint) {
	if !slices.Contains(bench.Marks(), s.Mark) {
		c.bad(at+".mark", fmt.Sprintf("%q is not a mark", s.Mark), list(bench.Marks()))
	}
	if n := len(points); n < 1 || n > maxPoints {
		c.bad(at+".points", fmt.Sprintf("there are %d", n), fmt.Sprintf("1 to %d", maxPoints))
	}
	for k, p := range points {
		field := fmt.Sprintf("%s.points[%d]", at, k)
		if p.Fact == "" {
			c.bad(field+".fact", "is missing", "the name of a fact")
		}
		if names := len(f.X.Names); names > 0 && (p.X < 0 || p.X >= float64(names) || p.X != float64(int(p.X))) {
			c.bad(field+".x", fmt.Sprintf("is %v", p.X), fmt.Sprintf("0 to %d: the number of a name", names-1))
		}
	}
}
