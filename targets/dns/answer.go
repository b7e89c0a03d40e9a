package dns

import (
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// Bounds of what a cache keeps, in seconds.
const (
	// maxNegative is the longest that a negative answer is kept; RFC 2308,
	// section 5, calls one to three hours sensible.
	maxNegative = 3 * 60 * 60
	// failureTTL is how long a failure is kept, the least that RFC 9520,
	// section 3.2, allows: a dead zone is not asked again for each question.
	failureTTL = 1
)

// question is a canonical name and a type, and on whose behalf it is asked.
type question struct {
	name  string
	qtype uint16
	// subnet is where the client is; when it is not valid nobody is told of
	// a client at all.
	subnet netip.Prefix
}

// key is the question as a cache key, whoever asks. Type 0 stands for all
// types.
func (q question) key() string {
	return string([]byte{byte(q.qtype >> 8), byte(q.qtype)}) + q.name
}

// answer is the final word on a question. It does not change once made.
type answer struct {
	rcode int
	// records answer the question, aliases first; authority holds the start
	// of authority of a negative answer.
	records, authority []dns.RR
	// ttl is how long the answer may be kept, in seconds; 0 is not at all.
	ttl uint32
	// to is who may get it.
	to audience
	// stale says that its TTL has ended before.
	stale bool
}

// newAnswer takes records over; each TTL is cut to most. An answer with an
// authority, or without records, is a negative one.
func newAnswer(rcode int, records, authority []dns.RR, most uint32) answer {
	a := answer{rcode: rcode, records: records, authority: authority}
	for _, rr := range records {
		rr.Header().Ttl = min(sane(rr.Header().Ttl), most)
	}
	if rcode == dns.RcodeSuccess && len(records) > 0 && len(authority) == 0 {
		a.ttl = lowest(records, most)
		return a
	}
	// RFC 2308, section 5: a negative answer lives as long as its start of
	// authority says twice; without one it is not kept.
	for _, rr := range authority {
		if soa, ok := rr.(*dns.SOA); ok {
			soa.Hdr.Ttl = min(sane(soa.Hdr.Ttl), sane(soa.Minttl), maxNegative, most)
			a.ttl = min(soa.Hdr.Ttl, lowest(records, most))
		}
	}
	return a
}

// after returns the answer as it stands once it has an age in seconds.
func (a answer) after(age uint32) answer {
	a.records, a.authority = older(a.records, age), older(a.authority, age)
	a.ttl = left(a.ttl, age)
	return a
}

// behind puts the aliases that led to an answer before it, and to whom they
// may be given.
func (a answer) behind(aliases []dns.RR, to audience, most uint32) answer {
	for _, rr := range aliases {
		rr.Header().Ttl = min(sane(rr.Header().Ttl), most)
	}
	a.ttl = min(a.ttl, lowest(aliases, most))
	a.records = append(aliases[:len(aliases):len(aliases)], a.records...)
	a.to = to.and(a.to)
	return a
}

// older returns copies of records with an age taken off their TTLs.
func older(records []dns.RR, age uint32) []dns.RR {
	out := make([]dns.RR, len(records))
	for i, rr := range records {
		out[i] = dns.Copy(rr)
		out[i].Header().Ttl = left(rr.Header().Ttl, age)
	}
	return out
}

// left is what is left of a TTL.
func left(ttl, age uint32) uint32 {
	return ttl - min(ttl, age)
}

// age is the time since in seconds, rounded up so that what is left of a TTL
// is rounded down. A clock that went backwards makes it 0.
func age(since, now time.Time) uint32 {
	return uint32(min(max(roundUp(now.Sub(since)), 0), maxTTL))
}

func lowest(records []dns.RR, most uint32) uint32 {
	ttl := most
	for _, rr := range records {
		ttl = min(ttl, sane(rr.Header().Ttl))
	}
	return ttl
}

// sane takes a TTL with its highest bit set for 0 (RFC 2181, section 8).
func sane(ttl uint32) uint32 {
	if ttl > maxTTL {
		return 0
	}
	return ttl
}
