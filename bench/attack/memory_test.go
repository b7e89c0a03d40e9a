package attack_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/attack"
)

// heapOver runs one attack of n requests, all due soon, and returns the live
// heap after the first part of them and after the last, in bytes.
func heapOver(t testing.TB, url string, first, n uint64) (early, late uint64) {
	t.Helper()
	r := newRigOn(t, url, attack.NewFast(nil, flatWorkers, nil))
	r.cfg.MaxWorkers, r.cfg.Timeout = flatWorkers, time.Hour
	var samples uint64
	_, err := attack.Run(context.Background(), r.cfg, still("/"), constant(t, 1e6, time.Duration(n)*time.Microsecond),
		func(s *bench.Sample) {
			if samples++; samples == first {
				early = liveHeap()
			} else if samples == n {
				late = liveHeap()
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	if samples != n {
		t.Fatalf("%d of %d requests", samples, n)
	}
	return early, late
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // empties the pools as well
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The memory of an attack does not grow with its length: if a request left 10
// bytes behind, it would show.
func TestMemoryIsFlat(t *testing.T) {
	early, late := heapOver(t, startNull(t, "net/http").url, 10_000, 60_000)
	t.Logf("live heap: %d kB after 10 000 requests, %d kB after 60 000", early>>10, late>>10)
	if late > early+50_000*10 {
		t.Errorf("live heap grew from %d to %d bytes over 50 000 requests", early, late)
	}
}

// BenchmarkMemory is the same after a million requests and after ten.
//
//	go test -run '^$' -bench Memory -benchtime 1x ./bench/attack
func BenchmarkMemory(b *testing.B) {
	null := startNull(b, "net/http")
	first, all := uint64(1_000_000), []uint64{2_000_000, 10_000_000}
	if testing.Short() { // so that it does not rot
		first, all = 10_000, []uint64{50_000}
	}
	for _, n := range all {
		b.Run(fmt.Sprintf("requests=%d", n), func(b *testing.B) {
			var early, late uint64
			for b.Loop() {
				early, late = heapOver(b, null.url, first, n)
			}
			b.ReportMetric(float64(early)/1024, "heap-kB-after-first")
			b.ReportMetric(float64(late)/1024, "heap-kB-at-end")
		})
	}
}
