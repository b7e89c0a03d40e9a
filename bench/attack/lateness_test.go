package attack_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"rung/bench"
	"rung/bench/attack"
)

// BenchmarkLateness pairs this package with vegeta's own pacing: how late
// requests are sent to a null server in another process. The aim is a p50 of
// 100 us at 1000/s and a p99 of 2 ms at 5000/s on two idle cores.
//
//	go test -run '^$' -bench Lateness -benchtime 5x ./bench/attack
func BenchmarkLateness(b *testing.B) {
	null := startNull(b, "net/http")
	for _, rate := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("rate=%d/pacer=clock/transport=fast", rate), func(b *testing.B) {
			benchmark(b, newRigOn(b, null.url, transports["fast"](64)), rate, byClock)
		})
		b.Run(fmt.Sprintf("rate=%d/pacer=clock/transport=standard", rate), func(b *testing.B) {
			benchmark(b, newRigOn(b, null.url, transports["standard"](64)), rate, byClock)
		})
		b.Run(fmt.Sprintf("rate=%d/pacer=sleep/transport=standard", rate), func(b *testing.B) {
			benchmark(b, newRigOn(b, null.url, transports["standard"](64)), rate, bySleep)
		})
	}
}

func benchDuration() time.Duration {
	if testing.Short() {
		return 200 * time.Millisecond
	}
	return 2 * time.Second
}

type attempt func(b *testing.B, r rig, rate int) (late, response []time.Duration)

func benchmark(b *testing.B, r rig, rate int, run attempt) {
	if err := attack.Warm(context.Background(), r.cfg.Client, r.cfg.BaseURL, 64); err != nil {
		b.Fatal(err)
	}
	var late, response []time.Duration
	for b.Loop() {
		l, s := run(b, r, rate)
		late, response = append(late, l...), append(response, s...)
	}
	slices.Sort(late)
	slices.Sort(response)
	at := func(values []time.Duration, q float64) float64 {
		return float64(values[int(q*float64(len(values)-1))]) / float64(time.Microsecond)
	}
	b.ReportMetric(at(late, 0.5), "late-p50-us")
	b.ReportMetric(at(late, 0.99), "late-p99-us")
	b.ReportMetric(at(response, 0.5), "response-p50-us")
	b.ReportMetric(at(response, 0.99), "response-p99-us")
	b.ReportMetric(0, "ns/op")
}

func byClock(b *testing.B, r rig, rate int) (late, response []time.Duration) {
	_, err := attack.Run(context.Background(), r.cfg, still("/"), constant(b, float64(rate), benchDuration()),
		func(s *bench.Sample) {
			late = append(late, s.Sent-s.Intended)
			response = append(response, s.Done-s.Intended)
		})
	if err != nil {
		b.Fatal(err)
	}
	return late, response
}

// bySleep is vegeta as it comes. Its request k is due one interval later than
// ours, at (k+1)/rate.
func bySleep(_ *testing.B, r rig, rate int) (late, response []time.Duration) {
	pacer := &firstPace{Pacer: vegeta.ConstantPacer{Freq: rate, Per: time.Second}}
	attacker := vegeta.NewAttacker(vegeta.Client(r.cfg.Client), vegeta.MaxBody(0),
		vegeta.Workers(64), vegeta.MaxWorkers(4000))
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: r.cfg.BaseURL})
	for result := range attacker.Attack(target, pacer, benchDuration(), "") {
		due := pacer.began.Add(time.Duration(result.Seq+1) * time.Second / time.Duration(rate))
		late = append(late, result.Timestamp.Sub(due))
		response = append(response, result.Timestamp.Add(result.Latency).Sub(due))
	}
	return late, response
}

// firstPace finds out when vegeta began.
type firstPace struct {
	vegeta.Pacer
	began time.Time
}

func (p *firstPace) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if hits == 0 {
		p.began = time.Now().Add(-elapsed)
	}
	return p.Pacer.Pace(elapsed, hits)
}
