package estimate

import (
	"time"

	"rung/bench"
	"rung/targets"
)

// Beyond is the share of requests that take longer than limit seconds.
func Beyond(t targets.Topology, w bench.Workload, rate, limit float64, hop time.Duration) (float64, error) {
	m, err := newModel(t, w, conditions{rate: rate, hop: hop})
	if err != nil {
		return 0, err
	}
	return beyond(m.responses(rate), limit), nil
}
