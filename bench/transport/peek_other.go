//go:build !unix

package transport

import "syscall"

// newPeek has nothing to offer here.
func newPeek(syscall.RawConn) probe { return nil }
