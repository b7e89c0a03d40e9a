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
	every    bool // all healthy ones of a list, not only the first
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
	c := choice{others: others, byRegion: map[string][]host{}, every: r.Every}
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
// regions. With every it returns all healthy ones of the first of these two
// lists that has any, in its order. If none is healthy it returns the first of
// all (with every: the whole list that comes first), and false.
func (c choice) pick(v view) ([]host, bool) {
	lists := slices.DeleteFunc([][]host{c.byRegion[v.region], c.others}, func(list []host) bool { return len(list) == 0 })
	for _, list := range lists {
		if healthy := c.of(list, func(h host) bool { return v.up(h.role) }); len(healthy) > 0 {
			return healthy, true
		}
	}
	return c.of(lists[0], func(host) bool { return true }), false
}

// of returns what is answered of a list: every host that is wanted, or the
// first of them.
func (c choice) of(list []host, wanted func(host) bool) (out []host) {
	for _, h := range list {
		if !wanted(h) {
			continue
		}
		if out = append(out, h); !c.every {
			return out
		}
	}
	return out
}

// addressSet is all records of the specification for one name.
type addressSet struct {
	choices []choice
	// ttl is the lowest of them, in seconds (RFC 2181, section 5.2).
	ttl uint32
	// regional says that the answer depends on where the client is.
	regional bool
}

// pick returns the addresses of each record, each once, in the order of the
// records and of their lists. A record with nobody healthy is left out, unless
// all are so: then it is better to send clients to those who were asked for
// first than nowhere (open says so), as Route 53 does.
func (s addressSet) pick(v view) (out []netip.Addr, open bool) {
	var well, sick []netip.Addr
	for _, c := range s.choices {
		hosts, healthy := c.pick(v)
		to := &sick
		if healthy {
			to = &well
		}
		for _, h := range hosts {
			if !slices.Contains(*to, h.address) {
				*to = append(*to, h.address)
			}
		}
	}
	if len(well) == 0 {
		return sick, true
	}
	return well, false
}

func (s addressSet) records(name string, v view) (out []dns.RR, open bool) {
	addresses, open := s.pick(v)
	for _, address := range addresses {
		out = append(out, hostRecord(name, address, s.ttl))
	}
	return out, open
}
