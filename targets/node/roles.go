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
	"rung/targets/database"
	"rung/targets/dns"
	"rung/targets/keyvalue"
	"rung/targets/store"
	"rung/targets/web"
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
		s, err := database.New(*r.Database, database.Config{Role: r.Name, Share: n.machine.For(r.Name),
			Directory: n.directory(r), Log: n.log.With("role", r.Name)})
		if err != nil {
			return nil, err
		}
		return databaseRole{s}, nil
	case targets.KindKeyValue:
		s, err := keyvalue.New(*r.KeyValue, keyvalue.Config{Role: r.Name, Share: n.machine.For(r.Name),
			Directory: n.directory(r), Log: n.log.With("role", r.Name)})
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
	}
	return nil, fmt.Errorf("unknown kind %q", r.Kind)
}

// directory is where a role keeps its data.
func (n *Node) directory(r targets.Role) string { return filepath.Join(n.spec.Directory, r.Name) }

// storeTimeout bounds one statement; the web tier's clients wait less.
const storeTimeout = 5 * time.Second

func (n *Node) buildWeb(r targets.Role) (role, error) {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return n.dial(ctx, network, r.Web.Store)
	}
	address := n.endpoints[r.Web.Store].Address
	var data store.Store
	if n.kindOf(r.Web.Store) == targets.KindKeyValue {
		data = store.OpenKV(store.KVConfig{Address: address, Connections: r.Web.Connections, Dial: dial, Timeout: storeTimeout})
	} else {
		var err error
		data, err = store.OpenSQL(context.Background(), store.SQLConfig{Address: address, Database: "shop", User: "web",
			Connections: r.Web.Connections, Dial: dial, Timeout: storeTimeout})
		if err != nil {
			return nil, err
		}
	}
	s, err := web.New(*r.Web, web.Config{Role: r.Name, Store: data, Share: n.machine.For(r.Name),
		Log: n.log.With("role", r.Name), Seed: n.spec.Seed})
	if err != nil {
		data.Close()
		return nil, err
	}
	return webRole{Server: s, store: data}, nil
}

// kindOf is the kind of any role of the topology.
func (n *Node) kindOf(role string) targets.Kind { return n.endpoints[role].Kind }

// passiveHold is nginx's fail_timeout: how long a server stays out after a
// passive ejection where there are no active checks.
const passiveHold = 10 * time.Second

func (n *Node) buildBalancer(r targets.Role) (role, error) {
	servers := map[string]string{}
	for _, name := range r.Balancer.Servers {
		servers[name] = n.endpoints[name].Address
	}
	s, err := balancer.New(*r.Balancer, balancer.Config{Role: r.Name, Servers: servers, Site: n.spec.Site, Address: n.spec.Address,
		Hold:  time.Duration(float64(passiveHold) / max(n.spec.TimeScale, 1)),
		Dial:  func(ctx context.Context, role string) (net.Conn, error) { return n.dial(ctx, "tcp", role) },
		Share: n.machine.For(r.Name), Log: n.log.With("role", r.Name), Seed: n.spec.Seed})
	if err != nil {
		return nil, err
	}
	return balancerRole{s}, nil
}

func (n *Node) buildNameserver(r targets.Role) (role, error) {
	addresses := map[string]netip.Addr{}
	for name, e := range n.endpoints {
		ip, err := netip.ParseAddrPort(e.Address)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", name, err)
		}
		addresses[name] = ip.Addr()
	}
	s, err := dns.NewNameserver(*r.Nameserver, addresses, nil, n.log.With("role", r.Name))
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
		ip, err := netip.ParseAddrPort(n.endpoints[name].Address)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", name, err)
		}
		servers[ip.Addr()] = name
	}
	root, err := netip.ParseAddrPort(n.endpoints[r.Resolver.Root].Address)
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
