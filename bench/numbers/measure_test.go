package numbers_test

import (
	"context"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/bench"
	"rung/bench/numbers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMeasure(t *testing.T) {
	folder := t.TempDir()
	last, rows := -1, 0
	set, err := numbers.Measure(t.Context(), numbers.Config{Folder: folder, Budget: 2 * time.Second, Progress: func(done, total int, what string) {
		if done < last || total < done || (done == total) != (what == "") {
			t.Errorf("progress %d of %d (%q) after %d", done, total, what, last)
		}
		last, rows = done, total
	}})
	if err != nil {
		t.Fatal(err)
	}
	empty(t, folder)
	if last != rows {
		t.Errorf("progress ended at %d of %d", last, rows)
	}
	if set.Name != "measured" || set.Host == nil || set.Host.CPUs < 1 || set.Year < 2024 || !strings.HasPrefix(set.Date, "20") || len(set.Notes) < 5 {
		t.Errorf("the set is %+v", set)
	}
	skipped := 0
	for _, n := range set.Notes {
		if strings.Contains(n, "is not measured") {
			skipped++
		}
	}
	if len(set.Rows)+skipped != rows {
		t.Errorf("%d rows and %d left out, of %d", len(set.Rows), skipped, rows)
	}
	for _, r := range set.Rows {
		sound(t, r)
	}
	cache, ok1 := set.Row("l1_ref")
	memory, ok2 := set.Row("mem_ref")
	if !ok1 || !ok2 || memory.Value < 2*cache.Value {
		t.Errorf("a memory reference takes %v ns, one in the first-level cache %v ns", memory.Value, cache.Value)
	}
	alone, _ := set.Row("mem_rand_64")
	if alone.Value > memory.Value {
		t.Errorf("independent reads take %v ns, dependent ones %v ns", alone.Value, memory.Value)
	}
	for _, pair := range [][2]string{{"hash_fast_64", "hash_crypto_64"}, {"hash_crypto_64", "compress_1k"}, {"compress_1k", "sort_u64_1m"}, {"clock_read", "http_rtt"}} {
		less, ok1 := set.Row(pair[0])
		more, ok2 := set.Row(pair[1])
		if !ok1 || !ok2 || less.Value >= more.Value {
			t.Errorf("%s takes %v ns, %s %v ns", pair[0], less.Value, pair[1], more.Value)
		}
	}
}

// sound checks what holds for every row.
func sound(t *testing.T, r bench.Number) {
	t.Helper()
	for name, v := range map[string]float64{"value": r.Value, "p50": r.P50} {
		if !(v > 0) || math.IsInf(v, 0) {
			t.Errorf("%s: %s is %v", r.ID, name, v)
		}
	}
	if r.Value != r.P50 || r.P99 != 0 && r.P99 < r.P50 || (r.P99 == 0) != (r.Samples < 100) || r.Samples < 10 {
		t.Errorf("%s: value %v, p50 %v, p99 %v of %d samples", r.ID, r.Value, r.P50, r.P99, r.Samples)
	}
	if r.Quantile != "p50" || r.Status != "measured" || r.Source == "" || r.Year == 0 || r.Date == "" || r.Label == "" {
		t.Errorf("%s says too little: %+v", r.ID, r)
	}
}

func empty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCancelAtOnce: the memory is the slowest to set up.
func TestCancelAtOnce(t *testing.T) {
	folder, enough := t.TempDir(), errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if set, err := numbers.Measure(ctx, numbers.Config{Folder: folder}); !errors.Is(err, enough) || len(set.Rows) > 0 {
		t.Errorf("got %d rows, %v", len(set.Rows), err)
	}
	empty(t, folder)
}

func TestMeasureRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  numbers.Config
		want string
	}{
		{"too little time", numbers.Config{Budget: time.Millisecond}, "numbers: budget is 1ms (1s to 10m0s)"},
		{"negative time", numbers.Config{Budget: -time.Second}, "numbers: budget is -1s (1s to 10m0s)"},
		{"too much time", numbers.Config{Budget: time.Hour}, "numbers: budget is 1h0m0s (1s to 10m0s)"},
		{"no folder", numbers.Config{Folder: "/nowhere/at/all"}, "numbers: folder: stat /nowhere/at/all: no such file or directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := numbers.Measure(t.Context(), row.cfg); err == nil || err.Error() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}
