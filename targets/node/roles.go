package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"rung/targets"
	"rung/targets/balancer"
	"rung/targets/dns"
	"rung/targets/keyvalue"
)

// role is one running server program. Each kind's adapter below is all that
// the node knows of it.
type role interface {
	serve(ctx context.Context, s sockets) error
	Metrics() map[string]float64
	Close() error
}

// build makes the role that a specification asks for, on this node's machine
// and wires.
func (n *Node) build(r targets.Role) (role, error) {
	switch r.Kind {
	case targets.KindWeb:
		return n.buildWeb(r)
	case targets.KindDatabase:
		return n.buildDatabase(r)
	case targets.KindKeyValue:
		s, err := keyvalue.New(*r.KeyValue, keyvalue.Config{Role: r.Name, Share: n.machine.For(r.Name),
			Directory: n.folder(r), Log: n.log.With("role", r.Name)})
		if err != nil {
			return nil, err
		}
		return keyvalueRole{s}, nil
	case targets.KindBalancer:
		return n.buildBalancer(r)
	case targets.KindNameserver:
		return n.buildNameserver(r)
	case targets.KindResolver:
		return n.buildResolver(r)
	case targets.KindCache:
		return n.buildCache(r)
	case targets.KindEdge:
		return n.buildEdge(r)
	case targets.KindVolume:
		return n.buildVolume(r)
	case targets.KindQueue:
		return n.buildQueue(r)
	case targets.KindMonitor:
		return n.buildMonitor(r)
	case targets.KindWorker:
		return n.buildWorker(r)
	}
	return nil, fmt.Errorf("unknown kind %q", r.Kind)
}

// folder is where a role keeps its data.
func (n *Node) folder(r targets.Role) string { return filepath.Join(n.spec.Directory, r.Name) }

// passiveHold is nginx's fail_timeout: how long a server stays out after a
// passive ejection where there are no active checks.
const passiveHold = 10 * time.Second

func (n *Node) buildBalancer(r targets.Role) (role, error) {
	servers, spec := map[string]string{}, *r.Balancer
	spec.Servers = nil
	for _, name := range r.Balancer.Servers {
		if e, ok := n.endpoint(name); ok { // one on standby is told of later
			servers[name] = e.Address
			spec.Servers = append(spec.Servers, name)
		}
	}
	s, err := balancer.New(spec, balancer.Config{Role: r.Name, Servers: servers, Site: n.spec.Site, Address: n.spec.Address,
		Hold:  time.Duration(float64(passiveHold) / max(n.spec.TimeScale, 1)),
		Dial:  func(ctx context.Context, role string) (net.Conn, error) { return n.dial(ctx, "tcp", role) },
		Share: n.machine.For(r.Name), Log: n.log.With("role", r.Name), Access: n.access(r), Sample: n.sample(), Seed: n.spec.Seed})
	if err != nil {
		return nil, err
	}
	return balancerRole{s}, nil
}

func (n *Node) buildNameserver(r targets.Role) (role, error) {
	addresses := map[string]netip.Addr{}
	for name, e := range n.known() {
		ip, err := netip.ParseAddrPort(e.Address)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", name, err)
		}
		addresses[name] = ip.Addr()
	}
	s, err := dns.NewNameserverWith(*r.Nameserver, dns.NameserverConfig{Addresses: addresses, Regions: n.spec.Regions, Seed: n.spec.Seed,
		Dial: func(ctx context.Context, role string) (net.Conn, error) { return n.dial(ctx, "tcp", role) },
		Log:  n.log.With("role", r.Name)})
	if err != nil {
		return nil, err
	}
	return nameRole{s}, nil
}

// buildResolver lets the resolver reach nameservers by their IP, over the
// wire to the node that has it.
func (n *Node) buildResolver(r targets.Role) (role, error) {
	servers := map[netip.Addr]string{}
	for _, name := range r.Resolver.Reaches {
		ip, err := netip.ParseAddrPort(n.address(name))
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", name, err)
		}
		servers[ip.Addr()] = name
	}
	root, err := netip.ParseAddrPort(n.address(r.Resolver.Root))
	if err != nil {
		return nil, fmt.Errorf("address of the root %s: %w", r.Resolver.Root, err)
	}
	dial := func(ctx context.Context, network string, server netip.Addr) (net.Conn, error) {
		name, ok := servers[server]
		if !ok {
			return nil, fmt.Errorf("no wire to nameserver %s", server)
		}
		return n.dial(ctx, network, name)
	}
	return nameRole{dns.NewResolver(*r.Resolver, dns.ResolverConfig{Root: []netip.Addr{root.Addr()}, Dial: dial,
		Log: n.log.With("role", r.Name)})}, nil
}
