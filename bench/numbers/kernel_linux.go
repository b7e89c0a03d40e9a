package numbers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

func systemCall(ctx context.Context, m *meter) error {
	var pid uintptr
	err := m.time(ctx, "syscall", op(func(n int) {
		for range n {
			pid, _ = unix.RawSyscallNoError(unix.SYS_GETPID, 0, 0, 0)
		}
	}))
	runtime.KeepAlive(pid)
	return err
}

// contextSwitch lets two threads of one CPU wake each other: each round trip
// is two switches, each with the write and the read of a byte.
func contextSwitch(ctx context.Context, m *meter) error {
	there, err := newPipe()
	if err != nil {
		return err
	}
	back, err := newPipe()
	if err != nil {
		there.closeWrite()
		there.closeRead()
		return err
	}
	cpu, pinned := firstCPU()
	var failed [2]error
	var threads sync.WaitGroup
	threads.Go(func() { // the partner ends when there is nothing more to read
		defer there.closeRead()
		defer back.closeWrite()
		failed[0] = onCPU(cpu, pinned, func() error {
			for {
				if more, err := there.read(); err != nil || !more {
					return err
				}
				if err := back.write(); err != nil {
					return err
				}
			}
		})
	})
	threads.Go(func() {
		defer back.closeRead()
		defer there.closeWrite()
		failed[1] = onCPU(cpu, pinned, func() error {
			return m.halves(ctx, "ctx_switch", work{do: func(n int) error { return turns(there, back, n) }})
		})
	})
	threads.Wait()
	m.flag("includes the write and the read of a pipe, and Go's bookkeeping of blocking calls", "ctx_switch")
	if !pinned {
		m.flag("the threads could not be bound to one CPU: a wake-up of another CPU may be included", "ctx_switch")
	}
	return errors.Join(failed[1], failed[0])
}

// turns does n round trips.
func turns(there, back pipe, n int) error {
	for range n {
		if err := there.write(); err != nil {
			return err
		}
		if more, err := back.read(); err != nil || !more {
			return errors.Join(err, errors.New("the other thread has gone"))
		}
	}
	return nil
}

// firstCPU is a set of the first CPU that this process may use.
func firstCPU() (unix.CPUSet, bool) {
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return one, false
	}
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			one.Set(i)
			return one, true
		}
	}
	return one, false
}

// onCPU runs f on a thread of its own, bound to a CPU.
func onCPU(cpu unix.CPUSet, bind bool, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if !bind {
		return f()
	}
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("CPU of a thread: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &cpu); err != nil {
		return fmt.Errorf("CPU of a thread: %w", err)
	}
	err := f()
	if back := unix.SchedSetaffinity(0, &before); back != nil {
		runtime.LockOSThread() // a second lock: the bound thread ends with its goroutine
		err = errors.Join(err, fmt.Errorf("CPU of a thread: %w", back))
	}
	return err
}

// pipe is a blocking pipe outside the runtime's poller, so that a wait is the
// thread's.
type pipe struct{ r, w int }

func newPipe() (pipe, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return pipe{}, fmt.Errorf("pipe: %w", err)
	}
	return pipe{fds[0], fds[1]}, nil
}

// The descriptors are ours: closing them cannot fail in a way that matters.
func (p pipe) closeRead()  { _ = unix.Close(p.r) }
func (p pipe) closeWrite() { _ = unix.Close(p.w) }

// read waits for a byte; more is false at the end.
func (p pipe) read() (more bool, err error) {
	var b [1]byte
	for {
		n, err := unix.Read(p.r, b[:])
		if !errors.Is(err, unix.EINTR) {
			return n == 1, err
		}
	}
}

func (p pipe) write() error {
	b := [1]byte{1}
	for {
		if _, err := unix.Write(p.w, b[:]); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
