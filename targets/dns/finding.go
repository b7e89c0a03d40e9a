package dns

import "github.com/miekg/dns"

// finding is what a zone has to say about a question.
type finding struct {
	rcode int
	// authoritative is false for referrals and refusals.
	authoritative             bool
	answer, authority, extras []dns.RR
	// regional says that the answer depends on where the client is, open
	// that nobody healthy was left to answer with.
	regional, open bool
}

// anyTypes are the types that a question for ANY gets, in this order.
var anyTypes = []uint16{dns.TypeSOA, dns.TypeNS, dns.TypeA}

// find answers a question, as in RFC 1034, section 4.3.2. The name is
// canonical.
func (z *zone) find(name string, qtype uint16, v view) finding {
	if !dns.IsSubDomain(z.apex, name) || qtype == dns.TypeAXFR || qtype == dns.TypeIXFR {
		return finding{rcode: dns.RcodeRefused}
	}
	// The DS records of a child are the parent's (RFC 4035, section 3.1.4.1).
	if child, ok := z.cutAbove(name); ok && (qtype != dns.TypeDS || child != name) {
		c := z.cuts[child]
		return finding{authority: copies(c.servers), extras: copies(c.glue)}
	}
	if !z.exists[name] {
		return z.negative(dns.RcodeNameError)
	}
	types := []uint16{qtype}
	if qtype == dns.TypeANY {
		types = anyTypes
	}
	found := finding{authoritative: true}
	for _, t := range types {
		records, regional, open := z.rrset(name, t, v)
		found.answer = append(found.answer, records...)
		found.regional, found.open = found.regional || regional, found.open || open
	}
	if len(found.answer) == 0 {
		return z.negative(dns.RcodeSuccess)
	}
	for _, rr := range found.answer {
		if ns, ok := rr.(*dns.NS); ok {
			found.extras = append(found.extras, copies(z.sets[setKey{ns.Ns, dns.TypeA}])...)
		}
	}
	return found
}

// negative is the answer that there is no such name, or no such record: with
// the start of authority, whose TTL is how long to remember it (RFC 2308).
func (z *zone) negative(rcode int) finding {
	return finding{rcode: rcode, authoritative: true, authority: copies(z.sets[setKey{z.apex, dns.TypeSOA}])}
}

func copies(set []dns.RR) []dns.RR {
	out := make([]dns.RR, len(set))
	for i, rr := range set {
		out[i] = dns.Copy(rr)
	}
	return out
}
