package clock_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rung/targets/clock"
)

// The pair shows what the clock gains over time.Sleep: 200 goroutines wait 0.1
// to 20 ms each, again and again, and note how late they wake up.

func BenchmarkWait(b *testing.B) {
	b.Run("by=clock", func(b *testing.B) {
		c := clock.New()
		defer c.Close()
		benchmarkWaits(b, func(t time.Time) { _ = c.Until(context.Background(), t) })
	})
	b.Run("by=sleep", func(b *testing.B) {
		benchmarkWaits(b, func(t time.Time) { time.Sleep(time.Until(t)) })
	})
}

func benchmarkWaits(b *testing.B, wait func(time.Time)) {
	const waiters = 200
	each := (b.N + waiters - 1) / waiters
	late := make([]time.Duration, waiters*each)
	b.ReportAllocs()
	b.ResetTimer()
	var group sync.WaitGroup
	for w := range waiters {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range each {
				d := 100*time.Microsecond + time.Duration(random.Int64N(int64(19900*time.Microsecond)))
				t := time.Now().Add(d)
				wait(t)
				late[w*each+i] = time.Since(t)
			}
		})
	}
	group.Wait()
	b.StopTimer()
	slices.Sort(late)
	report := func(name string, q float64) {
		at := late[min(int(q*float64(len(late))), len(late)-1)]
		b.ReportMetric(float64(at)/1e3, name)
	}
	report("p50-error-us", 0.5)
	report("p99-error-us", 0.99)
	b.ReportMetric(0, "ns/op") // the length of the waits says nothing
}
