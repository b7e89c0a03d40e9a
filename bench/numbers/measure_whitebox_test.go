package numbers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestCancelLeavesNothing ends a measurement in the middle of what has files,
// threads, connections or a server. That no goroutine is left is seen at the
// end of all tests.
func TestCancelLeavesNothing(t *testing.T) {
	for _, row := range []struct {
		at     string
		family func(folder string) family
	}{
		{"ssd_seq_1m", disk}, {"page_cache_8k", disk}, {"ssd_seq_write_8k", disk}, {"sqlite_commit", sqlite},
		{"tcp_echo_1", func(string) family { return loopback() }}, {"http_rtt", func(string) family { return web() }},
		{"ctx_switch", func(string) family { return kernel() }}, {"goroutine_switch", func(string) family { return goroutine() }},
		{"mutex_contended", func(string) family { return lock() }},
	} {
		t.Run(row.at, func(t *testing.T) {
			folder, enough := t.TempDir(), errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			only := func(folder string) []family { return []family{row.family(folder)} }
			label, files, after := labelOf(row.at), 0, 0
			set, err := measure(ctx, Config{Folder: folder, Budget: MinBudget, Progress: func(_, _ int, what string) {
				if ctx.Err() != nil {
					after++
				}
				if what == label {
					files = count(t, filepath.Join(folder, "*", "*"))
					cancel(enough)
				}
			}}, only)
			if ctx.Err() == nil {
				t.Skip("this system does not have the row")
			}
			if !errors.Is(err, enough) || len(set.Rows) > 0 || after > 0 {
				t.Errorf("got %d rows, %v, and %d more rows were begun", len(set.Rows), err, after)
			}
			if _, kept := map[string]bool{"disk": true, "sqlite": true}[row.family("").name]; kept != (files > 0) {
				t.Errorf("%d files while measuring", files)
			}
			if left := count(t, filepath.Join(folder, "*")); left > 0 {
				t.Errorf("%d things are left behind", left)
			}
		})
	}
}

func labelOf(id string) string {
	for _, row := range templates(families("")) {
		if row.ID == id {
			return row.Label
		}
	}
	return "no such row"
}

func count(t *testing.T, pattern string) int {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestErrorLeavesNothing(t *testing.T) {
	folder, broken := t.TempDir(), errors.New("broken")
	percent := debug.SetGCPercent(100)
	defer debug.SetGCPercent(percent)
	_, err := measure(t.Context(), Config{Folder: folder}, func(own string) []family {
		return []family{{"odd", nil, func(context.Context, *meter) error {
			return errors.Join(broken, os.WriteFile(filepath.Join(own, "file"), []byte("x"), 0o600))
		}}}
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "numbers: odd: ") {
		t.Errorf("got %v", err)
	}
	if left := count(t, filepath.Join(folder, "*")); left > 0 {
		t.Errorf("%d things are left behind", left)
	}
	if now := debug.SetGCPercent(100); now != 100 {
		t.Errorf("the collector is left at %d", now)
	}
}

// TestCollectorIsSetAside: nothing is collected inside samples.
func TestCollectorIsSetAside(t *testing.T) {
	percent := debug.SetGCPercent(100)
	defer debug.SetGCPercent(percent)
	back := setCollectorAside()
	during := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(-1)
	back()
	if after := debug.SetGCPercent(100); during != -1 || after != 100 {
		t.Errorf("the collector's goal is %d meanwhile and %d afterwards", during, after)
	}
	if now := debug.SetMemoryLimit(-1); limit < maxHeap || now <= limit {
		t.Errorf("the limit is %d meanwhile and %d afterwards", limit, now)
	}
}
