package record_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/plan"
)

func constant(t interface{ Fatal(...any) }, count int, d time.Duration) bench.Plan {
	p, err := plan.Constant(float64(count)/d.Seconds(), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var operations = []string{"user", "post", "me"}

// answers makes what an attack by a plan might have seen: the first sent
// requests of the plan, in an order in which they could have ended.
func answers(p bench.Plan, sent uint64) *rapid.Generator[[]bench.Sample] {
	return rapid.Custom(func(t *rapid.T) []bench.Sample {
		samples := make([]bench.Sample, 0, sent)
		// Histograms are read up to their largest value, so most attacks are
		// of fast answers: under the race detector this counts.
		longest := rapid.SampledFrom([]int64{1e5, 1e6, 1e6, 1e6, 1e6, 1e6, 1e7, 3e9}).Draw(t, "longest")
		for n := range sent {
			at := p.At(n)
			s := bench.Sample{
				Seq: n, Operation: rapid.IntRange(0, len(operations)-1).Draw(t, "operation"),
				Intended: at, Sent: at + time.Duration(rapid.Int64Range(0, longest/10).Draw(t, "late")),
				Outcome: rapid.SampledFrom([]bench.Outcome{bench.OK, bench.OK, bench.OK, bench.Failed, bench.Refused, bench.LoggedOut}).Draw(t, "outcome"),
			}
			s.Done = s.Sent + time.Duration(rapid.Int64Range(1, longest).Draw(t, "service"))
			switch s.Outcome {
			case bench.OK:
				s.Code = 200
				s.ServerTiming = fmt.Sprintf("web;dur=%g, db;dur=1", rapid.Float64Range(0, float64(longest)/1e6).Draw(t, "web"))
			case bench.Failed:
				s.Cause = rapid.SampledFrom([]string{"timeout", "503"}).Draw(t, "cause")
			}
			samples = append(samples, s)
		}
		return rapid.Permutation(samples).Draw(t, "order")
	})
}
