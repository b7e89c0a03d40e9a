package sizing

import (
	"errors"
	"fmt"

	"rung/bench"
)

// Plan is an answer: what the peak takes on each stage of a run.
type Plan struct {
	Demand Demand `json:"demand"`
	// Measured is the first stage that carried the peak when it was measured,
	// at the size that it has; empty when none did.
	Measured string `json:"measured,omitempty"`
	// First is the first stage that carries the peak with more nodes; empty
	// when none does.
	First  string  `json:"first,omitempty"`
	Stages []Stage `json:"stages"`
	// Assumptions that everything rests on.
	Assumptions []string `json:"assumptions"`
}

// Stage is one rung, sized for the peak.
type Stage struct {
	ID string `json:"id"`
	// Capacity that was measured, at the size that the stage has; AtLeast
	// says that it is a lower bound.
	Capacity float64 `json:"capacity_per_s"`
	AtLeast  bool    `json:"at_least,omitempty"`
	// At is the rate at which the demands were measured.
	At float64 `json:"demands_measured_at_per_s"`
	// Carries says that it carries the peak's point, grown if need be.
	Carries bool `json:"carries"`
	// Extrapolated says that the answer goes beyond what was measured, by
	// Model.
	Extrapolated bool   `json:"extrapolated,omitempty"`
	Model        string `json:"model,omitempty"`
	// Units are what it takes, and Next the limit that more nodes do not
	// move.
	Units []Unit `json:"units,omitempty"`
	Next  Limit  `json:"next_limit"`
	// Doubt says that the demands are those of a probe that did not count:
	// the utilisation law holds there too, the SLO may not.
	Doubt string `json:"doubt,omitempty"`
	// Played is the stage of that size in virtual time; nil unless it was
	// asked for.
	Played *Played `json:"played,omitempty"`
	// Why nothing can be said of it.
	Why string `json:"why,omitempty"`
}

// Unit is a kind of node that can be multiplied.
type Unit struct {
	// Name of the group of equal nodes, "web"; of shards it is "shard".
	Name string `json:"name"`
	// Measured is how many there were, and Nodes of each (a shard is a group
	// of members).
	Measured int `json:"measured"`
	Nodes    int `json:"nodes_each"`
	// Resource that decides, and Capacity of one unit at the use asked for.
	Resource string  `json:"resource"`
	Capacity float64 `json:"capacity_each_per_s"`
	// Low, Point and High are how many the peak's range takes.
	Low   int `json:"low"`
	Point int `json:"point"`
	High  int `json:"high"`
	// Lines are the calculation.
	Lines []string `json:"derivation"`
	// Uneven is by how much the busiest unit was above the mean: 1 is even.
	Uneven float64 `json:"uneven_ratio"`
}

// Limit is a resource that more nodes of the other kinds do not move.
type Limit struct {
	Node     string  `json:"node"`
	Resource string  `json:"resource"`
	Use      float64 `json:"use_ratio"` // as measured
	// Most is how busy it may be, and Rate when it is.
	Most float64 `json:"most_use_ratio"`
	Rate float64 `json:"rate_per_s"`
	// Cure says what moves it.
	Cure string `json:"cure,omitempty"`
}

// On sizes every stage of a run that has one.
func On(d Demand, run bench.Run) (Plan, error) {
	d, err := d.check()
	if err != nil {
		return Plan{}, err
	}
	if run.Kind != bench.KindLadder {
		return Plan{}, errors.New("the run is of an endpoint, of whose nodes nothing is known: a run of stages is needed")
	}
	if len(run.Stages) == 0 {
		return Plan{}, errors.New("the run has no stages")
	}
	p := Plan{Demand: d, Assumptions: assumptions(d, run)}
	for _, r := range run.Stages {
		s := sized(d, r)
		if p.Measured == "" && s.Why == "" && s.Capacity >= d.Peak.Point {
			p.Measured = s.ID
		}
		if p.First == "" && s.Carries {
			p.First = s.ID
		}
		p.Stages = append(p.Stages, s)
	}
	return p, nil
}

func assumptions(d Demand, run bench.Run) []string {
	return []string{
		fmt.Sprintf("a query of %s costs what a request of the workload %q costs on average", d.Name, run.Workload.Name),
		fmt.Sprintf("machines, disks and wires are those of the run (hardware set %q)", run.Hardware.Name),
		fmt.Sprintf("no resource is more than %.0f%% used at the peak", d.Use*100),
		"hit ratios and popularity stay as measured: a larger data set needs larger caches and pools for that",
		"the peak lasts: bursts within it are the arrival process of the workload (" + string(run.Workload.Arrivals) + ")",
	}
}
