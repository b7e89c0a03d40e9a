//go:build unix

package calibrate

import (
	"fmt"
	"syscall"
)

// RaiseFiles makes room for that many open files, up to what the system
// allows; less than that is an error. A limit that is not known is none.
func RaiseFiles(wanted uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return nil // unknown: a real lack will show itself
	}
	if l.Cur >= wanted {
		return nil
	}
	l.Cur = min(l.Max, wanted)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur < wanted {
		return fmt.Errorf("too few file descriptors: at most %d may be open, %d are needed: raise the limit (ulimit -n %d)", l.Max, wanted, wanted)
	}
	return nil
}
