package attack_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
)

// epollServer is the least that answers HTTP: one thread, two system calls
// per request. So the comparison is one of generators.
type epollServer struct {
	listener, poll int
	address        string
	answered       *atomic.Int64
}

func newEpollServer(answered *atomic.Int64) (*epollServer, error) {
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, err
	}
	if err := syscall.Listen(listener, 4096); err != nil {
		return nil, err
	}
	bound, err := syscall.Getsockname(listener)
	if err != nil {
		return nil, err
	}
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &epollServer{listener: listener, poll: poll, answered: answered}
	s.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(bound.(*syscall.SockaddrInet4).Port))
	return s, s.add(listener)
}

func (s *epollServer) add(fd int) error {
	return syscall.EpollCtl(s.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (s *epollServer) serve() error {
	events := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 4096)
	for {
		n, err := syscall.EpollWait(s.poll, events, -1)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		for _, event := range events[:n] {
			if int(event.Fd) == s.listener {
				s.accept()
			} else if !s.answer(int(event.Fd), buffer) {
				syscall.Close(int(event.Fd))
			}
		}
	}
}

func (s *epollServer) accept() {
	fd, _, err := syscall.Accept4(s.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	if err != nil {
		return
	}
	if syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) != nil || s.add(fd) != nil {
		syscall.Close(fd)
	}
}

// answer serves one request, which comes in one piece: it is short and has no
// body.
func (s *epollServer) answer(fd int, buffer []byte) bool {
	n, err := syscall.Read(fd, buffer)
	if errors.Is(err, syscall.EAGAIN) {
		return true
	}
	if err != nil || n <= 0 || !bytes.HasSuffix(buffer[:n], []byte("\r\n\r\n")) {
		return false
	}
	if bytes.HasPrefix(buffer[:n], []byte("GET /count ")) {
		count := strconv.FormatInt(s.answered.Load(), 10)
		_, _ = syscall.Write(fd, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(count), count))
		return false
	}
	s.answered.Add(1)
	_, err = syscall.Write(fd, hello)
	return err == nil
}
