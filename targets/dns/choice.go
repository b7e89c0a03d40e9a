package dns

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"rung/targets"
)

// view is how the world looks to one query: where its client is, and who is
// healthy.
type view struct {
	region string
	up     func(role string) bool
}

// choice is who may be answered for a record, in which order. It does not
// change once built.
type choice struct {
	others   []host // the role and its backups
	byRegion map[string][]host
}

// host is a role and its address.
type host struct {
	role    string
	address netip.Addr
}

// newChoice finds the addresses of all whom a record names.
func newChoice(r targets.Record, addresses map[string]netip.Addr, regions atlas) (choice, error) {
	others, err := hostsOf(append([]string{r.Role}, r.Backup...), addresses)
	if err != nil {
		return choice{}, err
	}
	c := choice{others: others, byRegion: map[string][]host{}}
	for region, roles := range r.Regions {
		if !regions.has(region) {
			return choice{}, fmt.Errorf("there is no region %q", region)
		}
		if c.byRegion[region], err = hostsOf(roles, addresses); err != nil {
			return choice{}, err
		}
	}
	return c, nil
}

func hostsOf(roles []string, addresses map[string]netip.Addr) ([]host, error) {
	var out []host
	for _, role := range roles {
		address, err := addressOfRole(role, addresses)
		if err != nil {
			return nil, err
		}
		out = append(out, host{role, address})
	}
	return out, nil
}

func addressOfRole(role string, addresses map[string]netip.Addr) (netip.Addr, error) {
	address, ok := addresses[role]
	if !ok {
		return address, fmt.Errorf("role %q has no address", role)
	}
	if address = address.Unmap(); !address.Is4() {
		return address, fmt.Errorf("role %q: address %v is not IPv4", role, address)
	}
	return address, nil
}

// pick returns the first healthy host of the client's region, else of all
// regions. If none is healthy it returns the first of the list, and false.
func (c choice) pick(v view) (host, bool) {
	list := slices.Concat(c.byRegion[v.region], c.others)
	for _, h := range list {
		if v.up(h.role) {
			return h, true
		}
	}
	return list[0], false
}

// addressSet is all records of the specification for one name.
type addressSet struct {
	choices []choice
	// ttl is the lowest of them, in seconds (RFC 2181, section 5.2).
	ttl uint32
	// regional says that the answer depends on where the client is.
	regional bool
}

// pick returns an address for each record, each once. A record with nobody
// healthy is left out, unless all are so: then it is better to send clients
// to the first of every list than nowhere (open says so), as Route 53 does.
func (s addressSet) pick(v view) (out []netip.Addr, open bool) {
	var sick []netip.Addr
	for _, c := range s.choices {
		h, healthy := c.pick(v)
		switch {
		case !healthy && !slices.Contains(sick, h.address):
			sick = append(sick, h.address)
		case healthy && !slices.Contains(out, h.address):
			out = append(out, h.address)
		}
	}
	if len(out) == 0 {
		return sick, true
	}
	return out, false
}

func (s addressSet) records(name string, v view) (out []dns.RR, open bool) {
	addresses, open := s.pick(v)
	for _, address := range addresses {
		out = append(out, hostRecord(name, address, s.ttl))
	}
	return out, open
}
