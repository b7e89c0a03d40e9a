package wire

import (
	"net"
	"net/netip"
)

// Guard makes l a private listener: only connections from the allowed IP
// addresses come out of Accept. Others are closed at once with a reset, and
// reported to refused, unless that is nil, with their address, host:port.
// refused must not block. An empty list allows nobody.
//
// Everything else, errors among it, is the listener's own.
func Guard(l net.Listener, allowed []string, refused func(remote string)) net.Listener {
	g := &guard{Listener: l, allowed: map[netip.Addr]bool{}, refused: refused}
	for _, ip := range allowed {
		if a, err := netip.ParseAddr(ip); err == nil {
			g.allowed[a.Unmap()] = true
		}
	}
	return g
}

type guard struct {
	net.Listener
	allowed map[netip.Addr]bool
	refused func(remote string)
}

// Accept is net.Listener's.
func (g *guard) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || g.allows(c.RemoteAddr()) {
			return c, err
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			tcp.SetLinger(0) // a reset, not an orderly end
		}
		c.Close()
		if g.refused != nil {
			g.refused(c.RemoteAddr().String())
		}
	}
}

func (g *guard) allows(remote net.Addr) bool {
	from, err := netip.ParseAddrPort(remote.String())
	return err == nil && g.allowed[from.Addr().Unmap()]
}
