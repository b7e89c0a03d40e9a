//go:build !linux

package wire

import "syscall"

func (l *Link) control() func(network, address string, c syscall.RawConn) error { return nil }
