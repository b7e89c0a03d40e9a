//go:build !linux

package numbers

import (
	"context"
	"runtime"
)

func systemCall(_ context.Context, m *meter) error {
	m.skip("syscall", "no raw system calls on "+runtime.GOOS)
	return nil
}

func contextSwitch(_ context.Context, m *meter) error {
	m.skip("ctx_switch", "threads cannot be bound to a CPU on "+runtime.GOOS)
	return nil
}
