//go:build unix

package attack

import (
	"syscall"
	"time"
)

// cpuTime is the CPU time that this process has used, in user and kernel.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	// It fails for a bad argument only.
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
