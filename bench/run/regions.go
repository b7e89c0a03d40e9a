package run

import (
	"slices"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// local are those regions that have a data centre of their own: no other
// region is much nearer to a balancer. Capacity is searched with users there,
// because it is a question to the site; for others the distance alone may
// take more than the objective allows.
func local(t targets.Topology) []string {
	nearest := map[string]time.Duration{}
	for _, name := range t.Spread() {
		r, _ := t.Region(name)
		if d, ok := toBalancer(t, r); ok {
			nearest[name] = d
		}
	}
	var least time.Duration
	for _, d := range nearest {
		if least == 0 || d < least {
			least = d
		}
	}
	return slices.DeleteFunc(t.Spread(), func(name string) bool {
		d, ok := nearest[name]
		return !ok || d > 2*least
	})
}

// toBalancer is the delay of a region's shortest wire to a balancer.
func toBalancer(t targets.Topology, r targets.Region) (shortest time.Duration, found bool) {
	for _, b := range t.RolesOf(targets.KindBalancer) {
		_, node, _ := t.Role(b.Name)
		for _, l := range t.Links {
			if l.From == r.Clients() && l.To == node.Name && (!found || l.OneWay < shortest) {
				shortest, found = l.OneWay, true
			}
		}
	}
	return shortest, found
}

// predictFor predicts a topology under the common load, with users where they
// are, and its capacity with users where that is searched.
func (s *session) predictFor(t targets.Topology, w bench.Workload) (bench.Prediction, error) {
	all, err := s.predictCrowd(t, w, s.crowd(t.Spread(), bench.Hot{}))
	if err != nil || slices.Equal(local(t), t.Spread()) {
		return all, err
	}
	near, err := s.predictCrowd(t, w, s.crowd(local(t), bench.Hot{}))
	if err != nil {
		return all, err
	}
	const capacity = "capacity_per_s"
	all.Bottleneck, all.Demands = near.Bottleneck, near.Demands
	if e, ok := near.Estimate(capacity); ok {
		all.Estimates = slices.DeleteFunc(all.Estimates, func(e bench.Estimate) bool { return e.Fact == capacity })
		all.Estimates = append(all.Estimates, e)
	}
	return all, nil
}

func (s *session) predictCrowd(t targets.Topology, w bench.Workload, users estimate.Crowd) (bench.Prediction, error) {
	return estimate.PredictCrowd(t, w, users, s.cfg.Profile.Rate, s.cfg.Profile.Common, s.calibration.HopCost)
}
