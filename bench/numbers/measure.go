package numbers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"rung/bench"
)

// Bounds of a measurement.
const (
	DefaultBudget = 45 * time.Second
	MinBudget     = time.Second
	MaxBudget     = 10 * time.Minute

	maxHeap = 384 << 20 // bytes of garbage before the collector starts
)

// Config says where and how long to measure.
type Config struct {
	// Folder is where the files of the disk and SQLite rows are made, at most
	// 256 MiB of them; they are removed afterwards, also after an error. Empty
	// means the system's folder for temporary files, which is often in memory
	// (the flags say so).
	Folder string
	// Budget is the whole time; 0 means DefaultBudget. Below about 10 seconds
	// the least number of samples of each row takes longer than the budget.
	Budget time.Duration
	// Progress, if not nil, is called before each row with the number of rows
	// done and its label, and at the end with done = total.
	Progress func(done, total int, what string)
}

// Measure measures all rows, one after another. It needs the machine for
// itself, at most 512 MiB of memory, and the process as well: it sets the
// garbage collector aside until it returns, so only one call may run at a
// time. When ctx ends it returns its cause, with nothing left behind.
func Measure(ctx context.Context, cfg Config) (bench.NumberSet, error) {
	return measure(ctx, cfg, families)
}

func measure(ctx context.Context, cfg Config, families func(folder string) []family) (set bench.NumberSet, err error) {
	if cfg.Budget == 0 {
		cfg.Budget = DefaultBudget
	}
	if cfg.Budget < MinBudget || cfg.Budget > MaxBudget {
		return set, fmt.Errorf("numbers: budget is %v (%v to %v)", cfg.Budget, MinBudget, MaxBudget)
	}
	folder, err := workFolder(cfg.Folder)
	if err != nil {
		return set, err
	}
	defer func() {
		if gone := os.RemoveAll(folder); gone != nil {
			err = errors.Join(err, fmt.Errorf("numbers: remove %s: %w", folder, gone))
		}
	}()
	// A row that hangs must not hang the whole.
	ctx, cancel := context.WithTimeoutCause(ctx, 3*cfg.Budget+30*time.Second, fmt.Errorf("numbers: three times the budget of %v is over", cfg.Budget))
	defer cancel()
	defer setCollectorAside()()

	started := time.Now()
	all := families(folder)
	m := newMeter(func() time.Duration { return time.Since(started) }, cfg, all)
	m.facts = observe(os.DirFS("/"), folder)
	m.facts.resolution = resolution(m.clock)
	for _, f := range all {
		if err := f.measure(ctx, m); err != nil {
			return bench.NumberSet{}, fmt.Errorf("numbers: %s: %w", f.name, err)
		}
	}
	m.progress(m.total, m.total, "")
	return m.set(started), nil
}

// workFolder makes a folder of our own under the given one, as an absolute
// path, because the mount is looked up by it.
func workFolder(parent string) (string, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", fmt.Errorf("numbers: folder: %w", err)
	}
	folder, err := os.MkdirTemp(parent, "rung-numbers-*")
	if err != nil {
		return "", fmt.Errorf("numbers: folder: %w", err)
	}
	return folder, nil
}

// setCollectorAside keeps the garbage collector out of the samples, up to a
// bound, and returns what brings it back.
func setCollectorAside() func() {
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	limit := debug.SetMemoryLimit(int64(heap.Sys-heap.HeapReleased) + maxHeap)
	percent := debug.SetGCPercent(-1)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
		runtime.GC()
	}
}

// families are all rows, in the order they are measured in.
func families(folder string) []family {
	return []family{memory(), lock(), kernel(), goroutine(), hash(), compression(), sorting(),
		disk(folder), loopback(), web(), sqlite(folder)}
}
