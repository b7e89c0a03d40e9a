package clock

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerfd is an alarm from the kernel's high-resolution timers, which do not
// round. The runtime's network poller waits for it, so the thread that sees
// the alarm ring is one that can run goroutines at once.
type timerfd struct {
	file   *os.File
	fd     int
	offset time.Duration // CLOCK_MONOTONIC at the clock's base
	buffer [8]byte
}

func newAlarm(base time.Time) alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return newRuntimeTimer(base)
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		unix.Close(fd)
		return newRuntimeTimer(base)
	}
	return &timerfd{
		file:   os.NewFile(uintptr(fd), "timerfd"),
		fd:     fd,
		offset: time.Duration(now.Nano()) - time.Since(base),
	}
}

func (a *timerfd) set(at time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(at + a.offset))}
	// It fails for a bad descriptor or time only; neither can be: the Clock
	// sets no alarm after closing it, and deadlines lie after its base.
	_ = unix.TimerfdSettime(a.fd, unix.TFD_TIMER_ABSTIME, &spec, nil)
}

func (a *timerfd) wait() error {
	_, err := a.file.Read(a.buffer[:])
	return err
}

func (a *timerfd) close()        { a.file.Close() }
func (a *timerfd) precise() bool { return true }
