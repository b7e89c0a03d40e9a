package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrHost marks a host that must not be attacked.
var ErrHost = errors.New("host is not allowed")

// lookupTimeout bounds the resolution of a name.
const lookupTimeout = 10 * time.Second

// guard lets nothing be dialled but what was admitted: addresses on loopback,
// and those of hosts that were named. It is safe for concurrent use.
type guard struct {
	allowed  map[string]bool
	resolver Resolver
	dialer   net.Dialer

	mu    sync.Mutex
	hosts map[string]*pinned
	// reachable are all addresses that may be dialled.
	reachable map[netip.Addr]bool
}

// pinned are the addresses of a host, as they were when it was admitted: a
// name that changes its mind later leads nowhere.
type pinned struct {
	addrs []netip.Addr
	// first is the index of the address that answered last.
	first atomic.Int64
}

func newGuard(allow []string, r Resolver) (*guard, error) {
	g := &guard{allowed: map[string]bool{}, resolver: r, hosts: map[string]*pinned{}, reachable: map[netip.Addr]bool{}}
	if r == nil {
		g.resolver = net.DefaultResolver
	}
	g.dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error { return g.check(address) }
	for _, host := range allow {
		name := canonical(host)
		if name == "" || strings.ContainsAny(name, "/ *@?#") {
			return nil, fmt.Errorf("%w: allowed host %.100q: want the exact name or address of a host, such as api.example.com", ErrConfig, host)
		}
		g.allowed[name] = true
	}
	return g, nil
}

// canonical form of a host's name or address.
func canonical(host string) string {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	if bare, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(bare, "]")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return host
}

// admit lets a host be dialled from now on: it resolves its name and keeps
// the addresses. One that is neither on loopback nor allowed is refused with
// ErrHost. No question about a refused name leaves this machine: of names that
// are not allowed only localhost is looked up, and if some of its addresses are
// on loopback and others are not, it is refused, too.
func (g *guard) admit(ctx context.Context, host string) ([]netip.Addr, error) {
	name := canonical(host)
	if _, err := netip.ParseAddr(name); err != nil && !g.allowed[name] && !isLocal(name) {
		return nil, fmt.Errorf("%w: %s is no address of this machine, and not localhost; if you may load it, allow it with --allow-host %s", ErrHost, name, name)
	}
	addrs, err := g.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if !a.IsLoopback() && !g.allowed[name] {
			return nil, refusal(name, a)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hosts[name] = &pinned{addrs: addrs}
	for _, a := range addrs {
		g.reachable[a] = true
	}
	return addrs, nil
}

// refusal says why, and how to allow it.
func refusal(name string, a netip.Addr) error {
	leads := ""
	if name != a.String() {
		leads = fmt.Sprintf(" (%s)", a)
	}
	return fmt.Errorf("%w: %s%s is not on this machine; if you may load it, allow it with --allow-host %s", ErrHost, name, leads, name)
}

// local is the name of this machine on loopback, and the last label of names
// that lead there by definition (RFC 6761, 6.3).
const local = "localhost"

func isLocal(name string) bool { return name == local || strings.HasSuffix(name, "."+local) }

func (g *guard) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}, nil
	}
	asked := name
	if isLocal(name) && !g.allowed[name] {
		asked = local // a resolver that does not know RFC 6761 would ask the root
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := g.resolver.LookupNetIP(ctx, "ip", asked)
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", name, err)
	}
	var out []netip.Addr
	for _, a := range found {
		out = append(out, a.Unmap())
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("host %s has no address", name)
	}
	return out, nil
}

// check is the last gate: the address that a socket is about to connect to.
func (g *guard) check(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrHost, address, err)
	}
	a := to.Addr().Unmap()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reachable[a] {
		return fmt.Errorf("%w: nobody admitted the address %s", ErrHost, a)
	}
	return nil
}

// dial connects to a host that was admitted: to the address that answered
// last, and if that fails to the others in turn.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	g.mu.Lock()
	p := g.hosts[canonical(host)]
	g.mu.Unlock()
	if p == nil {
		return nil, fmt.Errorf("%w: nobody admitted %s", ErrHost, host)
	}
	first := int(p.first.Load())
	var errs error
	for i := range p.addrs {
		at := (first + i) % len(p.addrs)
		conn, err := g.dialer.DialContext(ctx, network, net.JoinHostPort(p.addrs[at].String(), port))
		if err == nil {
			if i > 0 {
				p.first.Store(int64(at))
			}
			return conn, nil
		}
		errs = errors.Join(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errs
}
