package dns

import (
	"context"
	"errors"
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
	// stubHold is how long a resolver that did not answer is asked last. The
	// resolver of glibc has no such memory: it waits for a dead first server
	// in every lookup. systemd-resolved and dnsmasq remember who answers.
	stubHold = 30 * time.Second
)

var errNoResolver = errors.New("there is no resolver to ask")

// Stub is the resolver that an operating system gives its programs: it asks
// one recursive resolver, or the next one of a list when that fails, and keeps
// addresses, and that a name has none, until their TTL ends. It can ask as a
// client of another subnet: so one program can play the users of several
// regions. Identical lookups at the same time are one question. Failures
// (SERVFAIL, no reply) are not kept. Names are taken as fully qualified: there
// is no search list and no hosts file.
//
// With several resolvers a question goes to the first of them. One that cannot
// be reached or gives no reply within Timeout is passed over for the next and
// comes last for the time of Hold; one that answers SERVFAIL, NOTIMP or
// REFUSED is passed over too, as in glibc, but keeps its place: the name may be
// to blame. When there was no reply at all, all are asked once more, Attempts
// times in all; so a lookup takes at most Attempts times Timeout times the
// number of resolvers. If the only replies are such refusals, the first of them
// is the result.
//
// It is safe for concurrent use; Timeout, Attempts and Hold are set before.
type Stub struct {
	// Timeout bounds one attempt at one resolver. NewStub sets 5 s.
	Timeout time.Duration
	// Attempts is how often a question is sent to each resolver, at least
	// once, until a reply comes. NewStub sets 2.
	Attempts int
	// Hold is how long a resolver that gave no reply is asked after the
	// others, on the clock of TTLs. NewStub sets 30 s; zero or less forgets at
	// once, as glibc does.
	Hold time.Duration

	dials      []dialer
	preference *preference
	now        func() time.Time
	state      atomic.Pointer[stubState]
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
	stale     bool
}

// Answer is what a name resolves to.
type Answer struct {
	// Addresses, at least one, in the order of the reply.
	Addresses []netip.Addr
	// TTL is how long they are still good for.
	TTL time.Duration
	// Cached says that nobody was asked.
	Cached bool
	// Stale says that the TTL had ended and the resolver found nobody to ask
	// for a new answer (RFC 8767, RFC 8914).
	Stale bool
	// Took is how long the lookup took, on the real clock.
	Took time.Duration
}

// NewStub returns a stub resolver with an empty cache of 1,000 names (of one
// subnet each). It opens each connection to its resolver by dial, with network
// "udp" or, when a reply was truncated, "tcp". The time for TTLs comes from
// now; nil means time.Now.
func NewStub(dial func(ctx context.Context, network string) (net.Conn, error), now func() time.Time) *Stub {
	return NewStubOf([]func(ctx context.Context, network string) (net.Conn, error){dial}, now)
}

// NewStubOf is NewStub for a list of resolvers, the preferred one first, as the
// nameserver lines of resolv.conf(5) are. Without any every Lookup fails.
func NewStubOf(dials []func(ctx context.Context, network string) (net.Conn, error), now func() time.Time) *Stub {
	if now == nil {
		now = time.Now
	}
	s := &Stub{Timeout: stubTimeout, Attempts: stubAttempts, Hold: stubHold, preference: newPreference(len(dials)), now: now}
	for _, dial := range dials {
		s.dials = append(s.dials, dial)
	}
	s.Flush()
	return s
}

// Flush empties the cache. Questions under way leave nothing in it. Which
// resolvers failed is remembered.
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

// ask sends the question until a reply comes that is of use.
func (s *Stub) ask(ctx context.Context, q question) (found resolved, err error) {
	err = errNoResolver
	var refused *dns.Msg
	for range max(s.Attempts, 1) {
		for _, i := range s.preference.order(s.now()) {
			reply, failure := s.attempt(ctx, i, q)
			switch {
			case failure == nil && !passedOver(reply.Rcode):
				return read(q.name, reply), nil
			case failure == nil && refused == nil:
				refused = reply
			case failure != nil:
				err = failure
			}
			if ctx.Err() != nil {
				return found, ctx.Err()
			}
		}
		if refused != nil {
			return read(q.name, refused), nil
		}
	}
	return found, err
}

// passedOver are the replies after which another resolver is worth a try.
func passedOver(rcode int) bool {
	return rcode == dns.RcodeServerFailure || rcode == dns.RcodeNotImplemented || rcode == dns.RcodeRefused
}

// attempt puts the question to one resolver and remembers whether that
// answered.
func (s *Stub) attempt(ctx context.Context, i int, q question) (*dns.Msg, error) {
	bounded, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	reply, err := exchange(bounded, s.dials[i], newQuery(q, true))
	switch {
	case err == nil:
		s.preference.answered(i)
	case ctx.Err() == nil: // else nobody waits any more: that says nothing of it
		s.preference.failed(i, s.now().Add(s.Hold))
	}
	return reply, err
}

// read takes from a reply what a stub wants to know.
func read(name string, reply *dns.Msg) resolved {
	records, last, found := follow(".", question{name: name, qtype: dns.TypeA}, reply.Answer)
	var authority []dns.RR
	if !found {
		authority = startOfAuthority(".", last, reply.Ns)
	}
	a := newAnswer(reply.Rcode, records, authority, maxTTL)
	out := resolved{rcode: a.rcode, ttl: a.ttl, stale: toldStale(reply)}
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
	return Answer{Addresses: slices.Clone(r.addresses), TTL: ttl, Cached: cached, Stale: r.stale, Took: time.Since(start)}, nil
}
