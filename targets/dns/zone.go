package dns

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"rung/targets"
)

// zone is the data of one zone. It does not change once built, so it is safe
// for concurrent use.
type zone struct {
	apex string
	// sets are the records that the zone answers for, but for hosts: the
	// addresses that the specification gives to names.
	sets  map[setKey][]dns.RR
	hosts map[string]addressSet
	// exists holds every name with records, or with names below it, down
	// from the apex. Any other name is NXDOMAIN.
	exists map[string]bool
	// cuts are the zones handed to other servers, by name.
	cuts map[string]*cut
	// shortest is the smallest TTL of the zone, in seconds. It is the
	// negative TTL too.
	shortest uint32
}

type setKey struct {
	name  string
	rtype uint16
}

// cut is a delegation: the NS records of the child and the addresses of the
// servers they name.
type cut struct{ servers, glue []dns.RR }

func newZone(spec targets.Nameserver, addresses map[string]netip.Addr, regions atlas) (*zone, error) {
	apex, err := canonical(spec.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	z := &zone{
		apex:   apex,
		sets:   map[setKey][]dns.RR{},
		hosts:  map[string]addressSet{},
		exists: map[string]bool{apex: true},
		cuts:   map[string]*cut{},
	}
	for _, d := range spec.Delegations {
		if err := z.delegate(d, addresses); err != nil {
			return nil, fmt.Errorf("zone %s: delegation of %s: %w", apex, d.Zone, err)
		}
	}
	for child := range z.cuts {
		if above, ok := z.cutAbove(parent(child)); ok {
			return nil, fmt.Errorf("zone %s: delegation of %s: it lies in the delegated zone %s", apex, child, above)
		}
	}
	for _, r := range spec.Records {
		if err := z.record(r, addresses, regions); err != nil {
			return nil, fmt.Errorf("zone %s: record %s: %w", apex, r.Name, err)
		}
	}
	z.shortest = max(z.shortest, 1)
	return z, nil
}

func (z *zone) record(r targets.Record, addresses map[string]netip.Addr, regions atlas) error {
	name, ttl, err := z.resolve(r.Name, r.TTL)
	if err != nil {
		return err
	}
	if child, ok := z.cutAbove(name); ok {
		return fmt.Errorf("it lies in the delegated zone %s", child)
	}
	c, err := newChoice(r, addresses, regions)
	if err != nil {
		return err
	}
	set := z.hosts[name]
	if len(set.choices) == 0 || ttl < set.ttl {
		set.ttl = ttl
	}
	set.choices = append(set.choices, c)
	set.regional = set.regional || len(c.byRegion) > 0
	z.hosts[name] = set
	z.mark(name)
	return nil
}

// delegate adds one server of a child zone. A delegation of the zone itself
// names the zone's own servers.
func (z *zone) delegate(d targets.Delegation, addresses map[string]netip.Addr) error {
	child, ttl, err := z.resolve(d.Zone, d.TTL)
	if err != nil {
		return err
	}
	address, err := addressOfRole(d.Role, addresses)
	if err != nil {
		return err
	}
	server, glue := serverRecords(child, address, ttl)
	if child == z.apex {
		z.add(server)
		z.add(glue)
		return nil
	}
	c := z.cuts[child]
	if c == nil {
		c = &cut{}
		z.cuts[child] = c
		z.mark(child)
	}
	c.servers, c.glue = join(c.servers, server), join(c.glue, glue)
	return nil
}

// resolve checks what a record and a delegation have in common.
func (z *zone) resolve(name string, d time.Duration) (owner string, ttl uint32, err error) {
	if owner, err = canonical(name); err != nil {
		return "", 0, err
	}
	if !dns.IsSubDomain(z.apex, owner) {
		return "", 0, fmt.Errorf("it lies outside the zone")
	}
	if slices.Contains(dns.SplitDomainName(owner), "*") {
		return "", 0, fmt.Errorf("wildcards are not served")
	}
	if ttl, err = seconds(d); err != nil {
		return "", 0, err
	}
	if z.shortest == 0 || ttl < z.shortest {
		z.shortest = ttl
	}
	return owner, ttl, nil
}

// rrset returns copies of the records of a name and type that a client gets.
func (z *zone) rrset(name string, rtype uint16, v view) (records []dns.RR, regional, open bool) {
	for _, rr := range z.sets[setKey{name, rtype}] {
		records = append(records, dns.Copy(rr))
	}
	set, ok := z.hosts[name]
	if !ok || rtype != dns.TypeA {
		return records, false, false
	}
	hosts, open := set.records(name, v)
	for _, rr := range hosts {
		records = join(records, rr)
	}
	return records, set.regional, open
}

// servedAt returns the zone as the server at that address gives it out: with
// its start of authority and, unless the specification names the zone's
// servers, with itself as the only one.
func (z *zone) servedAt(address netip.Addr) *zone {
	out := *z
	out.sets, out.exists = maps.Clone(z.sets), maps.Clone(z.exists)
	if len(out.sets[setKey{out.apex, dns.TypeNS}]) == 0 {
		server, glue := serverRecords(out.apex, address, out.shortest)
		out.add(server)
		out.add(glue)
	}
	out.add(&dns.SOA{
		Hdr:  header(out.apex, dns.TypeSOA, out.shortest),
		Ns:   out.sets[setKey{out.apex, dns.TypeNS}][0].(*dns.NS).Ns,
		Mbox: inZone("hostmaster", out.apex),
		// Nobody transfers this zone; the periods are those of RIPE-203.
		Serial: 1, Refresh: 86400, Retry: 7200, Expire: 3600000,
		Minttl: out.shortest,
	})
	return &out
}

func (z *zone) add(rr dns.RR) {
	key := setKey{rr.Header().Name, rr.Header().Rrtype}
	z.sets[key] = join(z.sets[key], rr)
	z.mark(key.name)
}

// mark notes that a name and all names above it exist.
func (z *zone) mark(name string) {
	for ; name != z.apex; name = parent(name) {
		z.exists[name] = true
	}
}

// cutAbove returns the delegated zone that a name of this zone lies in.
func (z *zone) cutAbove(name string) (string, bool) {
	for ; below(z.apex, name); name = parent(name) {
		if z.cuts[name] != nil {
			return name, true
		}
	}
	return "", false
}

// join adds a record to a set, once. All records of a set have one TTL, the
// lowest (RFC 2181, section 5.2). The given set stays as it is.
func join(set []dns.RR, rr dns.RR) []dns.RR {
	ttl := rr.Header().Ttl
	var out []dns.RR
	for _, has := range set {
		ttl = min(ttl, has.Header().Ttl)
		if !dns.IsDuplicate(has, rr) {
			out = append(out, dns.Copy(has))
		}
	}
	out = append(out, dns.Copy(rr))
	for _, r := range out {
		r.Header().Ttl = ttl
	}
	return out
}

func header(name string, rtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rtype, Class: dns.ClassINET, Ttl: ttl}
}

func hostRecord(name string, address netip.Addr, ttl uint32) dns.RR {
	return &dns.A{Hdr: header(name, dns.TypeA, ttl), A: address.AsSlice()}
}

func serverRecords(zone string, address netip.Addr, ttl uint32) (server, glue dns.RR) {
	host := hostName(address, zone)
	return &dns.NS{Hdr: header(zone, dns.TypeNS, ttl), Ns: host}, hostRecord(host, address, ttl)
}
