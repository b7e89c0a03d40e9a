package compare

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"rung/bench"
)

// pair is two results that are compared.
type pair struct {
	id            string
	before, after bench.StageResult
	// names of the stages: the same id unless two stages of one run are
	// compared.
	stageBefore, stageAfter string
	// turns says that rounds of the same number ran next to each other.
	turns bool
	// alike says that the same requests are asked of both, as far as seed and
	// workload go.
	alike bool
}

// comparer makes rows.
type comparer struct {
	cfg      Config
	noise    float64
	warnings []string
	// tests are the rows that were tested, by stage and row, with their p.
	tests []test
}

func (c *comparer) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.warnings, text) {
		c.warnings = append(c.warnings, text)
	}
}

// compare makes the rows of a pair.
func (c *comparer) compare(p pair) bench.StageComparison {
	out := bench.StageComparison{ID: p.id}
	add := func(rows ...row) {
		for _, r := range rows {
			if r.tested && finite(r.p) {
				c.tests = append(c.tests, test{stage: p.id, fact: r.Fact, p: r.p})
			}
			out.Rows = append(out.Rows, r.Delta)
		}
	}
	if r, ok := c.capacity(p); ok {
		add(r)
	}
	if was, is := p.before.Common, p.after.Common; was != nil && is != nil {
		if c.rounds(p, commonRounds) {
			add(c.byRounds(p)...)
		} else {
			add(c.byWindows(p, *was, *is)...)
		}
	} else if was != nil || is != nil {
		c.warn("%s: only one side has a common load", p.id)
	}
	add(readings(p)...)
	doubted(out.Rows, p)
	return out
}

// row is a row with its test.
type row struct {
	bench.Delta
	p      float64
	tested bool
}

// random is a source of its own for every pair and measurement, so that a
// stage's intervals do not depend on the other stages.
func (c *comparer) random(p pair, salt string) *rand.Rand {
	h := c.cfg.Seed
	for _, b := range []byte(p.id + "\x00" + salt) {
		h = (h ^ uint64(b)) * 1099511628211 // FNV-1a
	}
	return rand.New(rand.NewPCG(c.cfg.Seed, h))
}

// readings are numbers that were read once: they have no interval.
func readings(p pair) []row {
	var out []row
	one := func(name string, before, after float64) {
		if before <= 0 || after <= 0 {
			return
		}
		d := fact{name: name}.delta(before, after)
		d.SamplesBefore, d.SamplesAfter, d.Method = 1, 1, MethodReading
		d.Why = "it was read once on each side"
		out = append(out, row{Delta: d})
	}
	one("process_cpu_ns", float64(p.before.ProcessCPU), float64(p.after.ProcessCPU))
	one("memory_bytes", float64(p.before.Memory), float64(p.after.Memory))
	return out
}

// doubted takes the words from numbers that one side must not judge.
func doubted(rows []bench.Delta, p pair) {
	for i := range rows {
		d := &rows[i]
		for _, side := range []struct {
			name   Side
			result bench.StageResult
		}{{Before, p.before}, {After, p.after}} {
			if why := doubt(side.result, d.Fact); why != "" && d.Word != bench.DeltaUnknown {
				d.Word = bench.DeltaUnknown
				because(d, fmt.Sprintf("%s: %s", side.name, why))
			}
		}
	}
}

// doubt says why a number of a result must not be judged.
func doubt(r bench.StageResult, name string) string {
	for _, f := range r.Facts {
		if f.Name == name && f.Doubt != "" {
			return f.Doubt
		}
	}
	if name == capacityFact {
		return ""
	}
	if r.Common != nil && r.Common.Generator.Limited != "" {
		return "the generator was the limit: " + r.Common.Generator.Limited
	}
	return ""
}

// samePlan says that both measurements sent the same requests at the same
// times: then windows are compared in pairs.
func (p pair) samePlan(was, is bench.Measurement) bool {
	return p.alike && was.Plan == is.Plan && was.Duration == is.Duration && was.Total.Planned == is.Total.Planned &&
		slices.EqualFunc(was.Intervals, is.Intervals, func(a, b bench.Interval) bool {
			return a.Start == b.Start && a.Length == b.Length && a.Planned == b.Planned
		})
}

// sameWork says that the same seed asks the same of both.
func sameWork(before, after bench.Run) bool {
	return before.Seed == after.Seed && reflect.DeepEqual(before.Workload, after.Workload) &&
		reflect.DeepEqual(before.Endpoint, after.Endpoint)
}
