package dns

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// Bounds of what a reply may make a resolver do.
const (
	maxAliases = 8  // CNAME records followed in a row
	maxServers = 16 // addresses or names of servers taken from a referral
)

// step is what one reply adds: exactly one of a final answer, an alias to go
// on from, or a referral to go on at.
type step struct {
	final *answer
	// alias is the name to resolve instead; aliases are the CNAME records
	// that led there.
	alias    string
	aliases  []dns.RR
	referral *delegation
	// to is who an alias may be given to.
	to audience
}

// heardBy returns the step with who it is for. Negative answers and referrals
// are everyone's, whatever their server says (RFC 7871, section 7.4).
func (s step) heardBy(to audience) step {
	switch {
	case s.final != nil && len(s.final.records) > 0:
		s.final.to = to
	case s.final == nil && s.referral == nil:
		s.to = to
	}
	return s
}

// delegation is what a resolver knows of the servers of a zone.
type delegation struct {
	zone string
	// hosts are the names of the servers, addresses the known ones of them.
	hosts     []string
	addresses []netip.Addr
	ttl       uint32
}

// interpret reads the reply of a server of zone. It believes nothing about
// names outside of the zone. The error says that the server is of no use: it
// failed, refused, or referred to anything but a zone further down. So every
// referral comes closer to the name and a chain of them ends.
func interpret(zone string, q question, reply *dns.Msg, most uint32) (step, error) {
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return step{}, fmt.Errorf("answered %s", dns.RcodeToString[reply.Rcode])
	}
	records, name, found := follow(zone, q, reply.Answer)
	switch {
	case found:
		a := newAnswer(dns.RcodeSuccess, records, nil, most)
		return step{final: &a}, nil
	case len(records) > 0:
		return step{alias: name, aliases: records}, nil
	}
	authority := startOfAuthority(zone, q.name, reply.Ns)
	if reply.Rcode == dns.RcodeSuccess && len(authority) == 0 {
		if d := referral(zone, q.name, reply, most); d != nil {
			return step{referral: d}, nil
		}
		if !reply.Authoritative {
			return step{}, fmt.Errorf("neither answered nor referred down from %s", zone)
		}
	}
	a := newAnswer(reply.Rcode, nil, authority, most)
	return step{final: &a}, nil
}

// follow collects the records that answer a question, along its aliases. The
// name is where they led; found says whether there are records of the type.
func follow(zone string, q question, section []dns.RR) (records []dns.RR, name string, found bool) {
	name = q.name
	for range maxAliases {
		if !dns.IsSubDomain(zone, name) {
			return records, name, false
		}
		if set := pick(section, name, q.qtype); len(set) > 0 {
			return append(records, set...), name, true
		}
		alias := pick(section, name, dns.TypeCNAME)
		if len(alias) == 0 {
			return records, name, false
		}
		records = append(records, alias[0])
		name = dns.CanonicalName(alias[0].(*dns.CNAME).Target)
	}
	return records, name, false
}

// pick returns the records of a name and type.
func pick(section []dns.RR, name string, rtype uint16) []dns.RR {
	var out []dns.RR
	for _, rr := range section {
		h := rr.Header()
		if h.Rrtype == rtype && h.Class == dns.ClassINET && dns.CanonicalName(h.Name) == name {
			out = append(out, rr)
		}
	}
	return out
}

// startOfAuthority returns the SOA record that a negative answer carries, if
// it is of the zone that the name lies in.
func startOfAuthority(zone, name string, section []dns.RR) []dns.RR {
	for _, rr := range section {
		owner := dns.CanonicalName(rr.Header().Name)
		if _, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(zone, owner) && dns.IsSubDomain(owner, name) {
			return []dns.RR{rr}
		}
	}
	return nil
}

// referral returns the delegation in a reply, if it leads down from zone
// towards name.
func referral(zone, name string, reply *dns.Msg, most uint32) *delegation {
	d := &delegation{ttl: most}
	for _, rr := range reply.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		child := dns.CanonicalName(ns.Hdr.Name)
		if !below(zone, child) || !dns.IsSubDomain(child, name) || (d.zone != "" && d.zone != child) {
			continue
		}
		d.zone = child
		if len(d.hosts) < maxServers {
			d.hosts = append(d.hosts, dns.CanonicalName(ns.Ns))
			d.ttl = min(d.ttl, sane(ns.Hdr.Ttl))
		}
	}
	if d.zone == "" {
		return nil
	}
	for _, rr := range reply.Extra {
		glue, ok := rr.(*dns.A)
		if !ok {
			continue
		}
		host := dns.CanonicalName(glue.Hdr.Name)
		if slices.Contains(d.hosts, host) && dns.IsSubDomain(zone, host) {
			d.add(glue)
		}
	}
	return d
}

// add notes an address of one of the servers.
func (d *delegation) add(a *dns.A) {
	address, ok := netip.AddrFromSlice(a.A)
	address = address.Unmap()
	if !ok || len(d.addresses) >= maxServers || slices.Contains(d.addresses, address) {
		return
	}
	d.addresses = append(d.addresses, address)
	d.ttl = min(d.ttl, sane(a.Hdr.Ttl))
}
