//go:build unix

package run

import (
	"fmt"
	"syscall"
)

// wantedFiles is what the harness needs: 512 connections to the site, and
// some for every node's pipes, logs and DNS.
const wantedFiles = 2048

// raiseFileLimit makes room for open files, up to what the system allows.
func raiseFileLimit() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return nil // unknown: a real lack will show itself
	}
	if l.Cur >= wantedFiles {
		return nil
	}
	l.Cur = min(l.Max, wantedFiles)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur < wantedFiles {
		return fmt.Errorf("too few file descriptors: at most %d may be open, %d are needed: raise the limit (ulimit -n %d)", l.Max, wantedFiles, wantedFiles)
	}
	return nil
}
