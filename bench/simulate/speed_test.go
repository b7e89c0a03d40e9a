package simulate_test

import (
	"testing"
	"time"

	"rung/bench/simulate"
	"rung/targets"
)

// stage is a simple stage: client, web CPU, database CPU, and the disk for a
// fifth of the requests.
func stage() simulate.Network {
	steps := []simulate.Step{
		simulate.Delay(500 * time.Microsecond), simulate.Work(0, targets.Constant(3*time.Millisecond)),
		simulate.Delay(500 * time.Microsecond), simulate.Work(1, targets.Law{Shape: targets.ShapeExponential, Mean: time.Millisecond}),
	}
	missed := append(steps[:len(steps):len(steps)], simulate.Work(2, targets.Constant(10*time.Millisecond)))
	return simulate.Network{
		Groups: []simulate.Group{{Name: "web", Servers: 1}, {Name: "db", Servers: 1}},
		Stations: []simulate.Station{
			{Name: "web cpu", Slots: 2, Queue: 1000, Quantum: 10 * time.Millisecond},
			{Name: "db cpu", Group: 1, Slots: 2, Queue: 1000},
			{Name: "db disk", Group: 1, Slots: 1, Queue: 1000},
		},
		Routes: []simulate.Route{{Operation: "hit", Share: 0.8, Steps: steps}, {Operation: "miss", Share: 0.2, Steps: missed}},
	}
}

// wide is a site of 5,000 servers: 100 balancers, 3,000 web servers, and 900
// shards of a primary and a replica each, with 100 caches.
func wide() simulate.Network {
	const balancers, webs, caches, primaries, replicas = 0, 1, 2, 3, 4
	ms := func(x float64) targets.Law { return targets.Constant(time.Duration(x * 1e6)) }
	front := []simulate.Step{
		simulate.Delay(500 * time.Microsecond), simulate.Work(balancers, ms(0.05)),
		simulate.Hold(webs), simulate.Delay(500 * time.Microsecond), simulate.Work(webs, ms(2)),
	}
	with := func(more ...simulate.Step) []simulate.Step { return append(front[:len(front):len(front)], more...) }
	return simulate.Network{
		Groups: []simulate.Group{
			{Name: "lb", Servers: 100, Policy: simulate.PolicyKey}, {Name: "web", Servers: 3000, Policy: simulate.PolicyLeastConnections},
			{Name: "cache", Servers: 100, Policy: simulate.PolicyKey}, {Name: "primary", Servers: 1, Cells: 900}, {Name: "replica", Servers: 1, Cells: 900},
		},
		Stations: []simulate.Station{
			{Name: "lb", Group: balancers, Slots: 2, Queue: 1000}, {Name: "web", Group: webs, Slots: 2, Queue: 1000, Quantum: 10 * time.Millisecond},
			{Name: "cache", Group: caches, Slots: 2, Queue: 1000}, {Name: "primary", Group: primaries, Slots: 2, Queue: 1000},
			{Name: "replica", Group: replicas, Slots: 2, Queue: 1000},
		},
		Routes: []simulate.Route{
			{Operation: "hit", Share: 0.6, Steps: with(simulate.Work(caches, ms(0.01)))},
			{Operation: "read", Share: 0.3, Steps: with(simulate.Work(caches, ms(0.01)), simulate.Work(replicas, ms(1)))},
			{Operation: "write", Share: 0.1, Steps: with(simulate.Work(primaries, ms(2)),
				simulate.Background(simulate.Branch{Chance: 1, Steps: []simulate.Step{simulate.Work(replicas, ms(2))}}))},
		},
	}
}

// The acceptance figure is 500,000 requests/s on one core.
func BenchmarkStage(b *testing.B) {
	measure(b, stage(), simulate.Config{Rate: 400, Requests: 200_000, Seed: 1})
}

// A site of 5,000 servers at 1,000,000 requests/s for two virtual seconds.
func BenchmarkFiveThousandServers(b *testing.B) {
	measure(b, wide(), simulate.Config{Rate: 1e6, Length: 1900 * time.Millisecond, Warm: 100 * time.Millisecond, Seed: 1})
}

func measure(b *testing.B, n simulate.Network, c simulate.Config) {
	b.ReportAllocs()
	total := uint64(0)
	for b.Loop() {
		r, err := simulate.Run(b.Context(), n, c)
		if err != nil {
			b.Fatal(err)
		}
		total += r.Started
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "requests/s")
}
