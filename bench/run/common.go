package run

import (
	"context"
	"fmt"
	"strings"

	"rung/bench"
)

// common attacks the stage at the rate that all stages share.
func (s *session) common(ctx context.Context, b *bed) error {
	p := s.cfg.Profile
	s.stepFor(p.Common, "common load: %.4g/s", p.Rate)
	before := b.read(ctx)
	seen, err := b.attack(ctx, order{name: "common", rate: p.Rate, length: p.Common, regions: b.system.Topology().Spread(), keep: true})
	if seen != nil {
		s.result.Common = &seen.measurement
		s.measured("common", seen)
		after := b.read(context.WithoutCancel(ctx))
		s.hitFacts("common.cache", before, after, seen)
		s.shardFacts(b, "common", before, after)
		s.fewRequests("common.", seen)
		s.writeFacts(ctx, b, before, after) // counts, which need no sample
		s.processes(before, after)
		s.strain("common.", seen.strain)
	}
	return err
}

// writeFacts counts the writes that clients sent to the primary of a
// replicated database and to its replicas.
func (s *session) writeFacts(ctx context.Context, b *bed, before, after reading) {
	at := map[bool]float64{}
	all := b.members(ctx)
	for _, m := range all {
		name := "statements_write_total"
		at[m.primary] += after.nodes[m.node].Roles[m.role][name] - before.nodes[m.node].Roles[m.role][name]
	}
	if len(all) == 0 {
		return
	}
	from := "counters of the members at the common load"
	s.facts.Add("common.writes_at_primary_count", at[true], from)
	s.facts.Add("common.writes_at_replicas_count", at[false], from)
}

// strain marks the facts under a prefix as what a slow machine may have made
// worse, if there is a reason. It loses no write and makes none twice.
func (s *session) strain(prefix, why string) {
	if why == "" {
		return
	}
	s.facts.Strain(prefix, why, func(name string) bool {
		return strings.HasSuffix(name, "lost_count") || strings.HasSuffix(name, "duplicated_count")
	})
}

// enough is how many requests the common load needs for its latencies to be
// compared with an estimate: with fewer, a single busy moment decides.
const enough = 800

// fewRequests doubts the facts of an attack that was too short.
func (s *session) fewRequests(prefix string, o *seen) {
	n := o.measurement.Total.Planned
	if n >= enough {
		return
	}
	for name, f := range s.facts {
		if strings.HasPrefix(name, prefix) && f.Doubt == "" {
			s.facts.Doubt(name, f.Value, f.From, fmt.Sprintf("%d requests are too few: at least %d", n, enough))
		}
	}
}

// measured states the facts of an attack under a prefix.
func (s *session) measured(prefix string, o *seen) {
	m := o.measurement
	from := fmt.Sprintf("attack %s, %s", m.Name, m.Plan)
	doubt := m.Generator.Limited
	if doubt == "" {
		doubt = o.crowded
	}
	add := func(name string, value float64) { s.facts.Doubt(prefix+"."+name, value, from, doubt) }
	add("goodput_per_s", m.Goodput)
	if m.Generator.Limited == "" && doubt != "" {
		s.facts.AtLeast(prefix+".goodput_per_s", m.Goodput, from, doubt) // a busy machine answers less, not more
	}
	add("failed_ratio", m.Total.FailureRatio())
	if m.Total.Planned > 0 {
		add("refused_ratio", float64(m.Total.Refused)/float64(m.Total.Planned))
	}
	quantiles(m.Total.Response, add)
	for _, t := range m.Operations {
		if t.Planned > 0 {
			quantiles(t.Response, func(name string, value float64) { add(t.Operation+"."+name, value) })
		}
	}
	for _, t := range m.Regions {
		name := strings.ReplaceAll(t.Operation, "/", ".")
		quantiles(t.Response, func(fact string, value float64) { add(name+"."+fact, value) })
		if t.Planned > 0 {
			add(name+".failed_ratio", t.FailureRatio())
		}
	}
	for op, parts := range o.parts {
		for part, total := range parts {
			add(fmt.Sprintf("%s.%s_ns", op, strings.ReplaceAll(part, "-", "_")), float64(total)/float64(o.ok[op]))
		}
	}
}

// quantiles states those that there is enough data for.
func quantiles(d bench.Distribution, add func(name string, value float64)) {
	if d.P50 != nil {
		add("p50_ns", float64(*d.P50))
	}
	if d.P99 != nil {
		add("p99_ns", float64(*d.P99))
	}
	if d.Count > 0 {
		add("mean_ns", float64(d.Mean))
	}
}

// processes sums what the stage's processes cost the real machine.
func (s *session) processes(before, after reading) {
	for node, is := range after.nodes {
		s.result.Memory += is.Memory
		if was, ok := before.nodes[node]; ok {
			s.result.ProcessCPU += is.ProcessCPU - was.ProcessCPU
		}
	}
	wall := after.at.Sub(before.at).Seconds()
	if wall > 0 && s.result.Common != nil {
		cores := s.result.ProcessCPU.Seconds()/wall + s.result.Common.Generator.CPU.Seconds()/max(s.result.Common.Generator.Wall.Seconds(), 1e-9)
		s.facts.Add("real.cores_used_count", cores, "CPU time of the harness and all nodes at the common load")
		s.usage = cores
	}
}

// pools states how often a page read missed the buffer pool between two
// readings.
func (s *session) pools(before, after reading) {
	hits := count(before, after, "pool_hits_total")
	misses := count(before, after, "pool_misses_total")
	if n := hits + misses; n > 0 {
		from := fmt.Sprintf("counters of the store's buffer pool, %.0f page reads from the common load to the last probe", n)
		doubt := ""
		if n < enough {
			doubt = fmt.Sprintf("%.0f page reads are too few: at least %d", n, enough)
		}
		s.facts.Doubt("pool_miss_ratio", misses/n, from, doubt)
	}
}

// count is how much a counter grew, over all roles that have it.
func count(before, after reading, counter string) float64 {
	total := 0.0
	for node, is := range after.nodes {
		for role, metrics := range is.Roles {
			total += metrics[counter] - before.nodes[node].Roles[role][counter]
		}
	}
	return total
}
