package attack

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"rung/bench"
)

// Thresholds of a generator that must not be trusted. Response times count
// from the plan, so lateness makes a target look worse and never better; the
// question is whether what looks bad is the target's doing.
const (
	// LateAfter is the lateness from which on a request counts as late: ten
	// times what a busy but healthy machine shows.
	LateAfter = 5 * time.Millisecond
	// lateRatio of late requests is too many. Fortio warns from the same
	// share of missed sleeps on.
	lateRatio = 0.05
	// veryLate requests move quantiles by themselves; from veryLateRatio on
	// the p99 may be the generator's.
	veryLate      = 50 * time.Millisecond
	veryLateRatio = 0.01
	// cpuRatio of all cores in use by this process leaves none to be on time.
	cpuRatio = 0.9
)

// gauge watches the generator during an attack.
type gauge struct {
	started   time.Time
	cpu       time.Duration
	pauses    time.Duration
	sent      uint64
	late      uint64
	veryLate  uint64
	exhausted map[string]uint64
}

func newGauge() *gauge {
	return &gauge{started: time.Now(), cpu: cpuTime(), pauses: pauseTime(), exhausted: map[string]uint64{}}
}

func (g *gauge) observe(s *bench.Sample) {
	g.sent++
	if lateness := s.Sent - s.Intended; lateness > LateAfter {
		g.late++
		if lateness > veryLate {
			g.veryLate++
		}
	}
	if s.Cause == causePorts || s.Cause == causeFiles {
		g.exhausted[s.Cause]++
	}
}

// fill completes what the generator says of itself. Cut is set when the
// caller ended the attack, so that what is missing is no limit. Full, if not
// empty, is what else was at its limit.
func (g *gauge) fill(gen *bench.Generator, planned uint64, cut bool, full string) {
	gen.Late, gen.LateAfter = g.late, LateAfter
	gen.Wall = time.Since(g.started)
	gen.CPU = cpuTime() - g.cpu
	gen.Pauses = pauseTime() - g.pauses
	var why []string
	if gen.Workers >= gen.Ceiling {
		why = append(why, fmt.Sprintf("all %d workers were busy at once", gen.Ceiling))
	}
	if unsent := planned - g.sent; unsent > 0 && !cut {
		why = append(why, fmt.Sprintf("%d of %d requests were never sent", unsent, planned))
	}
	if float64(g.late) > lateRatio*float64(g.sent) {
		why = append(why, fmt.Sprintf("%d of %d requests were sent over %v late", g.late, g.sent, LateAfter))
	} else if float64(g.veryLate) > veryLateRatio*float64(g.sent) {
		why = append(why, fmt.Sprintf("%d of %d requests were sent over %v late", g.veryLate, g.sent, veryLate))
	}
	if cores := runtime.NumCPU(); gen.CPU.Seconds() > cpuRatio*float64(cores)*gen.Wall.Seconds() {
		why = append(why, fmt.Sprintf("the generator used %.1f of %d cores", gen.CPU.Seconds()/gen.Wall.Seconds(), cores))
	}
	for _, cause := range []string{causePorts, causeFiles} {
		if n := g.exhausted[cause]; n > 0 {
			why = append(why, fmt.Sprintf("%d requests failed here by %q", n, cause))
		}
	}
	if full != "" {
		why = append(why, full)
	}
	gen.Limited = strings.Join(why, "; ")
}

// pauseTime is the summed stop-the-world time of the process's garbage
// collector.
func pauseTime() time.Duration {
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	return stats.PauseTotal
}
