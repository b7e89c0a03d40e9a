package node

import (
	"io"
	"sync/atomic"
)

// logs is where a node's log lines go: to its standard error and, once it
// knows where the monitor is, there too. It is safe for concurrent use.
type logs struct {
	stderr io.Writer
	away   atomic.Pointer[io.Writer]
}

// Write writes one or several lines.
func (l *logs) Write(p []byte) (int, error) {
	if w := l.away.Load(); w != nil {
		(*w).Write(p) // a shipper never fails
	}
	return l.stderr.Write(p)
}

// ship sends the lines to w as well.
func (l *logs) ship(w io.Writer) { l.away.Store(&w) }
