package reports

import "rung/bench"

// Change is how a stage's capacity compares with another stage's. The
// interval follows from the brackets alone: the true capacities lie somewhere
// inside them. Where there are repeats it spans the brackets of all rounds, so
// that a change is named only when every pair of rounds agrees. It is not a
// confidence interval.
type Change struct {
	// Known is false when there is nothing to compare, and Why says so.
	Known bool
	Why   string
	// Ratio of the highest rates that passed.
	Ratio float64
	// Low and High bound the ratio. Zero Low or High means unbounded.
	Low, High float64
}

// Significant says that the interval lies on one side of one.
func (c Change) Significant() bool {
	return c.Known && (c.Low > 1 || c.High > 0 && c.High < 1)
}

// String prints the change: "1.95× (1.83–2.08)", or "~" when the brackets
// leave open whether there is one.
func (c Change) String() string {
	if !c.Known {
		return Missing
	}
	if !c.Significant() {
		return "~ (" + c.Interval() + ")"
	}
	return Ratio(c.Ratio) + " (" + c.Interval() + ")"
}

// Interval prints the bounds: "1.83–2.08", with "…" for an open end.
func (c Change) Interval() string {
	low, high := "…", "…"
	if c.Low > 0 {
		low = digits3(c.Low)
	}
	if c.High > 0 {
		high = digits3(c.High)
	}
	return low + "–" + high
}

// change compares the capacities of two stages.
func change(earlier, later bench.StageResult) Change {
	before, now := earlier.Capacity, later.Capacity
	switch {
	case now == nil || before == nil:
		return Change{Why: "one of the two stages has no capacity"}
	case now.Doubt != "":
		return Change{Why: now.Doubt}
	case before.Doubt != "":
		return Change{Why: "the other stage: " + before.Doubt}
	case before.Passed <= 0 || now.Passed <= 0:
		return Change{Why: "one of the two stages passed at no rate"}
	}
	c := Change{Known: true, Ratio: now.Passed / before.Passed}
	low, high := span(later)
	least, most := span(earlier)
	if most > 0 {
		c.Low = low / most
	}
	if high > 0 {
		c.High = high / least
	}
	return c
}

// Short prints the ratio alone, or "~".
func (c Change) Short() string {
	switch {
	case !c.Known:
		return Missing
	case !c.Significant():
		return "~"
	}
	return Ratio(c.Ratio)
}

// costlier compares the cost of a million requests at two capacities. The
// prices per hour are exact, so the interval is that of the capacities, the
// other way up.
func costlier(capacity Change, earlier, later bench.StageResult) Change {
	before, now := earlier.CostPerMillion, later.CostPerMillion
	switch {
	case !capacity.Known:
		return Change{Why: capacity.Why}
	case before == nil || now == nil || *before <= 0 || *now <= 0 || earlier.Stage.PricePerHour <= 0 || later.Stage.PricePerHour <= 0:
		return Change{Why: "one of the two stages has no cost"}
	}
	c := Change{Known: true, Ratio: *now / *before}
	machines := later.Stage.PricePerHour / earlier.Stage.PricePerHour
	if capacity.High > 0 {
		c.Low = machines / capacity.High
	}
	if capacity.Low > 0 {
		c.High = machines / capacity.Low
	}
	return c
}
