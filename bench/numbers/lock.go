package numbers

import (
	"context"
	"sync"
	"sync/atomic"

	"rung/bench"
)

// lock measures a mutex, alone and fought over.
func lock() family {
	return family{"mutex", []bench.Number{
		{ID: "mutex_lock_unlock", Label: "mutex lock and unlock (nobody else wants it)"},
		{ID: "mutex_contended", Label: "mutex lock and unlock while one other goroutine does the same",
			Flags: []string{"one side may keep the lock for many turns: read p50 and p99 together"}},
	}, func(ctx context.Context, m *meter) error {
		var mu sync.Mutex
		turn := op(func(n int) {
			for range n {
				mu.Lock()
				mu.Unlock()
			}
		})
		if err := m.time(ctx, "mutex_lock_unlock", turn); err != nil {
			return err
		}
		var stop atomic.Bool
		var rival sync.WaitGroup
		rival.Go(func() {
			for !stop.Load() {
				mu.Lock()
				mu.Unlock()
			}
		})
		defer rival.Wait()
		defer stop.Store(true)
		return m.time(ctx, "mutex_contended", turn)
	}}
}
