package dns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"rung/targets"
)

// Defaults of a resolver.
const (
	defaultEntries = 10_000
	defaultTimeout = 800 * time.Millisecond // BIND's first
)

// ResolverConfig is what a resolver needs besides its settings.
type ResolverConfig struct {
	// Root holds the addresses of the root nameservers, at least one.
	Root []netip.Addr
	// Dial opens a connection to the nameserver at an address; network is
	// "udp" or "tcp". It must be set, safe for concurrent use, and honour
	// its context.
	Dial func(ctx context.Context, network string, server netip.Addr) (net.Conn, error)
	// Clock tells the time for TTLs. Nil means time.Now.
	Clock func() time.Time
	// Entries bounds the cache: that many answers, as many failures, and the
	// servers of that many zones. Zero means 10,000.
	Entries int
	// Log gets failed lookups. Nil means silence.
	Log *slog.Logger
}

// Resolver answers any question by asking nameservers, from the root zone down
// (iterative recursion), and keeps what it learned until its TTL ends: answers,
// the servers of zones, and negative answers (RFC 2308). When no server
// answers, it answers SERVFAIL and keeps that for 1 s (RFC 9520). Identical
// questions at the same time are one lookup. A question without the recursion-desired bit is answered
// from the cache or refused. Questions for ANY and other types that are no
// data get NOTIMP, zone transfers are refused.
//
// Servers below the root are told where the client of a question for addresses
// is (EDNS client subnet, RFC 7871): by the subnet in the client's question, or
// else by its address, the first 24 bits of either (56 of IPv6). A subnet of no
// bits is passed on as it is: the client wants to stay unknown. An answer with
// a scope is kept and used for clients inside of the scope only, one without
// for all; each counts as an answer of its own against the bound of the cache.
//
// An answer whose TTL has ended is served stale (RFC 8767) when every server of
// a zone on the way to a new one failed: was not reached, did not answer in
// time, or answered with neither NOERROR nor NXDOMAIN. It then has a TTL of 30
// s or its own one, whichever is shorter, and for that time the servers are
// not asked again; who can read extended errors (RFC 8914) is told. It is
// served so for a day after its TTL. Who asks first after the end of that time
// waits until all servers have failed anew. A negative answer is never served
// stale, nor what is older than one.
//
// One question causes at most 50 queries and takes at most 12 timeouts. Of the
// servers of a zone that with the shortest smoothed round trip is asked first;
// one that does not answer is tried a second time after all others.
//
// All methods are safe for concurrent use, except that Serve may be called
// once at a time.
type Resolver struct {
	root    []netip.Addr
	dial    func(ctx context.Context, network string, server netip.Addr) (net.Conn, error)
	now     func() time.Time
	log     *slog.Logger
	entries int
	timeout time.Duration
	most    uint32 // cap of TTLs in seconds

	ranking *ranking
	memory  atomic.Pointer[memory]
	running sync.WaitGroup // lookups under way

	tally                                       tally
	hits, misses, coalesced, upstream, failures atomic.Int64
	subnets, regional, stale                    atomic.Int64
}

// reached is the result of a lookup.
type reached struct {
	answer answer
	cached bool
}

var errNoRecursion = errors.New("not in the cache, and recursion is not desired")

// NewResolver returns a resolver with an empty cache. The cap spec.MaxTTL is
// rounded up to whole seconds. A spec.Timeout of zero means 800 ms. The role
// names in spec are not used: cfg has their addresses.
func NewResolver(spec targets.Resolver, cfg ResolverConfig) *Resolver {
	r := &Resolver{
		root:    slices.Clone(cfg.Root),
		dial:    cfg.Dial,
		now:     cfg.Clock,
		log:     orSilent(cfg.Log),
		entries: cfg.Entries,
		timeout: spec.Timeout,
		most:    maxTTL,
		ranking: newRanking(),
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.entries <= 0 {
		r.entries = defaultEntries
	}
	if r.timeout <= 0 {
		r.timeout = defaultTimeout
	}
	if most, err := seconds(spec.MaxTTL); err == nil && spec.MaxTTL > 0 {
		r.most = most
	}
	r.Flush()
	return r
}

// Serve answers on both sockets until ctx is done, and closes them. Then it
// lets the lookups at hand finish, for 1 s at most, and returns nil. It
// returns an error when there is no root server or no Dial, or a socket fails.
func (r *Resolver) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	if len(r.root) == 0 || r.dial == nil {
		udp.Close()
		tcp.Close()
		return errors.New("resolver: it needs a root server and a way to dial it")
	}
	err := r.server().serve(ctx, udp, tcp)
	r.running.Wait()
	if err != nil {
		return fmt.Errorf("resolver: %w", err)
	}
	return nil
}

func (r *Resolver) server() *server {
	return &server{answer: r.answer, tally: &r.tally, log: r.log}
}

// Flush empties the cache. Lookups under way are not joined by later questions
// and leave nothing in the cache. Round-trip times of servers are kept.
func (r *Resolver) Flush() {
	r.memory.Store(newMemory(r.entries, &r.running))
}

// Metrics returns the counters since New: queries_total (messages that get a
// reply) and its parts by response code (noerror_total, nxdomain_total,
// servfail_total, refused_total, formerr_total, notimp_total, badvers_total);
// hits_total (answered from the cache) and misses_total (not), of which
// coalesced_total joined a lookup under way; upstream_total (questions sent to
// nameservers; a second try, and not its repetition over TCP, counts again)
// and upstream_failures_total; subnet_total (questions with a client
// subnet) and regional_total (answers that are good for some clients only);
// stale_total (answered after the TTL, as no server answered: from the cache or
// after an attempt, so part of hits or of misses);
// truncated_total, tcp_total and dropped_total as in Nameserver; and the gauge
// entries (answers, stale ones too, failures and zones in the cache).
func (r *Resolver) Metrics() map[string]float64 {
	m := r.tally.metrics()
	m["hits_total"] = float64(r.hits.Load())
	m["misses_total"] = float64(r.misses.Load())
	m["coalesced_total"] = float64(r.coalesced.Load())
	m["upstream_total"] = float64(r.upstream.Load())
	m["upstream_failures_total"] = float64(r.failures.Load())
	m["subnet_total"] = float64(r.subnets.Load())
	m["regional_total"] = float64(r.regional.Load())
	m["stale_total"] = float64(r.stale.Load())
	m["entries"] = float64(r.memory.Load().len())
	return m
}

func (r *Resolver) answer(ctx context.Context, from asker, query *dns.Msg) (*dns.Msg, int) {
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable = true
	asked := reply.Question[0]
	q := question{name: dns.CanonicalName(asked.Name), qtype: asked.Qtype}
	if q.qtype == dns.TypeA || q.qtype == dns.TypeAAAA {
		q.subnet = from.subnet()
	}
	if from.option != nil {
		r.subnets.Add(1)
	}
	if reply.Rcode = unanswerable(q.qtype); reply.Rcode != dns.RcodeSuccess {
		return reply, 0
	}
	found, err := r.find(ctx, q, query.RecursionDesired)
	switch {
	case errors.Is(err, errNoRecursion):
		reply.Rcode = dns.RcodeRefused
		return reply, 0
	case err != nil:
		reply.Rcode = dns.RcodeServerFailure
		return reply, 0
	}
	// The answer is shared by all who asked at the same time.
	own := found.after(0)
	reply.Rcode, reply.Answer, reply.Ns = own.rcode, own.records, own.authority
	spell(reply.Answer, q.name, asked.Name)
	if own.to.scope > 0 {
		r.regional.Add(1)
	}
	if own.stale {
		r.stale.Add(1)
		tellStale(reply, query)
	}
	return reply, own.to.scope
}

// unanswerable says why no question of a type is answered.
func unanswerable(qtype uint16) int {
	switch {
	case qtype == dns.TypeAXFR || qtype == dns.TypeIXFR:
		return dns.RcodeRefused
	case qtype == dns.TypeNone || qtype == dns.TypeOPT || (qtype >= 128 && qtype <= 255):
		return dns.RcodeNotImplemented // RFC 6895, section 3.1: questions and meta types
	}
	return dns.RcodeSuccess
}

// find answers from the cache, or by a lookup that all who ask the same at the
// same time share.
func (r *Resolver) find(ctx context.Context, q question, recurse bool) (answer, error) {
	m := r.memory.Load()
	if known, ok := m.answer(q, r.now()); ok {
		r.hits.Add(1)
		return known, nil
	}
	if !recurse {
		r.misses.Add(1)
		return answer{}, errNoRecursion
	}
	found, joined, err := m.flights.do(ctx, q.key()+q.subnet.String(), func(ctx context.Context) (reached, error) {
		return r.lookup(ctx, m, q)
	})
	switch {
	case found.cached:
		r.hits.Add(1)
		return found.answer, err
	case joined:
		r.coalesced.Add(1)
	}
	r.misses.Add(1)
	return found.answer, err
}

// lookup does the work of one question. A failure is an answer too.
func (r *Resolver) lookup(ctx context.Context, m *memory, q question) (reached, error) {
	// A lookup that ended a moment ago may have brought the answer.
	if known, ok := m.answer(q, r.now()); ok {
		return reached{known, true}, nil
	}
	bounded, cancel := context.WithTimeout(ctx, maxTimeouts*r.timeout)
	defer cancel()
	work := &recursion{Resolver: r, known: m}
	found, err := work.resolve(bounded, q, 0)
	if err == nil {
		return reached{found, false}, nil
	}
	if ctx.Err() != nil {
		return reached{}, err // nobody waits any more: that says nothing of the servers
	}
	old, stale := m.resort(q, r.now())
	r.log.Warn("lookup failed", "name", q.name, "type", dns.TypeToString[q.qtype], "stale", stale, "error", err)
	if stale {
		return reached{old, false}, nil
	}
	return reached{m.fail(q, r.now()), false}, nil
}
