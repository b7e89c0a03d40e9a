package endpoint

import (
	"strings"
	"testing"
	"time"

	"rung/bench"
)

// TestLatenessIsNoFaultOfTheTarget: a percentile that is missed only because
// requests were sent late is unknown; one that the target misses by itself is
// failed, late or not.
func TestLatenessIsNoFaultOfTheTarget(t *testing.T) {
	slo, err := ParseSLO("p99<50ms")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		late, took time.Duration
		want       bench.Word
	}{
		"on time and fast": {0, 5 * time.Millisecond, bench.Pass},
		"late and fast":    {80 * time.Millisecond, 5 * time.Millisecond, bench.Unknown},
		"on time and slow": {0, 80 * time.Millisecond, bench.Fail},
		"late and slow":    {80 * time.Millisecond, 80 * time.Millisecond, bench.Fail},
	} {
		j := newJudge(slo)
		const n = 2000
		for i := range n {
			s := bench.Sample{Seq: uint64(i), Intended: time.Duration(i) * time.Millisecond}
			s.Sent, s.Done = s.Intended, s.Intended+time.Millisecond
			if i%50 == 0 { // two in a hundred
				s.Sent = s.Intended + row.late
				s.Done = s.Sent + row.took
			}
			j.note(&s)
		}
		word, evidence := j.quantile(0, bench.Measurement{Total: bench.Tally{Planned: n, Sent: n, OK: n}})
		if word != row.want {
			t.Errorf("%s: %s, want %s (%s)", name, word, row.want, evidence)
		}
		if word == bench.Unknown && !strings.Contains(evidence, "the generator was late") {
			t.Errorf("%s: the reason is missing in %q", name, evidence)
		}
	}
}
