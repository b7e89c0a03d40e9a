package estimate

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// lookup predicts a cold DNS lookup: one round trip to the resolver, and one
// to each nameserver on the way down.
func lookup(t targets.Topology) (bench.Estimate, bool) {
	trips, lines := RoundTrips(t)
	if trips == 0 {
		return bench.Estimate{}, false
	}
	return bench.Estimate{Fact: "lookup.cold_ns", Value: float64(trips), Tolerance: lookupTolerance,
		Model: "sum of round trips", Derivation: lines, Limits: "no loss, nameservers idle"}, true
}

// RoundTrips is the sum of the round trips of a cold DNS lookup by clients,
// and what it is made of; 0 when the topology has no resolver.
func RoundTrips(t targets.Topology) (time.Duration, []string) {
	role, node, ok := t.Role(t.Resolver)
	if !ok || role.Resolver == nil {
		return 0, nil
	}
	var total time.Duration
	var lines []string
	add := func(from, to string) {
		if l, ok := t.Link(from, to); ok {
			total += 2 * l.OneWay
			lines = append(lines, fmt.Sprintf("%s to %s and back: %v", from, to, 2*l.OneWay))
		}
	}
	add(targets.Clients, node.Name)
	for _, name := range asked(t, *role.Resolver) {
		if _, server, ok := t.Role(name); ok {
			add(node.Name, server.Name)
		}
	}
	return total, lines
}

// asked are the nameservers from the root down to the one that knows the site:
// of several that know a zone one is asked. Where the way is not known it is
// all of them.
func asked(t targets.Topology, r targets.Resolver) []string {
	site := strings.ToLower("." + t.Site)
	names := []string{r.Root}
	for range len(r.Reaches) {
		server, _, _ := t.Role(names[len(names)-1])
		if server.Nameserver == nil {
			return r.Reaches
		}
		next := ""
		for _, d := range server.Nameserver.Delegations {
			if strings.HasSuffix(site, strings.ToLower("."+strings.TrimPrefix(d.Zone, "."))) {
				next = d.Role
				break
			}
		}
		if next == "" {
			return names
		}
		names = append(names, next)
	}
	return r.Reaches
}
