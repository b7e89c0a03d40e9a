package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"rung/targets"
	"rung/targets/wire"
)

// sockets are the open ends of one role.
type sockets struct {
	tcp net.Listener
	tls net.Listener
	udp net.PacketConn
}

func (s sockets) close() {
	for _, l := range []net.Listener{s.tcp, s.tls} {
		if l != nil {
			l.Close() // only frees the port; nobody waits for its error
		}
	}
	if s.udp != nil {
		s.udp.Close()
	}
}

// listen opens every socket of the node, so that all addresses are known
// before any role of any node starts to talk.
func (n *Node) listen(ctx context.Context) error {
	n.sockets = map[string]sockets{}
	for _, r := range n.spec.Node.Roles {
		s, err := n.open(ctx, r)
		if err != nil {
			s.close()
			return fmt.Errorf("node %s, role %s: %w", n.spec.Node.Name, r.Name, explain(err))
		}
		n.sockets[r.Name] = s
	}
	return n.listenTelemetry(ctx)
}

// listenTelemetry opens the node's endpoint for telemetry, if it has one.
func (n *Node) listenTelemetry(ctx context.Context) error {
	if n.spec.Telemetry == nil {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(n.spec.Address, strconv.Itoa(n.spec.TelemetryPort)))
	if err != nil {
		return fmt.Errorf("node %s, telemetry: %w", n.spec.Node.Name, explain(err))
	}
	n.sockets[targets.TelemetryEndpoint(n.spec.Node.Name)] = sockets{tcp: l}
	return nil
}

func (n *Node) open(ctx context.Context, r targets.Role) (s sockets, err error) {
	var lc net.ListenConfig
	address := net.JoinHostPort(n.spec.Address, strconv.Itoa(r.Port))
	if s.tcp, err = lc.Listen(ctx, "tcp", address); err != nil {
		return s, err
	}
	if r.Kind == targets.KindNameserver || r.Kind == targets.KindResolver {
		// DNS answers on one port number over both transports.
		if s.udp, err = lc.ListenPacket(ctx, "udp", s.tcp.Addr().String()); err != nil {
			return s, err
		}
	}
	if r.Balancer != nil && r.Balancer.TLS {
		tls := net.JoinHostPort(n.spec.Address, strconv.Itoa(n.spec.TLSPorts[r.Name]))
		if s.tls, err = lc.Listen(ctx, "tcp", tls); err != nil {
			return s, err
		}
	}
	if r.Private {
		refused := func(remote string) {
			n.log.Warn("refused a connection from outside the private network", "role", r.Name, "remote", remote)
		}
		s.tcp = wire.Guard(s.tcp, n.spec.Callers[r.Name], refused)
	}
	return s, nil
}

// explain adds what a person can do to the errors that one can do something
// about.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: another program holds this port; set another one, or 0 for any free port", err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this system has no such loopback address; nodes need 127.64.0.0/10, as Linux has", err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("%w: raise the limit of open files (ulimit -n)", err)
	}
	return err
}

func (n *Node) listening() map[string]targets.Endpoint {
	endpoints := map[string]targets.Endpoint{}
	for _, r := range n.spec.Node.Roles {
		s := n.sockets[r.Name]
		e := targets.Endpoint{Node: n.spec.Node.Name, Kind: r.Kind, Address: s.tcp.Addr().String()}
		if s.tls != nil {
			e.TLS = s.tls.Addr().String()
		}
		endpoints[r.Name] = e
	}
	own := targets.TelemetryEndpoint(n.spec.Node.Name)
	if s, ok := n.sockets[own]; ok {
		endpoints[own] = targets.Endpoint{Node: n.spec.Node.Name, Kind: targets.KindTelemetry, Address: s.tcp.Addr().String()}
	}
	return endpoints
}

func (n *Node) closeSockets() {
	for _, s := range n.sockets {
		s.close()
	}
}
