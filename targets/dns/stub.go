package dns

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// Defaults of a stub resolver.
const (
	stubEntries  = 1000
	stubTimeout  = 5 * time.Second // as in resolv.conf(5)
	stubAttempts = 2               // as in resolv.conf(5)
)

// Stub is the resolver that an operating system gives its programs: it asks
// one recursive resolver and keeps addresses, and that a name has none, until
// their TTL ends. It can ask as a client of another subnet: so one program can
// play the users of several regions. Identical lookups at the same time are one question.
// Failures (SERVFAIL, no reply) are not kept. Names are taken as fully
// qualified: there is no search list and no hosts file.
//
// It is safe for concurrent use; Timeout and Attempts are set before.
type Stub struct {
	// Timeout bounds one attempt. NewStub sets 5 s.
	Timeout time.Duration
	// Attempts is how often a question is sent, at least once, until a reply
	// comes. NewStub sets 2.
	Attempts int

	dial  dialer
	now   func() time.Time
	state atomic.Pointer[stubState]
}

// stubState is what Flush replaces.
type stubState struct {
	cache   *cache[resolved]
	flights *flights[resolved]
}

// resolved is what a reply said: addresses, or why there are none.
type resolved struct {
	addresses []netip.Addr
	rcode     int
	ttl       uint32
}

// Answer is what a name resolves to.
type Answer struct {
	// Addresses, at least one, in the order of the reply.
	Addresses []netip.Addr
	// TTL is how long they are still good for.
	TTL time.Duration
	// Cached says that nobody was asked.
	Cached bool
	// Took is how long the lookup took, on the real clock.
	Took time.Duration
}

// NewStub returns a stub resolver with an empty cache of 1,000 names (of one subnet each). It opens
// each connection to its resolver by dial, with network "udp" or, when a reply
// was truncated, "tcp". The time for TTLs comes from now; nil means time.Now.
func NewStub(dial func(ctx context.Context, network string) (net.Conn, error), now func() time.Time) *Stub {
	if now == nil {
		now = time.Now
	}
	s := &Stub{Timeout: stubTimeout, Attempts: stubAttempts, dial: dial, now: now}
	s.Flush()
	return s
}

// Flush empties the cache. Questions under way leave nothing in it.
func (s *Stub) Flush() {
	s.state.Store(&stubState{cache: newCache[resolved](stubEntries), flights: newFlights[resolved](new(sync.WaitGroup))})
}

// Lookup returns the IPv4 addresses of a name. Every error is a *LookupError.
func (s *Stub) Lookup(ctx context.Context, name string) (Answer, error) {
	return s.LookupFrom(ctx, name, netip.Prefix{})
}

// LookupFrom is Lookup on behalf of a client in that subnet, of IPv4 or IPv6:
// it goes with the question as EDNS client subnet (RFC 7871). A resolver sees
// such a question as that of a client with an address there, and uses no more
// of it than the first 24 bits of IPv4. What is kept for one subnet is not
// used for another one. A subnet of zero bits keeps from all servers where
// the client is; the zero Prefix says nothing.
func (s *Stub) LookupFrom(ctx context.Context, name string, subnet netip.Prefix) (Answer, error) {
	start := time.Now()
	host, err := canonical(name)
	if err != nil {
		return Answer{}, &LookupError{Name: name, Rcode: RcodeNone, Err: err}
	}
	q := question{host, dns.TypeA, subnet.Masked()}
	key := host
	if subnet.IsValid() {
		key += exactKey(q.subnet)
	}
	state := s.state.Load()
	now := s.now()
	if k, ok := state.cache.get(key, now); ok {
		return k.value.result(host, k.until.Sub(now), true, start)
	}
	found, _, err := state.flights.do(ctx, key, func(ctx context.Context) (resolved, error) {
		found, err := s.ask(ctx, q)
		if err == nil {
			state.cache.put(key, found, s.now(), ttlDuration(found.ttl))
		}
		return found, err
	})
	if err != nil {
		return Answer{}, &LookupError{Name: host, Rcode: RcodeNone, Err: err}
	}
	return found.result(host, ttlDuration(found.ttl), false, start)
}

// ask sends the question until a reply comes.
func (s *Stub) ask(ctx context.Context, q question) (found resolved, err error) {
	for range max(s.Attempts, 1) {
		var reply *dns.Msg
		if reply, err = s.attempt(ctx, q); err == nil {
			return read(q.name, reply), nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return found, err
}

func (s *Stub) attempt(ctx context.Context, q question) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	return exchange(ctx, s.dial, newQuery(q, true))
}

// read takes from a reply what a stub wants to know.
func read(name string, reply *dns.Msg) resolved {
	records, last, found := follow(".", question{name: name, qtype: dns.TypeA}, reply.Answer)
	var authority []dns.RR
	if !found {
		authority = startOfAuthority(".", last, reply.Ns)
	}
	a := newAnswer(reply.Rcode, records, authority, maxTTL)
	out := resolved{rcode: a.rcode, ttl: a.ttl}
	// Neither failures nor half answers are kept.
	if (a.rcode != RcodeSuccess && a.rcode != RcodeNameError) || (!found && len(authority) == 0) {
		out.ttl = 0
	}
	for _, rr := range records {
		if host, ok := rr.(*dns.A); ok {
			if address, ok := netip.AddrFromSlice(host.A); ok {
				out.addresses = append(out.addresses, address.Unmap())
			}
		}
	}
	return out
}

// result is the answer for one caller.
func (r resolved) result(name string, ttl time.Duration, cached bool, start time.Time) (Answer, error) {
	switch {
	case r.rcode != RcodeSuccess:
		return Answer{}, &LookupError{Name: name, Rcode: r.rcode, Cached: cached}
	case len(r.addresses) == 0:
		return Answer{}, &LookupError{Name: name, Rcode: RcodeSuccess, Cached: cached, Err: ErrNoAddress}
	}
	return Answer{Addresses: slices.Clone(r.addresses), TTL: ttl, Cached: cached, Took: time.Since(start)}, nil
}
