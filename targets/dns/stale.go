package dns

import (
	"time"

	"github.com/miekg/dns"
)

// Bounds of stale answers, as RFC 8767, section 5, suggests them.
const (
	// maxStale is how long after its TTL an answer may be given out; one to
	// three days are suggested.
	maxStale = 24 * time.Hour
	// staleTTL is the longest TTL of one that is, in seconds, and how long the
	// servers are left alone after it.
	staleTTL = 30
)

// resort returns what is known from before when no server of a zone answers.
// It is held: as long as its new TTL lasts it is good enough.
func (m *memory) resort(q question, now time.Time) (answer, bool) {
	key, old, ok := m.newestStale(q, now)
	if !ok {
		return answer{}, false
	}
	ttl := min(old.value.ttl, staleTTL)
	m.answers.hold(key, now.Add(ttlDuration(ttl)))
	return old.value.outOfDate(ttl), true
}

// held returns a stale answer that is held, its TTL counted down.
func (m *memory) held(q question, now time.Time) (answer, bool) {
	_, old, ok := m.newestStale(q, now)
	if !ok || !now.Before(old.held) {
		return answer{}, false
	}
	ttl := min(old.value.ttl, staleTTL)
	since := old.held.Add(-ttlDuration(ttl))
	return old.value.outOfDate(left(ttl, age(since, now))), true
}

// newestStale returns what was last heard of a question if its TTL has ended.
// When that was a negative answer there is nothing to be had: what was true
// before it is known to be wrong.
func (m *memory) newestStale(q question, now time.Time) (key string, newest kept[answer], ok bool) {
	for at := range m.keys(q) {
		if k, has := m.answers.stale(at, now); has && (!ok || k.since.After(newest.since)) {
			key, newest, ok = at, k, true
		}
	}
	return key, newest, ok && newest.value.rcode == dns.RcodeSuccess && len(newest.value.authority) == 0
}

// outOfDate returns the answer as a stale one with that TTL.
func (a answer) outOfDate(ttl uint32) answer {
	records := make([]dns.RR, len(a.records))
	for i, rr := range a.records {
		records[i] = dns.Copy(rr)
		records[i].Header().Ttl = ttl
	}
	a.records, a.ttl, a.stale = records, ttl, true
	return a
}

// tellStale says in a reply that it is stale (RFC 8914, section 4.4), to a
// client that can read it.
func tellStale(reply, query *dns.Msg) {
	asked := query.IsEdns0()
	if asked == nil {
		return
	}
	opt := reply.SetEdns0(udpSize, asked.Do()).IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeStaleAnswer})
}

// toldStale says whether a reply says that it is stale.
func toldStale(reply *dns.Msg) bool {
	opt := reply.IsEdns0()
	if opt == nil {
		return false
	}
	for _, option := range opt.Option {
		if e, ok := option.(*dns.EDNS0_EDE); ok && e.InfoCode == dns.ExtendedErrorCodeStaleAnswer {
			return true
		}
	}
	return false
}
