package launch

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"

	"rung/targets"
)

// plan is what every node will be told.
type plan struct {
	specs map[string]targets.Spec
}

// newPlan gives each node an address of its own: 127.A.B.n, with A from 64 to
// 127 and B drawn for each system, so that systems do not meet and that a
// private role can tell its callers by their address. All DNS servers of a
// system share one port number, because a referral has no room for one.
func newPlan(ctx context.Context, t targets.Topology, cfg Config) (plan, error) {
	a, b := 64+rand.IntN(64), rand.IntN(256)
	addresses := map[string]string{}
	for i, n := range t.Nodes {
		addresses[n.Name] = netip.AddrFrom4([4]byte{127, byte(a), byte(b), byte(i + 1)}).String()
	}
	port, err := dnsPort(ctx, t, addresses)
	if err != nil {
		return plan{}, err
	}
	p := plan{specs: map[string]targets.Spec{}}
	for _, n := range t.Nodes {
		p.specs[n.Name] = specOf(t, n, cfg, addresses, port)
	}
	return p, nil
}

func specOf(t targets.Topology, n targets.Node, cfg Config, addresses map[string]string, port int) targets.Spec {
	h := fnv.New64a()
	h.Write([]byte(n.Name))
	spec := targets.Spec{Topology: t.Name, TimeScale: t.TimeScale, Site: t.Site, Node: n, Address: addresses[n.Name],
		Directory: cfg.data(n.Name), Seed: cfg.Seed ^ h.Sum64(), Callers: map[string][]string{}, Regions: t.Regions,
		Telemetry: t.Telemetry, Templates: cfg.Templates}
	spec.Node.Roles = nil
	for _, r := range n.Roles {
		if isDNS(r) && r.Port == 0 {
			r.Port = port
		}
		spec.Node.Roles = append(spec.Node.Roles, r)
		if r.Private {
			for _, caller := range t.Callers(r.Name) {
				spec.Callers[r.Name] = append(spec.Callers[r.Name], addresses[caller])
			}
		}
	}
	for _, l := range t.Links {
		if l.From == n.Name {
			spec.Links = append(spec.Links, l)
		}
	}
	return spec
}

func isDNS(r targets.Role) bool {
	return r.Kind == targets.KindNameserver || r.Kind == targets.KindResolver
}

// dnsPort finds one port number that is free on the addresses of all DNS
// roles. A port that a role was given is the one for all of them.
func dnsPort(ctx context.Context, t targets.Topology, addresses map[string]string) (int, error) {
	var hosts []string
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if isDNS(r) {
				hosts = append(hosts, addresses[n.Name])
				if r.Port != 0 {
					return r.Port, nil
				}
			}
		}
	}
	if len(hosts) == 0 {
		return 0, nil
	}
	const tries = 20
	var last error
	for range tries {
		port := 20_000 + rand.IntN(10_000)
		if last = allFree(ctx, hosts, port); last == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free for DNS on all of %v: %w", hosts, last)
}

func allFree(ctx context.Context, hosts []string, port int) error {
	var errs []error
	for _, host := range hosts {
		address := net.JoinHostPort(host, strconv.Itoa(port))
		var lc net.ListenConfig
		tcp, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		udp, err := lc.ListenPacket(ctx, "udp", address)
		if err != nil {
			errs = append(errs, err)
		} else {
			udp.Close()
		}
		tcp.Close()
	}
	return errors.Join(errs...)
}
