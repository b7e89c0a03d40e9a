package run

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
)

// storeFacts states how much the databases had to read before and while nodes
// were down.
func (s *session) storeFacts(prefix string, what outage, doubt string) {
	reads := func(a, b reading) (float64, bool) {
		wall := b.at.Sub(a.at).Seconds()
		n := count(a, b, "statements_read_total") + count(a, b, "statements_join_total")
		return n / wall, wall > 0 && n >= 0
	}
	if rate, ok := reads(what.first, what.before); ok {
		s.facts.Doubt(prefix+"store_reads_before_per_s", rate, "counters of the databases before the kill", doubt)
	}
	if rate, ok := reads(what.before, what.after); ok {
		s.facts.Doubt(prefix+"store_reads_down_per_s", rate, "counters of the databases while it was down", doubt)
	}
}

// killFacts states a row's facts.
func (s *session) killFacts(prefix string, row bench.KillRow) {
	from := "attack around the kill of " + row.Node
	add := func(name string, value float64) { s.facts.Doubt(prefix+name, value, from, row.Doubt) }
	add("availability_ratio", row.Availability)
	add("availability_while_down_ratio", row.AvailabilityDown)
	add("down_ns", float64(row.Restarted-row.Killed))
	add("logged_out_count", float64(row.LoggedOut))
	add("logged_out_ratio", float64(row.LoggedOut)/float64(s.cfg.Workload.Sessions))
	if row.Recovery.Total != nil {
		add("recovery_ns", float64(*row.Recovery.Total))
	}
	for name, part := range map[string]*time.Duration{"detection_ns": row.Recovery.Detection, "decision_ns": row.Recovery.Decision,
		"promotion_ns": row.Recovery.Promotion, "convergence_ns": row.Recovery.Convergence, "seeded_ns": row.Recovery.Seeded} {
		if part != nil {
			add(name, float64(*part))
		}
	}
	// What was acknowledged is lost or not, however late it was asked for.
	counts := ""
	if !row.Happened {
		counts = row.Doubt
	}
	if row.Ledger.Checked {
		s.facts.Doubt(prefix+"lost_count", float64(row.Ledger.Lost),
			fmt.Sprintf("ledger: %d of %d posts acknowledged", row.Ledger.Acknowledged, row.Ledger.Attempted), counts)
	}
	if p := row.Photos; p != nil && p.Checked {
		from := fmt.Sprintf("ledger: %d of %d photos acknowledged", p.Acknowledged, p.Attempted)
		s.facts.Doubt(prefix+"photos_acknowledged_count", float64(p.Acknowledged), from, counts)
		s.facts.Doubt(prefix+"photos_lost_count", float64(p.Lost), from, counts)
		s.facts.Doubt(prefix+"photos_duplicated_count", float64(p.Duplicated), from, counts)
	}
}

// regionFacts states for each region when its users were served again.
func (s *session) regionFacts(prefix string, o *seen, row *bench.KillRow) {
	for _, t := range o.measurement.Regions {
		region, _, _ := strings.Cut(t.Operation, "/")
		name := prefix + region + ".recovery_ns"
		if _, known := s.facts[name]; known {
			continue // one tally for each operation
		}
		if total, _ := recovered(o, o.failedIn[region], row.Killed, s.cfg.Workload.Timeout); total != nil {
			s.facts.Doubt(name, float64(*total), "users of "+region+" around the loss of "+row.Node, row.Doubt)
		}
	}
}
