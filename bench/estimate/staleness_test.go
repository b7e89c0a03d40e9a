package estimate_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"rung/bench/estimate"
)

// aged plays one key: reads and writes at random times, an entry that lives
// for a TTL from its fill and that writes leave alone. It returns the share of
// stale reads, and their mean age in seconds.
func aged(ttl, reads, writes float64, turns int) (ratio, age float64) {
	dice := rand.New(rand.NewPCG(3, 4))
	now, filled, replaced := 0.0, -1.0, -1.0
	stale, all, total := 0, 0, 0.0
	for range turns {
		now += dice.ExpFloat64() / (reads + writes)
		if dice.Float64() < writes/(reads+writes) {
			if replaced < filled {
				replaced = now // the first write since the fill
			}
			continue
		}
		all++
		switch {
		case filled < 0 || now-filled >= ttl:
			filled = now
		case replaced >= filled:
			stale++
			total += now - replaced
		}
	}
	return float64(stale) / float64(all), total / float64(max(stale, 1))
}

func TestStalenessAgainstSimulation(t *testing.T) {
	for _, row := range []struct {
		ttl           time.Duration
		reads, writes float64
	}{
		{500 * time.Millisecond, 4, 1}, {2 * time.Second, 4, 1}, {2 * time.Second, 50, 1}, {10 * time.Second, 1, 2}, {time.Second, 10, 0.1},
	} {
		got, age := estimate.Staleness(row.ttl, row.reads, row.writes)
		wantRatio, wantAge := aged(row.ttl.Seconds(), row.reads, row.writes, 200_000)
		t.Logf("TTL %v, %v reads and %v writes a second: stale %.4f, played %.4f; age %v, played %.4f s", row.ttl, row.reads, row.writes, got, wantRatio, age, wantAge)
		near(t, "stale ratio", got, wantRatio, 0.01)
		near(t, "age in TTLs", age.Seconds()/row.ttl.Seconds(), wantAge/row.ttl.Seconds(), 0.02)
	}
}

func TestStalenessAtTheEdges(t *testing.T) {
	for _, row := range []struct {
		ttl           time.Duration
		reads, writes float64
		ratio, age    float64 // age in TTLs
	}{
		{time.Second, 1e6, 1e6, 1, 0.5}, {time.Second, 1, 1e-9, 0.25e-9, 1.0 / 3}, {time.Second, 1, 1e-3, 0.25e-3, 1.0 / 3},
		{0, 1, 1, 0, 0}, {time.Second, 0, 1, 0, 0}, {time.Second, 1, 0, 0, 0}, {-1, 1, 1, 0, 0},
	} {
		ratio, age := estimate.Staleness(row.ttl, row.reads, row.writes)
		near(t, "ratio", ratio, row.ratio, 1e-3*row.ratio+1e-15)
		near(t, "age", age.Seconds(), row.age*row.ttl.Seconds(), 1e-3)
	}
}
