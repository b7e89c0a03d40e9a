package sizing

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/bench/simulate"
	"rung/targets"
)

// Played is the sized site in virtual time, at the peak.
type Played struct {
	Rate     float64 `json:"rate_per_s"`
	Servers  int     `json:"servers"`
	Requests uint64  `json:"requests"`
	// P50 and P99 of the response time in nanoseconds, with 95% intervals.
	P50      Value   `json:"p50"`
	P99      Value   `json:"p99"`
	Failures float64 `json:"failed_ratio"`
	// Limits say what the simulation leaves out.
	Limits string `json:"limits"`
	// Why it could not be played; the rest is then zero.
	Why string `json:"why,omitempty"`
}

// Value is a time in nanoseconds with its interval.
type Value struct {
	Value float64 `json:"value_ns"`
	Low   float64 `json:"low_ns"`
	High  float64 `json:"high_ns"`
}

const (
	// playedRequests of each of playedRuns are enough for a p99, and take some
	// seconds with thousands of servers.
	playedRequests = 60_000
	playedRuns     = 5
	playedWarm     = 2 * time.Second
	mostWarmed     = 400_000 // requests
	playLimits     = "demands, hit ratios and the balance between shards are those of the run's own size; a fan-out still asks as many shards"
)

// Play simulates the first stage that carries the peak, with as many nodes as
// the plan says: do all of them together keep what each was sized for? Nothing
// is played when no stage carries it. A stage that cannot be played says why; an
// error is that of ctx.
func (p *Plan) Play(ctx context.Context, run bench.Run, seed uint64) error {
	for i := range p.Stages {
		s := &p.Stages[i]
		if s.ID != p.First || p.First == "" {
			continue
		}
		for _, r := range run.Stages {
			if r.Stage.ID == s.ID {
				played, err := s.play(ctx, r.Stage.Topology, run, p.Demand.Peak.Point, seed)
				if ctx.Err() != nil {
					return fmt.Errorf("simulate %s: %w", s.ID, ctx.Err())
				}
				if err != nil { // the plan stands without it
					played = Played{Why: err.Error()}
				}
				s.Played = &played
			}
		}
	}
	return nil
}

func (s Stage) play(ctx context.Context, t targets.Topology, run bench.Run, peak float64, seed uint64) (Played, error) {
	net, outside, err := estimate.NetworkOf(t, run.Workload, estimate.Crowd{Regions: t.Spread()}, s.At, 0, run.Calibration.HopCost)
	if err != nil || outside != "" {
		return Played{Why: outside}, err
	}
	net = net.ScaleBy(s.factor)
	if net.Servers() > simulate.MaxServers {
		return Played{Why: fmt.Sprintf("it has more than %d servers", simulate.MaxServers)}, nil
	}
	warm := min(playedWarm, time.Duration(mostWarmed/peak*float64(time.Second)))
	r, err := simulate.Run(ctx, net, simulate.Config{Rate: peak, Arrivals: run.Workload.Arrivals, Requests: playedRequests,
		Warm: warm, Timeout: run.Workload.Timeout, Seed: seed, Replications: playedRuns})
	if err != nil {
		return Played{}, err
	}
	out := Played{Rate: peak, Servers: net.Servers(), Requests: r.Started, Failures: r.Failures.Value, Limits: playLimits}
	for _, row := range []struct {
		q  float64
		to *Value
	}{{0.5, &out.P50}, {0.99, &out.P99}} {
		if v := r.Response.Quantile(row.q); !math.IsNaN(v.Value) {
			*row.to = Value{v.Value, v.Low, v.High}
		}
	}
	if r.Overloaded {
		out.Why = "it is overloaded: a resource that was not measured is the limit"
	}
	return out, nil
}

// factor is by how much a group of the network grows.
func (s Stage) factor(g simulate.Group) float64 {
	for _, u := range s.Units {
		of := u.Name == g.Name || u.Name == shardUnit && g.Cells > 0 ||
			strings.HasPrefix(g.Name, "workers of ") && strings.HasPrefix(u.Name, "worker")
		if of && u.Measured > 0 {
			return max(float64(u.Point)/float64(u.Measured), 1)
		}
	}
	return 1
}
