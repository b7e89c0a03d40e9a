package machine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/clock"
)

// BenchmarkCapacity saturates a machine in a closed loop through the real
// clock. capacity-ratio is the rate served over slots / service time.
func BenchmarkCapacity(b *testing.B) {
	const service = 2 * time.Millisecond
	for _, slots := range []int{1, 4, 16} {
		for _, quantum := range []time.Duration{0, 500 * time.Microsecond} {
			b.Run(fmt.Sprintf("slots=%d/quantum=%v", slots, quantum), func(b *testing.B) {
				clk := clock.New()
				defer clk.Close()
				clients := 8 * slots // a queue deep enough to outlast a stall of the real machine
				share := New(clk, targets.Machine{
					CPU: targets.Resource{Slots: slots, Queue: clients}, Quantum: quantum,
				}, 1).For("web")
				work := make(chan struct{}, b.N)
				for range b.N {
					work <- struct{}{}
				}
				close(work)
				b.ReportAllocs()
				b.ResetTimer()
				var group sync.WaitGroup
				for range clients {
					group.Go(func() {
						for range work {
							if _, err := share.CPU(context.Background(), targets.Constant(service)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				group.Wait()
				ideal := float64(slots) / service.Seconds()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/ideal, "capacity-ratio")
			})
		}
	}
}

// BenchmarkPoisson offers Poisson arrivals at 80% load to an exponential
// server through the real clock. Its figures:
//
//   - sample/erlang: mean wait over Erlang C's. A few thousand arrivals leave a
//     sampling error of 10% and more;
//   - wait/ideal: mean wait over that of the very same arrivals and service
//     times in virtual time, so that only the emulation's own error is left;
//   - wait/erlang: the sampling error taken out: wait/ideal times the mean wait
//     of a million arrivals in virtual time over Erlang C's;
//   - response-error-us: median of how much later than ideal a caller goes on.
func BenchmarkPoisson(b *testing.B) {
	const service, rho = 2 * time.Millisecond, 0.8
	for _, test := range []struct {
		slots  int
		erlang float64 // mean wait in service times
	}{{1, 4.0}, {4, 0.745541}} {
		b.Run(fmt.Sprintf("slots=%d", test.slots), func(b *testing.B) {
			clk := clock.New()
			defer clk.Close()
			law := targets.Law{Shape: targets.ShapeExponential, Mean: service}
			spec := targets.Resource{Slots: test.slots, Queue: 1 << 20}
			share := New(clk, targets.Machine{CPU: spec}, 1).For("web")

			offsets := make([]time.Duration, b.N)
			arrivals := rand.New(rand.NewPCG(3, 4))
			var at time.Duration
			for i := range offsets {
				at += time.Duration(arrivals.ExpFloat64() * float64(service) / rho / float64(test.slots))
				offsets[i] = at
			}
			queued, responses := make([]time.Duration, b.N), make([]time.Duration, b.N)
			b.ResetTimer()
			start := time.Now()
			var group sync.WaitGroup
			for i, offset := range offsets {
				intended := start.Add(offset)
				_ = clk.Until(context.Background(), intended)
				group.Go(func() {
					span, err := share.CPU(context.Background(), law)
					if err != nil {
						b.Error(err)
					}
					queued[i], responses[i] = span.Queued, time.Since(intended)
				})
			}
			group.Wait()
			b.StopTimer()

			ideal := newQueue(test.slots, spec.Queue, 0)
			random := rand.New(rand.NewPCG(1, streamCPU))
			var sum, idealSum time.Duration
			late := make([]time.Duration, b.N)
			var roles account
			for i, offset := range offsets {
				j := job{account: &roles}
				ideal.offer(offset, Sample(law, random), &j)
				sum += queued[i]
				idealSum += j.queued
				late[i] = responses[i] - (j.finish - offset)
			}
			slices.Sort(late)
			mean := float64(sum) / float64(b.N)
			emulation := float64(sum) / float64(max(idealSum, 1))
			b.ReportMetric(mean/float64(service)/test.erlang, "sample/erlang")
			b.ReportMetric(emulation, "wait/ideal")
			b.ReportMetric(emulation*virtualWait(test.slots, service, rho)/test.erlang, "wait/erlang")
			b.ReportMetric(float64(late[len(late)/2])/1e3, "response-error-us")
		})
	}
}

// virtualWait is the mean wait of a million Poisson arrivals in virtual time,
// in service times.
func virtualWait(slots int, service time.Duration, rho float64) float64 {
	const arrivals = 1_000_000
	q := newQueue(slots, 1<<20, 0)
	gaps, work := rand.New(rand.NewPCG(5, 6)), rand.New(rand.NewPCG(7, 8))
	law := targets.Law{Shape: targets.ShapeExponential, Mean: service}
	var roles account
	var at, sum time.Duration
	for range arrivals {
		at += time.Duration(gaps.ExpFloat64() * float64(service) / rho / float64(slots))
		j := job{account: &roles}
		q.offer(at, Sample(law, work), &j)
		sum += j.queued
	}
	return float64(sum) / arrivals / float64(service)
}

// BenchmarkQueue is the cost of the arithmetic alone.
func BenchmarkQueue(b *testing.B) {
	for _, slots := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("slots=%d", slots), func(b *testing.B) {
			q := newQueue(slots, 1000, 0)
			random := rand.New(rand.NewPCG(1, 2))
			law := targets.Law{Shape: targets.ShapeExponential, Mean: time.Millisecond}
			var roles account
			var now time.Duration
			b.ReportAllocs()
			for b.Loop() {
				now += time.Duration(random.ExpFloat64() * float64(time.Millisecond) / 0.9 / float64(slots))
				q.offer(now, Sample(law, random), &job{account: &roles})
			}
		})
	}
}
