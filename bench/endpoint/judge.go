package endpoint

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"rung/bench"
)

// fewestBeyond is how many samples must lie beyond a quantile for it to be
// judged, as for it to be named.
const fewestBeyond = 10

// judge counts what thresholds are decided by: exact counts of single
// requests, not quantiles of rounded histograms. It is for one goroutine.
type judge struct {
	thresholds []Threshold
	// slow counts, for each threshold on a quantile, the sent requests that
	// failed or took longer.
	slow []uint64
	// served counts those of them that were slow from the send on: the rest
	// was late, which is the generator's doing.
	served []uint64
	// longest time until a request ended, and how many timed out.
	longest  time.Duration
	timeouts uint64
	// told counts the failures that the target told by itself: an answer, a
	// refused or broken connection. Time-outs may be the generator's.
	told uint64
	// last is when the last request was sent.
	last time.Duration
	// redirects counts the answers that name another place.
	redirects uint64
}

func newJudge(thresholds []Threshold) *judge {
	return &judge{thresholds: thresholds, slow: make([]uint64, len(thresholds)), served: make([]uint64, len(thresholds))}
}

// The causes of package attack that are not the target's word.
const (
	causeTimeout = "timeout"
	causePorts   = "no local port"
	causeFiles   = "too many open files"
)

func (j *judge) note(s *bench.Sample) {
	response := s.Done - s.Intended
	failed := s.Outcome != bench.OK
	for i, t := range j.thresholds {
		if t.Metric == MetricQuantile && (failed || !t.within(response)) {
			j.slow[i]++
			if failed || !t.within(s.Done-s.Sent) {
				j.served[i]++
			}
		}
	}
	j.longest = max(j.longest, response)
	j.last = max(j.last, s.Sent)
	if s.Code >= 300 && s.Code < 400 && s.Code != http.StatusNotModified {
		j.redirects++
	}
	if !failed {
		return
	}
	switch s.Cause {
	case causeTimeout:
		j.timeouts++
	case causePorts, causeFiles:
	default:
		j.told++
	}
}

// verdicts are those of the thresholds, and that of the generator. Where the
// generator was the limit nothing passes; what the target failed by its own
// word is failed all the same.
func (j *judge) verdicts(m bench.Measurement) []bench.Verdict {
	var out []bench.Verdict
	for i, t := range j.thresholds {
		v := bench.Verdict{ID: fmt.Sprintf("slo-%d", i+1), Text: t.String()}
		var evidence string
		v.Word, evidence = j.decide(i, m)
		v.Evidence = []string{evidence}
		if doubt := doubtOf(m); doubt != "" && !j.surely(t, m) {
			v.Word = bench.Unknown
			v.Evidence = append(v.Evidence, "in doubt: "+doubt)
		}
		out = append(out, v)
	}
	return append(out, generatorVerdict(m))
}

// doubtOf says why a measurement must not be judged.
func doubtOf(m bench.Measurement) string {
	switch {
	case m.Generator.Limited != "":
		return "the generator was the limit: " + m.Generator.Limited
	case m.Total.Unsent > 0:
		return fmt.Sprintf("%d of %d planned requests were never sent", m.Total.Unsent, m.Total.Planned)
	case m.Total.Planned == 0:
		return "nothing was sent"
	}
	return ""
}

// surely says that a threshold is missed by failures that the target itself
// told, even if all that is in doubt were well.
func (j *judge) surely(t Threshold, m bench.Measurement) bool {
	if m.Total.Planned == 0 {
		return false
	}
	share := float64(j.told) / float64(m.Total.Planned)
	switch t.Metric {
	case MetricFailures:
		return !t.holds(share)
	case MetricAvailability:
		return !t.holds(1 - share)
	case MetricQuantile:
		return j.told >= fewestBeyond && share > 1-t.Quantile
	}
	return false
}

// decide judges one threshold as if the generator were beyond doubt.
func (j *judge) decide(i int, m bench.Measurement) (bench.Word, string) {
	t := j.thresholds[i]
	total := m.Total
	word := func(value float64) bench.Word {
		if t.holds(value) {
			return bench.Pass
		}
		return bench.Fail
	}
	switch t.Metric {
	case MetricQuantile:
		return j.quantile(i, m)
	case MetricMean:
		if total.Response.Count == 0 {
			return bench.Unknown, "no request was answered"
		}
		mean := float64(total.Response.Mean)
		return word(mean), fmt.Sprintf("mean of %d answered requests %s", total.Response.Count, t.quantity(mean))
	case MetricMax:
		evidence := fmt.Sprintf("longest of %d requests %s", total.Sent, j.longest)
		if lost := j.timeouts + total.Unsent; lost > 0 {
			return bench.Fail, evidence + fmt.Sprintf("; %d timed out or were never sent", lost)
		}
		return word(float64(j.longest)), evidence
	case MetricFailures:
		return word(total.FailureRatio()), fmt.Sprintf("%s: %d of %d planned requests failed or were never sent",
			t.quantity(total.FailureRatio()), total.Failed+total.Unsent, total.Planned)
	case MetricAvailability:
		return word(total.Availability()), fmt.Sprintf("%s: %d of %d planned requests were answered well",
			t.quantity(total.Availability()), total.OK, total.Planned)
	case MetricRate:
		rate := j.rate(m)
		return word(rate), fmt.Sprintf("%s: %d requests sent", t.quantity(rate), total.Sent)
	}
	return word(m.Goodput), fmt.Sprintf("%s of good answers while the plan lasted", t.quantity(m.Goodput))
}

// rate at which requests were sent. Those that were sent after the plan's end
// stretch the time.
func (j *judge) rate(m bench.Measurement) float64 {
	d := max(m.Duration, j.last)
	if d <= 0 {
		return 0
	}
	return float64(m.Total.Sent) / d.Seconds()
}

// quantile judges by counting: the quantile keeps the limit when as many
// requests do as its rank. Ten must lie beyond it, or chance decides.
func (j *judge) quantile(i int, m bench.Measurement) (bench.Word, string) {
	t := j.thresholds[i]
	planned, slow := m.Total.Planned, j.slow[i]+m.Total.Unsent
	allowed := planned - min(rank(t.Quantile, planned), planned)
	took := "over " + t.quantity(t.Limit)
	if t.Strict {
		took = t.quantity(t.Limit) + " or more"
	}
	evidence := fmt.Sprintf("%d of %d requests (%s) took %s or failed; %d may", slow, planned,
		bench.Quantity("_ratio", float64(slow)/float64(max(planned, 1))), took, allowed)
	if d := quantileOf(m.Total.Response, t.Quantile); d != nil {
		evidence = fmt.Sprintf("%s of the answered %s; ", t.name(), round(*d)) + evidence
	}
	few := fmt.Sprintf(": too few requests, at least %d must lie beyond the percentile", fewestBeyond)
	switch {
	case slow <= allowed && allowed >= fewestBeyond:
		return bench.Pass, evidence
	case slow <= allowed:
		return bench.Unknown, evidence + few
	case slow >= fewestBeyond && j.served[i]+m.Total.Unsent <= allowed:
		// What was late may have been faster for it, so this is no pass.
		return bench.Unknown, evidence + fmt.Sprintf("; counted from the send it is %d: the generator was late", j.served[i]+m.Total.Unsent)
	case slow >= fewestBeyond:
		return bench.Fail, evidence
	}
	return bench.Unknown, evidence + few
}

// name of the percentile: "p99.9".
func (t Threshold) name() string { return fmt.Sprintf("p%.10g", t.Quantile*100) }

// rank is the number, by size, of the sample at quantile q of n, from 1 on.
// The epsilon undoes the rounding of products such as 0.999 x 10000.
func rank(q float64, n uint64) uint64 {
	return uint64(max(math.Ceil((q-1e-12)*float64(n)), 1))
}

// quantileOf is the quantile of a distribution, where it has it.
func quantileOf(d bench.Distribution, q float64) *time.Duration {
	for _, one := range []struct {
		q     float64
		value *time.Duration
	}{{0.5, d.P50}, {0.9, d.P90}, {0.95, d.P95}, {0.99, d.P99}, {0.999, d.P999}} {
		if math.Abs(one.q-q) < 1e-9 {
			return one.value
		}
	}
	return nil
}

// round to three digits, for a reader.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// generatorVerdict says whether the load was what was asked for.
func generatorVerdict(m bench.Measurement) bench.Verdict {
	v := bench.Verdict{ID: "generator", Text: "the generator sent what was planned, when it was due", Word: bench.Pass,
		Evidence: []string{fmt.Sprintf("%d planned, %d sent, %d over %v late", m.Total.Planned, m.Total.Sent, m.Generator.Late, m.Generator.LateAfter)}}
	if doubt := doubtOf(m); doubt != "" {
		v.Word = bench.Unknown
		v.Evidence = append(v.Evidence, doubt)
	}
	return v
}
