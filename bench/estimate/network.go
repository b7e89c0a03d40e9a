package estimate

import (
	"fmt"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/simulate"
	"rung/targets"
)

// simulationLimits is what a simulation of a topology takes from the model, and
// what it leaves out.
const simulationLimits = "hit ratios, page misses and the shards' shares are the model's, drawn for each request by itself; left out are DNS, " +
	"connection pools, retries, rate limits, sticky sessions, health checks, telemetry, jitter of wires, reads that share one miss, and the machine underneath"

// Network is a topology under a workload as a network of queues: the same
// routes as those of the closed formulas, but with every queue, policy, piece
// of long work and fork played. Hop is the real time of one hop's software. Users
// are spread alike over the regions; none means that they have none. Hit
// ratios that depend on the rate are those at the capacity that the formulas
// predict, in the steady state; [NetworkOf] takes a rate.
//
// Outside says why the routes are not those of the topology; empty when they
// are. What a simulation leaves out in any case is in Simulation.Limits.
func Network(t targets.Topology, w bench.Workload, regions []string, hop time.Duration) (net simulate.Network, outside string, err error) {
	return NetworkOf(t, w, Crowd{Regions: regions}, 0, 0, hop)
}

// NetworkOf is Network for the users of a crowd who send requests at a rate per
// second for a time: zero is the predicted capacity, and the steady state.
func NetworkOf(t targets.Topology, w bench.Workload, users Crowd, rate float64, length, hop time.Duration) (net simulate.Network, outside string, err error) {
	c, err := users.conditions(w)
	if err != nil {
		return net, "", err
	}
	if !(rate >= 0) {
		return net, "", fmt.Errorf("rate %v: it must be zero or positive", rate)
	}
	c.rate, c.length, c.hop = rate, max(length, 0), hop
	m, err := newModel(t, w, c)
	if err != nil {
		return net, "", err
	}
	if rate == 0 && m.rated() {
		m.conditions.audience = m.audience
		if m, _, err = m.atCapacity(); err != nil {
			return net, "", err
		}
	}
	net = m.network()
	if err := net.Check(); err != nil {
		return net, "", fmt.Errorf("topology %s: %w", t.Name, err)
	}
	return net, m.strange, nil
}

// network is what all routes add up to.
func (m *model) network() simulate.Network {
	net := m.draft.network
	net.Groups, net.Stations, net.Appliers = slices.Clone(net.Groups), slices.Clone(net.Stations), slices.Clone(net.Appliers)
	for _, r := range m.routes {
		name := string(r.operation)
		if r.share <= 0 {
			continue
		}
		total := 0.0
		for _, s := range r.stored {
			total += s.share
		}
		if total <= 0 {
			net.Routes = append(net.Routes, simulate.Route{Operation: name, Share: r.share, Steps: r.steps})
			continue
		}
		for _, s := range r.stored {
			job := simulate.Background(simulate.Branch{Chance: 1, Steps: slices.Concat(r.jobs, s.steps)})
			net.Routes = append(net.Routes, simulate.Route{Operation: name, Share: r.share * s.share / total,
				Steps: append(r.steps[:len(r.steps):len(r.steps)], job)})
		}
	}
	return net
}
