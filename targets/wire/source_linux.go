package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// control lets a bound source address share ports between destinations. A
// bind to port 0 otherwise takes a port for itself alone, and an address has
// only 28,232 of them by default. Kernels before 4.2 do not know the option;
// their dials just run out of ports earlier.
func (l *Link) control() func(network, address string, c syscall.RawConn) error {
	if l.source == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		})
	}
}
