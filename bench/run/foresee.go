package run

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

// foresee predicts what experiments will find, before anything runs.
func (s *session) foresee() error {
	// Behind a cache the buffer pools see so little that they never settle: a
	// prediction that its own model disowns before the run is none.
	s.result.Prediction.Estimates = slices.DeleteFunc(s.result.Prediction.Estimates, func(e bench.Estimate) bool {
		return e.Fact == "pool_miss_ratio" && e.Outside != "" && throughCache(s.stage.Topology)
	})
	for _, e := range s.stage.Experiments {
		found, err := s.foreseen(e, s.topologyOf(e))
		if err != nil {
			return fmt.Errorf("experiment %s: estimate: %w", e.Name, err)
		}
		s.result.Prediction.Estimates = append(s.result.Prediction.Estimates, found...)
	}
	moves, err := s.foreseeKills()
	s.result.Prediction.Estimates = append(s.result.Prediction.Estimates, moves...)
	return err
}

// throughCache says that reads go through a cache tier first.
func throughCache(t targets.Topology) bool {
	return slices.ContainsFunc(t.RolesOf(targets.KindWeb), func(r targets.Role) bool { return r.Web.Cache != nil })
}

func (s *session) topologyOf(e bench.Experiment) targets.Topology {
	for _, v := range s.stage.Variants {
		if v.Name == e.Variant {
			return v.Topology
		}
	}
	return s.stage.Topology
}

// foreseen are the estimates of one experiment; none where there is no model.
func (s *session) foreseen(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	switch e.Kind {
	case bench.ExperimentFailover:
		return foreseeFailover(e, t)
	case bench.ExperimentFreshness:
		return s.foreseeFreshness(e, t)
	case bench.ExperimentLoad:
		return s.foreseeLoad(e, t)
	case bench.ExperimentPublish:
		return foreseePublish(e, t)
	case bench.ExperimentKill:
		if e.DataCenter != "" {
			return foreseeMoves(e.Name, e.DataCenter, e.Method, t, s.cfg.Workload.Timeout)
		}
		return s.foreseeLoggedOut(e, t)
	case bench.ExperimentHeal:
		return foreseeHealing(e, t), nil
	case bench.ExperimentReshard:
		return s.foreseeMove(e, t)
	case bench.ExperimentAutoscale:
		return s.foreseeServers(e, t)
	}
	return nil, nil
}

// within makes an estimate of a time that lies in a range: its middle, with a
// tolerance that reaches from end to end and a little beyond, for what the
// software takes.
func within(fact string, r estimate.Range, software time.Duration, model string, derivation []string) bench.Estimate {
	const early = 20 * time.Millisecond // what a period may be off by
	middle := r.Middle() + software/2
	half := min((r.High-r.Low)/2+software/2+early, middle)
	return bench.Estimate{Fact: fact, Value: float64(middle), Tolerance: float64(half) / float64(max(middle, 1)), Model: model, Derivation: derivation}
}

// software is the real time that processes of a busy laptop may add to the
// parts of a failover or of a purge.
const software = 200 * time.Millisecond

// probePeriod is how often a web server asks a group that has no primary,
// before it is divided by the time scale (package node has the same).
const probePeriod = 2 * time.Second

func foreseeFailover(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	r, err := estimate.FailoverOf(t, time.Duration(float64(probePeriod)/max(t.TimeScale, 1)))
	if err != nil {
		return nil, err
	}
	out := within(e.Name+".recovery_p50_ns", r.Total(), software, "sum of the parts of a failover", r.Derivation)
	out.Outside = r.Outside
	return []bench.Estimate{out}, nil
}

func (s *session) foreseeFreshness(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if c := r.Web.Cache; c != nil && !c.Invalidate && c.TTL > 0 {
			return []bench.Estimate{s.foreseeStale(e, c.TTL)}, nil
		}
	}
	if lacksReplicas(t) {
		return nil, nil
	}
	// The edits are writes beside those of the mix, which the lag knows.
	lag, err := estimate.LagAt(t, s.cfg.Workload, s.lagRates(e.Rate), s.calibration.HopCost)
	if err != nil {
		return nil, err
	}
	return []bench.Estimate{{Fact: e.Name + ".lag_p50_ns", Value: float64(lag.Quantile(0.5)), Tolerance: 0.35, Model: "batch service of replicas",
		Derivation: lag.Derivation, Outside: lag.Outside}}, nil
}

func lacksReplicas(t targets.Topology) bool {
	for _, r := range t.RolesOf(targets.KindDatabase) {
		if r.Database.Replication != nil {
			return false
		}
	}
	return true
}

// foreseeStale is the share of stale reads behind a cache whose entries live
// for a TTL: each of the edited users is read by its editor, by others, and by
// the ordinary load.
func (s *session) foreseeStale(e bench.Experiment, ttl time.Duration) bench.Estimate {
	writes := e.Rate / edited
	popularity := estimate.Zipf(s.cfg.Workload.Data.Users, s.cfg.Workload.Exponent)
	users := 0.0
	for _, share := range s.cfg.Workload.Mix {
		if share.Operation == targets.OpUser {
			users = share.Ratio * s.cfg.Profile.Rate
		}
	}
	total := 0.0
	for i := range edited {
		reads := writes*(1+readsPerEdit) + users*popularity[i*probeStride]
		ratio, _ := estimate.Staleness(ttl, reads, writes)
		total += ratio / edited
	}
	return bench.Estimate{Fact: e.Name + ".stale_ratio", Value: total, Tolerance: math.Hypot(0.25, 2*scatter(total, e.Rate*readsPerEdit*e.Length.Seconds())), Model: "renewal cycles of a TTL cache",
		Derivation: []string{
			fmt.Sprintf("each of %d users is edited %.3g times a second and read %.3g times, and by the ordinary load", edited, writes, writes*(1+readsPerEdit)),
			fmt.Sprintf("an entry lives %v: ratio = reads (ttl - (1 - exp(-writes ttl))/writes) / (1 + reads ttl), averaged: %.3g%%", ttl, total*100),
		}, Limits: "reads and edits as Poisson processes"}
}

// scatter is the relative standard deviation of a share that is counted among
// so many.
func scatter(share, among float64) float64 {
	if share <= 0 || share >= 1 || among <= 0 {
		return 0
	}
	return math.Sqrt((1 - share) / (share * among))
}

func (s *session) foreseeLoad(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	if len(e.Operations) == 1 && e.Operations[0] == targets.OpAsset && len(e.Regions) > 0 {
		return s.foreseeRegions(e, t)
	}
	p, err := s.predictCrowd(t, s.part(e.Operations), s.crowd(e.Regions, e.Hot))
	if err != nil {
		return nil, err
	}
	c, ok := ceiling(p)
	if _, err := shardingOf(t); err == nil || !ok || e.Rate < c.Ceiling {
		return nil, nil // not overloaded, or but for some shards
	}
	return []bench.Estimate{{Fact: e.Name + ".goodput_per_s", Value: c.Ceiling, Tolerance: 0.15, Model: "lowest ceiling",
		Derivation: []string{fmt.Sprintf("%s %s: %d slots / %.3g ms a request = %.4g/s", c.Node, c.Resource, c.Slots, c.TimeNs/1e6, c.Ceiling)}}}, nil
}

// ceiling is the resource that is always busy first.
func ceiling(p bench.Prediction) (lowest bench.Demand, ok bool) {
	for _, d := range p.Demands {
		if d.Ceiling > 0 && (!ok || d.Ceiling < lowest.Ceiling) {
			lowest, ok = d, true
		}
	}
	return lowest, ok
}

func (s *session) foreseeRegions(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	edges := max(len(e.Regions), 1)
	regions, err := estimate.Regions(t, s.cfg.Workload, e.Rate/float64(edges), s.calibration.HopCost)
	if err != nil {
		return nil, err
	}
	var out []bench.Estimate
	for _, r := range regions {
		value, model := r.Hit, "nearest edge"
		if r.HitRatio <= 0.5 {
			value, model = r.Miss, "the site"
		}
		// What takes less than a few milliseconds is mostly software.
		tolerance := 0.15 + float64(2*time.Millisecond)/float64(max(value, time.Millisecond))
		out = append(out, bench.Estimate{Fact: e.Name + "." + r.Region + ".asset.p50_ns", Value: float64(value), Tolerance: tolerance, Model: model, Derivation: r.Derivation})
	}
	return out, nil
}

func foreseePublish(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	c, err := estimate.Publication(t)
	if err != nil {
		return nil, err
	}
	r, model := c.Waiting, "what is left of the TTL"
	switch e.Method {
	case "purge":
		r, model = c.Purging, "fan-out to the peers"
	case "versioned":
		r, model = c.Versioning, "one request for a new name"
	}
	// Each user's own way to the nearest edge or to the site comes on top, and
	// max-age counts whole seconds.
	r.High += longestTrip(t)
	if e.Method != "purge" {
		r.High += longestTrip(t)
	}
	return []bench.Estimate{within(e.Name+".seen_ns", r, 2*software, model, c.Derivation)}, nil
}

// longestTrip is the longest round trip of any wire of users.
func longestTrip(t targets.Topology) time.Duration {
	longest := time.Duration(0)
	for _, r := range append([]targets.Region{{}}, t.Regions...) {
		for _, l := range t.Links {
			if l.From == r.Clients() {
				longest = max(longest, 2*l.OneWay)
			}
		}
	}
	return longest
}

func (s *session) foreseeLoggedOut(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	sessions := len(e.Operations) == 1 && e.Operations[0] == targets.OpMe
	if !sessions {
		return nil, nil
	}
	ratio, derivation, err := estimate.LoggedOut(t)
	if err != nil || ratio == 0 {
		return nil, err // nobody: that is a claim, not an estimate
	}
	// Users are spread by chance: two standard deviations of a binomial.
	deviation := 2 * math.Sqrt(ratio*(1-ratio)/float64(s.cfg.Workload.Sessions)) / ratio
	return []bench.Estimate{{Fact: e.Name + ".logged_out_ratio", Value: ratio, Tolerance: deviation, Model: "even spread", Derivation: derivation}}, nil
}

func (s *session) foreseeServers(e bench.Experiment, t targets.Topology) ([]bench.Estimate, error) {
	if t.Autoscale != nil && t.Autoscale.Backlog > 0 {
		return nil, nil // how long a queue gets depends on when its workers come
	}
	for _, d := range s.result.Prediction.Demands {
		if d.Node != "web" || d.Resource != "cpu" {
			continue
		}
		n, err := estimate.ServersWanted(t, e.Peak, d.TimeNs/float64(time.Second))
		if err != nil {
			return nil, err
		}
		// The use of one short window scatters, and the highest of many windows
		// counts: one server more or less is no error of the model.
		return []bench.Estimate{{Fact: e.Name + ".servers_max_count", Value: float64(n), Tolerance: 1.01 / float64(n), Model: "load / (slots x target)",
			Derivation: []string{fmt.Sprintf("%.4g/s x %.3g ms / (slots x target), rounded up and within the bounds: %d", e.Peak, d.TimeNs/1e6, n),
				"the autoscaler sees the use of one period at a time, which scatters: one server more or less"}}}, nil
	}
	return nil, nil
}
