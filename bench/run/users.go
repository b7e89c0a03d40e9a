package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/targets"
)

// users are those of one place, with connections of their own.
type users struct {
	bed *bed
	// clients is what they are called in links.
	clients string
	// subnet that their lookups come from; the zero Prefix says nothing.
	subnet netip.Prefix
	client *http.Client
}

// place makes the users of a region; the zero Region is the one place that
// has no name.
func (b *bed) place(r targets.Region) *users {
	u := &users{bed: b, clients: r.Clients()}
	if r.Subnet != "" {
		u.subnet = netip.MustParsePrefix(r.Subnet) // of a valid topology
	}
	u.client = &http.Client{Transport: resender{attack.NewTransport(u.dial, connections)}}
	return u
}

// dial resolves a name, as a browser would, and connects to the first of its
// addresses that accepts. A record has no room for a port: the port is the one
// that the role behind the address listens on.
func (u *users) dial(ctx context.Context, network, address string) (net.Conn, error) {
	b := u.bed
	t := b.system.Topology()
	if t.Resolver == "" {
		return b.system.DialFrom(ctx, u.clients, network, t.Entry)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	answer, err := b.stub.LookupFrom(ctx, host+".", u.subnet)
	if err != nil {
		return nil, err
	}
	roles := b.rolesAt(answer.Addresses)
	if len(roles) == 0 {
		return nil, fmt.Errorf("%s resolves to %s, where no site is", host, answer.Addresses)
	}
	var errs []error
	for i, role := range roles {
		try, cancel := ctx, context.CancelFunc(func() {})
		if i < len(roles)-1 {
			try, cancel = context.WithTimeout(ctx, attempt)
		}
		conn, err := b.system.DialFrom(try, u.clients, network, role)
		cancel()
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// attempt is how long a client waits for one of several addresses before it
// tries the next: the Connection Attempt Delay of RFC 8305, section 8.
const attempt = 250 * time.Millisecond

// rolesAt are the roles that users talk to at addresses, in their order.
func (b *bed) rolesAt(addresses []netip.Addr) []string {
	var roles []string
	endpoints := b.system.Endpoints()
	for _, address := range addresses {
		for role, e := range endpoints {
			at, err := netip.ParseAddrPort(e.Address)
			if err == nil && at.Addr() == address && slices.Contains(entries(), e.Kind) {
				roles = append(roles, role)
				break
			}
		}
	}
	return roles
}

// entries are the kinds of roles that users talk to.
func entries() []targets.Kind {
	return []targets.Kind{targets.KindBalancer, targets.KindWeb, targets.KindEdge}
}

// route sends each request from where its user is, to the name that it is
// for.
func (b *bed) route(r *bench.Request) (http.RoundTripper, *url.URL) {
	u := b.users[r.Region]
	if u == nil {
		u = b.users[""]
	}
	base := b.siteURL
	if r.Static {
		base = b.staticURL
	}
	return u.client.Transport, base
}

// address is the URL of a fully qualified name.
func address(name string) *url.URL {
	return &url.URL{Scheme: "http", Host: strings.TrimSuffix(name, ".")}
}
