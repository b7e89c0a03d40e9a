package numbers

import (
	"context"
	"runtime"
	"time"

	"rung/bench"
)

// kernel measures the border to the operating system.
func kernel() family {
	return family{"kernel", []bench.Number{
		{ID: "syscall", Label: "system call (getpid, without Go's bookkeeping)"},
		{ID: "clock_read", Label: "reading the clock (time.Now)"},
		{ID: "ctx_switch", Label: "context switch (half of a ping-pong of two threads over pipes)"},
	}, func(ctx context.Context, m *meter) error {
		if err := systemCall(ctx, m); err != nil {
			return err
		}
		var last time.Time
		if err := m.time(ctx, "clock_read", op(func(n int) {
			for range n {
				last = time.Now()
			}
		})); err != nil {
			return err
		}
		runtime.KeepAlive(last)
		return contextSwitch(ctx, m)
	}}
}
