package run

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"rung/bench"
	"rung/bench/estimate"
	"rung/bench/search"
	"rung/targets"
)

// mostDoubtful is how many probes of a search may be spoilt and tried again.
const mostDoubtful = 2

// mostFurther probes are made where the bracket is still wide.
const mostFurther = 2

// wide says that a bracket is far from as narrow as it should be: its middle
// says little.
func wide(b *search.Bracket) bool {
	const far = 1.5
	return b.Passed > 0 && b.Failed > far*b.Width*b.Passed+b.Passed
}

// capacity searches the highest rate that meets the SLO, starting where the
// estimate puts it. A probe that contradicts the bracket (fails below a rate
// that passed) is repeated by noting it: the lower rate wins.
func (s *session) capacity(ctx context.Context, b *bed, p bench.Prediction, probes int, only ...targets.Operation) (*bench.Capacity, error) {
	out := &bench.Capacity{SLO: s.cfg.Workload.SLO}
	c := search.New(s.cfg.Profile.Rate, s.cfg.Profile.Width)
	if e, ok := p.Estimate("capacity_per_s"); ok && e.Value > 0 && !math.IsInf(e.Value, 0) {
		c.Next = e.Value / (1 + c.Width/2)
	}
	doubtful, counted, spoilt := 0, 0, ""
	for step := 1; (step <= probes || step <= probes+mostFurther && wide(c)) && !c.Narrow(); step++ {
		rate := math.Round(c.Next*10) / 10
		s.stepFor(s.cfg.Profile.Probe, "capacity: %.4g/s", rate)
		if err := b.settle(ctx); err != nil {
			return out, err
		}
		seen, err := b.attack(ctx, order{name: fmt.Sprintf("probe-%02d", step), rate: rate, length: probeLength(s.cfg.Profile.Probe, rate), only: only,
			regions: local(b.system.Topology())})
		if err != nil {
			return out, err
		}
		probe := s.probe(rate, seen)
		out.Probes = append(out.Probes, probe)
		if probe.Word == bench.Unknown {
			// Another program may have had the machine for a moment.
			if doubtful++; doubtful > mostDoubtful {
				out.Doubt = probe.Why
				break
			}
			if doubtful == mostDoubtful && c.Passed == 0 {
				// It was no moment: what can be said is that this much, which
				// the real machine carries, is not the limit.
				c.Next, spoilt = min(c.Next, s.carried(share*float64(runtime.NumCPU()))), probe.Why
			}
			probes++
			continue
		}
		counted++ // what was spoilt must not widen the next stride
		c.Note(rate, probe.Word == bench.Pass, counted)
		if spoilt != "" && probe.Word == bench.Pass {
			out.Doubt = spoilt
			break
		}
	}
	out.Passed, out.Failed = c.Passed, c.Failed
	if at := out.Breaking(); at != nil {
		out.Bottleneck = bottleneck(at.Uses)
	}
	switch {
	case out.Doubt != "":
	case out.Passed == 0:
		out.Doubt = "no rate that was tried met the SLO"
	case out.Failed == 0:
		out.Doubt = "every rate that was tried met the SLO"
	}
	return out, nil
}

// bottleneck is the resource with the highest use; equal nodes count as one,
// by their mean.
func bottleneck(uses []bench.Use) bench.Bottleneck {
	type key struct{ node, resource string }
	sums, counts := map[key]float64{}, map[key]float64{}
	var order []key
	for _, u := range uses {
		k := key{estimate.Group(u.Node), u.Resource}
		if counts[k] == 0 {
			order = append(order, k)
		}
		sums[k] += u.Ratio
		counts[k]++
	}
	var out bench.Bottleneck
	for _, k := range order {
		if use := sums[k] / counts[k]; use > out.Use {
			out = bench.Bottleneck{Node: k.node, Resource: k.resource, Use: use}
		}
	}
	return out
}

// middle of a bracket stands for the capacity where one number is needed.
func middle(c bench.Capacity) (rate float64, doubt string) {
	switch {
	case c.Passed > 0 && c.Failed > 0:
		return (c.Passed + c.Failed) / 2, c.Doubt
	case c.Passed > 0:
		return c.Passed, c.Doubt
	}
	return c.Failed, c.Doubt
}

// A resource counts as the limit from a use of clearly on, when no other is
// used nearly as much. It is below 1: an SLO on a quantile is missed before a
// resource is always busy.
const (
	clearly = 0.65
	nearly  = 0.9
)

// undecided says why the uses do not single out a limit; empty when they do.
func undecided(uses []bench.Use) string {
	limit := bottleneck(uses)
	if limit.Use < clearly {
		return fmt.Sprintf("no resource was more than %.0f%% used when the SLO was missed", limit.Use*100)
	}
	rest := slices.DeleteFunc(slices.Clone(uses), func(u bench.Use) bool {
		return estimate.Group(u.Node) == limit.Node && u.Resource == limit.Resource
	})
	if second := bottleneck(rest); second.Use > nearly*limit.Use {
		return fmt.Sprintf("%s (%.0f%%) and %s (%.0f%%) are used about as much", limit, limit.Use*100, second, second.Use*100)
	}
	return ""
}

// capacityFacts states a search's facts, under a prefix with its dot.
func (s *session) capacityFacts(prefix string, c bench.Capacity) {
	rate, doubt := middle(c)
	if rate == 0 {
		return
	}
	if c.Passed > 0 && c.Failed == 0 {
		s.facts.AtLeast(prefix+"capacity_per_s", c.Passed, "the highest rate that was tried and passed", doubt)
	} else {
		s.facts.Doubt(prefix+"capacity_per_s", rate, fmt.Sprintf("middle of the bracket %.4g/s passed, %.4g/s failed", c.Passed, c.Failed), doubt)
	}
	if wide(&search.Bracket{Passed: c.Passed, Failed: c.Failed, Width: s.cfg.Profile.Width}) {
		why := fmt.Sprintf("the capacity is only known to lie between %.4g/s and %.4g/s", c.Passed, c.Failed)
		s.facts.Strain(prefix+"capacity_per_s", why, func(string) bool { return false })
	}
	limit := c.Bottleneck
	at := bench.Probe{}
	if p := c.Breaking(); p != nil {
		at = *p
	}
	if doubt == "" {
		doubt = undecided(at.Uses)
	}
	for _, u := range at.Uses {
		name := estimate.Group(u.Node) + "." + u.Resource
		flag := 0.0
		if strings.ReplaceAll(name, ".", "/") == limit.String() {
			flag = 1
		}
		from := fmt.Sprintf("node metrics at %.4g/s", at.Rate)
		s.facts.Doubt(prefix+"limit."+name+"_flag", flag, from, doubt)
		s.facts.Add(prefix+"capacity.use."+u.Node+"."+u.Resource+"_ratio", u.Ratio, from)
		for role, ratio := range u.Roles {
			s.facts.Add(fmt.Sprintf("%scapacity.use.%s.%s.%s_ratio", prefix, u.Node, u.Resource, role), ratio, from)
		}
	}
}
