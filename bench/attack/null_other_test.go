//go:build !linux

package attack_test

import (
	"errors"
	"sync/atomic"
)

// epollServer needs Linux.
type epollServer struct{ address string }

func newEpollServer(*atomic.Int64) (*epollServer, error) {
	return nil, errors.New("the epoll server needs Linux")
}

func (*epollServer) serve() error { return nil }
