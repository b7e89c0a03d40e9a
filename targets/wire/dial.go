package wire

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"
)

const (
	// connectTimeout is when a connect fails that nobody answers: Linux sends
	// 1 + 6 SYNs (tcp_syn_retries), 127 s in all.
	connectTimeout = 127 * time.Second
	// firstRetry is the retransmission time-out of a SYN (RFC 6298, 2.1).
	firstRetry = time.Second
)

// DialContext connects to address, host:port, over "tcp" or "udp" (or either
// with its "4" or "6"). On TCP it takes the round trip of the handshake, and
// tells of a refused connection after it, too. While the link is cut it waits
// for the link to be healed, for ctx to end, or for 127 s, which is when Linux
// gives up.
//
// A TCP connection has a CloseWrite method; a UDP connection also is a
// net.PacketConn.
func (l *Link) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	number := uint64(l.dials.Add(1))
	dialer := net.Dialer{Control: l.control()}
	var datagrams bool
	switch network {
	case "tcp", "tcp4", "tcp6":
	case "udp", "udp4", "udp6":
		datagrams = true
	default:
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err := l.bind(&dialer, datagrams); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var raw net.Conn
	var err error
	if datagrams {
		raw, err = dialer.DialContext(ctx, network, address)
	} else {
		raw, err = l.connect(ctx, &dialer, network, address, number)
	}
	if err != nil {
		return nil, err
	}
	return l.adopt(raw, number, datagrams)
}

// connect is the handshake: a SYN there, the connection, a SYN-ACK back.
func (l *Link) connect(ctx context.Context, dialer *net.Dialer, network, address string, number uint64) (net.Conn, error) {
	if l.direct() {
		return dialer.DialContext(ctx, network, address)
	}
	bounded, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	failed := func(err error) error {
		if bounded.Err() != nil && ctx.Err() == nil {
			err = syscall.ETIMEDOUT
		}
		named := &net.OpError{Op: "dial", Net: network, Err: err}
		if to, err := netip.ParseAddrPort(address); err == nil {
			named.Addr = net.TCPAddrFromAddrPort(to)
		}
		return named
	}
	random := l.random(number, laneHandshake)
	if err := l.travel(bounded, random); err != nil {
		return nil, failed(err)
	}
	raw, dialErr := dialer.DialContext(bounded, network, address)
	if err := l.travel(bounded, random); err != nil {
		if dialErr == nil {
			raw.Close()
		}
		return nil, failed(err)
	}
	return raw, dialErr
}

// travel takes the time of one handshake packet's way, sent now.
func (l *Link) travel(ctx context.Context, random *rand.Rand) error {
	sent := time.Now()
	due := sent.Add(l.delay(random) + stall(1, l.impairment.Load().Loss, firstRetry, random))
	for {
		if err := l.clk.Until(ctx, due); err != nil {
			return err
		}
		cut, changed := l.cut()
		if !cut {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// adopt puts an established connection on the link.
func (l *Link) adopt(raw net.Conn, number uint64, datagrams bool) (net.Conn, error) {
	c := &conn{link: l, raw: raw, number: number, datagrams: datagrams}
	// Under the lock, so that an Impair either is seen here or sees c.
	l.mu.Lock()
	closed, direct := l.closed, l.direct()
	if !closed {
		l.open[c] = struct{}{}
	}
	l.mu.Unlock()
	if closed {
		raw.Close()
		return nil, c.failed("dial", net.ErrClosed)
	}
	if !direct {
		c.divert()
	}
	if datagrams {
		return &packetConn{c}, nil
	}
	return &streamConn{c}, nil
}

func (l *Link) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// bind sets the source address.
func (l *Link) bind(dialer *net.Dialer, datagrams bool) error {
	if l.source == "" {
		return nil
	}
	ip, err := netip.ParseAddr(l.source)
	if err != nil {
		return fmt.Errorf("source address of the link: %w", err)
	}
	from := netip.AddrPortFrom(ip, 0)
	if datagrams {
		dialer.LocalAddr = net.UDPAddrFromAddrPort(from)
	} else {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	return nil
}

// The random streams of one connection.
const (
	laneOut = iota
	laneIn
	laneHandshake
	lanes
)

func (l *Link) random(number, lane uint64) *rand.Rand {
	return rand.New(rand.NewPCG(l.seed, number*lanes+lane))
}
