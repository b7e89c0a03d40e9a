package html

import (
	"fmt"

	"rung/bench"
	"rung/reports"
)

// generators say whether the load of each attack of a stage was what was
// asked.
func generators(s bench.StageResult) *table {
	t := &table{Caption: "The generator: was the load what was asked?",
		Columns: columns("Attack", ">Planned", ">Unsent", ">Late|sent later than the limit behind its plan", ">Lateness p50", ">Lateness p99",
			">Workers, of at most", ">Sockets|most open at once", ">Files, of at most|open file descriptors", ">Dialled|connections opened during the attack",
			">CPU|of one core", ">GC pauses", "Paced by", "Limited")}
	add := func(m *bench.Measurement, name string) {
		if m == nil || len(t.Rows) == maxFacts {
			return
		}
		g := m.Generator
		cpu, late, clock := reports.Missing, reports.Count(g.Late), "the runtime's timers"
		if g.Wall > 0 {
			cpu = reports.Percent(g.CPU.Seconds() / g.Wall.Seconds())
		}
		if g.LateAfter > 0 {
			late += " over " + reports.Setting(g.LateAfter)
		}
		if g.Precise {
			clock = "the precise clock"
		}
		t.add(text(name), text(reports.Count(m.Total.Planned)), text(reports.Count(m.Total.Unsent)), text(late),
			text(reports.DurationOf(m.Total.Lateness.P50)), text(reports.DurationOf(m.Total.Lateness.P99)),
			text(ofMost(g.Workers, uint64(max(g.Ceiling, 0)))), text(known(g.Sockets)), text(ofMost(g.Files, g.FileLimit)),
			text(reports.Count(g.Dials)), text(cpu), text(reports.Duration(g.Pauses)), text(clock), text(g.Limited))
	}
	add(s.Common, "common")
	if s.Common != nil && s.Common.Name != "" && len(t.Rows) > 0 {
		t.Rows[0][0] = text(s.Common.Name)
	}
	for _, v := range s.Variants {
		add(v.Latency, "variant "+v.Name)
	}
	for i := range s.Kills {
		add(&s.Kills[i].Measurement, "kill "+killName(s.Kills[i]))
	}
	for i := range s.Repeats {
		add(s.Repeats[i].Common, fmt.Sprintf("round %d", s.Repeats[i].Round))
	}
	t.prune(7, 9)
	t.prune(len(t.Columns)-1, len(t.Columns))
	return t
}

// ofMost is a count of what there may be: "62 of 1 024".
func ofMost(n int, most uint64) string {
	switch {
	case n <= 0:
		return ""
	case most == 0:
		return reports.Count(n)
	}
	return reports.Count(n) + " of " + reports.Count(most)
}
