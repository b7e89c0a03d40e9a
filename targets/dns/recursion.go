package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// Bounds of the work for one question.
const (
	maxDepth    = 8  // aliases, and servers whose address is looked up, inside one another
	maxUpstream = 50 // queries sent
	maxRounds   = 2  // tries of a server that does not answer
	maxTimeouts = 12 // the whole takes at most that many timeouts of one query
)

var (
	errDepth    = errors.New("too many aliases or servers without address")
	errUpstream = errors.New("too many queries for one question")
)

// recursion is the work for one question of a client.
type recursion struct {
	*Resolver
	known *memory
	sent  int
}

// resolve finds the answer to a question, in the cache or from the servers.
// Stale answers are left to the whole of a lookup: parts of one would be kept
// as if they were new.
func (r *recursion) resolve(ctx context.Context, q question, depth int) (answer, error) {
	if depth > maxDepth {
		return answer{}, errDepth
	}
	if known, ok := r.known.good(q, r.now()); ok {
		return known, nil
	}
	if failed, ok := r.known.failure(q, r.now()); ok {
		return failed, nil
	}
	found, err := r.iterate(ctx, q, depth)
	if err != nil {
		return answer{}, err
	}
	r.known.keep(q, found, r.now())
	return found, nil
}

// iterate walks from the closest known zone down to the one that has the
// answer.
func (r *recursion) iterate(ctx context.Context, q question, depth int) (answer, error) {
	at := r.closest(q)
	for {
		s, err := r.ask(ctx, at, q)
		switch {
		case err != nil:
			return answer{}, err
		case s.final != nil:
			return *s.final, nil
		case s.alias != "":
			target, err := r.resolve(ctx, question{s.alias, q.qtype, q.subnet}, depth+1)
			return target.behind(s.aliases, s.to, r.most), err
		}
		at = s.referral
		if len(at.addresses) == 0 {
			if err := r.locate(ctx, at, depth); err != nil {
				return answer{}, err
			}
		}
		r.known.delegations.put(at.zone, at, r.now(), ttlDuration(at.ttl))
	}
}

// closest returns the deepest zone above a name whose servers are known: the
// root zone if nothing else. A zone's DS records are asked for at its parent.
func (r *recursion) closest(q question) *delegation {
	name := q.name
	if q.qtype == dns.TypeDS {
		name = parent(name)
	}
	for ; name != "."; name = parent(name) {
		if d, ok := r.known.delegations.get(name, r.now()); ok {
			return d.value
		}
	}
	return &delegation{zone: ".", addresses: r.root}
}

// locate looks up the addresses of servers whose referral came without them.
// One that answers is enough.
func (r *recursion) locate(ctx context.Context, d *delegation, depth int) error {
	err := fmt.Errorf("no server of %s has an address", d.zone)
	for _, host := range d.hosts {
		if dns.IsSubDomain(d.zone, host) {
			continue // only the zone itself could tell
		}
		found, failure := r.resolve(ctx, question{host, dns.TypeA, nobody}, depth+1)
		if failure != nil {
			err = fmt.Errorf("server %s of %s: %w", host, d.zone, failure)
			if ctx.Err() != nil {
				return err
			}
			continue
		}
		for _, rr := range found.records {
			if a, ok := rr.(*dns.A); ok {
				d.add(a)
			}
		}
		if len(d.addresses) > 0 {
			return nil
		}
	}
	return err
}

// ask puts a question to the servers of a zone until one is of use. Those that
// do not answer are asked again, those that answer wrongly are not.
func (r *recursion) ask(ctx context.Context, at *delegation, q question) (step, error) {
	err := fmt.Errorf("zone %s has no servers", at.zone)
	servers := r.ranking.order(at.addresses)
	for range maxRounds {
		var silent []netip.Addr
		for _, server := range servers {
			if r.sent >= maxUpstream {
				return step{}, errUpstream
			}
			told := r.told(at.zone, q)
			reply, failure := r.query(ctx, server, told)
			if failure == nil {
				var s step
				if s, failure = interpret(at.zone, q, reply, r.most); failure == nil {
					return s.heardBy(audienceOf(reply, told.subnet)), nil
				}
				r.ranking.failed(server, r.timeout)
			} else {
				silent = append(silent, server)
			}
			r.failures.Add(1)
			err = fmt.Errorf("zone %s: server %v: %s %s: %w", at.zone, server, q.name, dns.TypeToString[q.qtype], failure)
			if ctx.Err() != nil {
				return step{}, err
			}
		}
		servers = silent
	}
	return step{}, err
}

// told is a question as the servers of a zone get to hear it. Those of the
// root refer all clients alike, so they need not know where one is; whatever
// they say is then true for every client of this resolver.
func (r *recursion) told(zone string, q question) question {
	if zone == "." {
		q.subnet = netip.Prefix{}
	}
	return q
}

// query sends one question to one server and waits for one timeout at most,
// the try over TCP included.
func (r *recursion) query(ctx context.Context, server netip.Addr, q question) (*dns.Msg, error) {
	r.sent++
	r.upstream.Add(1)
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	dial := func(ctx context.Context, network string) (net.Conn, error) { return r.dial(ctx, network, server) }
	start := time.Now()
	reply, err := exchange(ctx, dial, newQuery(q, false))
	if err != nil {
		r.ranking.failed(server, r.timeout)
		return nil, err
	}
	r.ranking.answered(server, time.Since(start))
	return reply, nil
}

func ttlDuration(ttl uint32) time.Duration { return time.Duration(ttl) * time.Second }
