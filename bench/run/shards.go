package run

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/targets"
)

// streamFacts states what replication sent between two readings, before and
// after compression.
func (s *session) streamFacts(prefix string, before, after reading) {
	plain, sent := count(before, after, "replication_bytes_total"), count(before, after, "replication_wire_bytes_total")
	if plain == 0 || sent == 0 {
		return
	}
	from := "counters of the primaries"
	s.facts.Add(prefix+".replication_bytes", plain, from+", before compression")
	s.facts.Add(prefix+".replication_wire_bytes", sent, from)
	s.facts.Add(prefix+".replication_wire_ratio", sent/plain, from)
}

// shardFacts states how the statements of the users were spread over the
// shards between two readings.
func (s *session) shardFacts(b *bed, prefix string, before, after reading) {
	sharding, err := shardingOf(b.system.Topology())
	if err != nil {
		return // there are no shards
	}
	all, most := 0.0, 0.0
	for _, x := range sharding.All() {
		n := 0.0
		for _, member := range x.Members {
			_, node, _ := b.system.Topology().Role(member)
			is, was := after.nodes[node.Name].Roles[member], before.nodes[node.Name].Roles[member]
			for _, class := range targets.Statements() {
				n += is["statements_"+string(class)+"_total"] - was["statements_"+string(class)+"_total"]
			}
		}
		s.facts.Add(prefix+".shard."+x.Name+".statements_count", n, "counters of the members of shard "+x.Name)
		all, most = all+n, max(most, n)
	}
	if all > 0 {
		s.facts.Add(prefix+".hottest_shard_ratio", most/all, fmt.Sprintf("%.0f statements on %d shards", all, len(sharding.All())))
	}
}

func (s *session) reshardFacts(e bench.Experiment, o *seen, did resharded, audit bench.Audit, users int) {
	s.measured(e.Name, o)
	r, from := did.result, fmt.Sprintf("the move of %d users", did.result.Keys)
	add := func(name string, value float64) { s.facts.Add(e.Name+"."+name, value, from) }
	add("moved_count", float64(r.Keys))
	add("moved_ratio", float64(r.Keys)/float64(users))
	add("bytes", float64(r.Bytes))
	add("took_ns", float64(did.end.Sub(did.began)))
	add("hold_max_ns", float64(r.Hold))
	add("retries_count", float64(r.Retries))
	add("failed_count", float64(o.measurement.Total.Failed))
	if audit.Checked {
		ledger := fmt.Sprintf("ledger: %d of %d posts acknowledged", audit.Acknowledged, audit.Attempted)
		s.facts.Add(e.Name+".lost_count", float64(audit.Lost), ledger)
		s.facts.Add(e.Name+".duplicated_count", float64(audit.Duplicated), ledger)
	}
	figure := timeline(e.Name, "Users move to a new shard while the load goes on, "+e.Name,
		"Answers and failures of each fifth of a second, p99 on the right. The band is the move: writes to a batch of users wait "+
			"while it is copied, reads do not.", o)
	figure.Bands = []bench.Band{o.band(fmt.Sprintf("%d users move", r.Keys), did.began, did.end)}
	s.result.Figures = append(s.result.Figures, figure)
	for _, i := range o.measurement.Intervals {
		at := o.began.Add(i.Start)
		if i.P99 != nil && at.After(did.began) && at.Before(did.end) {
			worst := e.Name + ".p99_worst_ns"
			s.facts.Add(worst, max(s.facts[worst].Value, float64(*i.P99)), fmt.Sprintf("the worst interval of %v during the move", i.Length.Round(time.Millisecond)))
		}
	}
}
