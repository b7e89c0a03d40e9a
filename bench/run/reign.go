package run

import (
	"context"
	"slices"
	"time"

	"rung/targets"
)

// reign is a time in which one member of a group may acknowledge writes.
type reign struct {
	role     string
	from, to time.Time
}

// reigns gathers when each member of a group was primary, by what the members
// noted. A member that was killed has forgotten what it was.
func (b *bed) reigns(ctx context.Context, group []string) []reign {
	now := time.Now()
	var out []reign
	for _, m := range b.metrics(ctx) {
		began := map[string]time.Time{}
		for _, e := range m.Events {
			if !slices.Contains(group, e.Role) {
				continue
			}
			switch from, reigns := began[e.Role]; {
			case e.What == "promoted" && !reigns:
				began[e.Role] = e.At
			case (e.What == "fenced" || e.What == "demoted") && reigns:
				out = append(out, reign{e.Role, from, e.At})
				delete(began, e.Role)
			}
		}
		for role, from := range began {
			out = append(out, reign{role, from, now})
		}
	}
	return out
}

// overlap is for how long two members were primary at once.
func overlap(reigns []reign) (total time.Duration) {
	for i, a := range reigns {
		for _, b := range reigns[:i] {
			from, to := a.from, a.to
			if b.from.After(from) {
				from = b.from
			}
			if b.to.Before(to) {
				to = b.to
			}
			if a.role != b.role {
				total += max(to.Sub(from), 0)
			}
		}
	}
	return total
}

// reignFacts states whether a group had two primaries at any time around an
// outage that killed nobody.
func (s *session) reignFacts(ctx context.Context, b *bed, prefix string, groups []targets.Replication) {
	both, changes := time.Duration(0), 0
	for _, g := range groups {
		all := b.reigns(ctx, g.Members)
		both += overlap(all)
		changes += len(all)
	}
	if len(groups) > 0 {
		s.facts.Add(prefix+"overlap_ns", float64(both), "what the members noted of who may acknowledge, and until when")
		s.facts.Add(prefix+"reigns_count", float64(changes), "what the members noted")
	}
}
