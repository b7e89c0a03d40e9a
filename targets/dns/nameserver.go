package dns

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/miekg/dns"

	"rung/targets"
)

// Nameserver is the authoritative server of one zone. It answers for the
// zone's records, refers to the servers of delegated zones, and refuses all
// other names. It does not recurse. Records of a set come in the order of the
// specification, in every answer.
//
// The zone's start of authority and the names of its servers are made up by
// it: a server is called ns-<its address with dashes> in its zone. Negative
// answers may be kept as long as the shortest-lived record of the zone, 1 s if
// there is none. A delegation of the zone itself, if the specification has
// any, lists the zone's own servers; without one the server names only itself.
//
// All methods are safe for concurrent use, except that Serve may be called
// once at a time.
type Nameserver struct {
	zone                *zone
	work                func(context.Context) error
	log                 *slog.Logger
	tally               tally
	referrals, negative atomic.Int64
}

// NewNameserver returns a server for the zone of spec. The addresses are the
// IPv4 addresses of all roles that the zone names, by role. Each query that is
// well formed is charged by work, which returns when the work is done; its
// error makes the answer SERVFAIL. A nil work costs nothing, a nil log keeps
// silent.
//
// The error says which record or delegation is wrong: a name outside the zone
// or inside a delegated one, a wildcard, a negative TTL, a role without an
// IPv4 address.
func NewNameserver(spec targets.Nameserver, addresses map[string]netip.Addr, work func(context.Context) error, log *slog.Logger) (*Nameserver, error) {
	z, err := newZone(spec, addresses)
	if err != nil {
		return nil, err
	}
	if work == nil {
		work = func(context.Context) error { return nil }
	}
	return &Nameserver{zone: z, work: work, log: orSilent(log)}, nil
}

// Serve answers on both sockets, which must have the same address, until ctx
// is done, and closes them. Then it lets the queries at hand finish, for 1 s
// at most, and returns nil. It returns an error when a socket fails.
func (n *Nameserver) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	address := addressOf(udp.LocalAddr())
	if !address.Is4() || address.IsUnspecified() {
		udp.Close()
		tcp.Close()
		return fmt.Errorf("zone %s: serve: %v is not one IPv4 address", n.zone.apex, udp.LocalAddr())
	}
	s := n.server(address)
	if err := s.serve(ctx, udp, tcp); err != nil {
		return fmt.Errorf("zone %s: %w", n.zone.apex, err)
	}
	return nil
}

func (n *Nameserver) server(address netip.Addr) *server {
	z := n.zone.servedAt(address)
	return &server{
		answer: func(ctx context.Context, query *dns.Msg) *dns.Msg { return n.answer(ctx, z, query) },
		tally:  &n.tally,
		log:    n.log,
	}
}

// Metrics returns the counters since New: queries_total (messages that get a
// reply) and its parts by response code (noerror_total, nxdomain_total,
// refused_total, servfail_total, formerr_total, notimp_total, badvers_total);
// referrals_total and nodata_total, both parts of noerror_total;
// truncated_total and tcp_total (replies cut for UDP, queries over TCP); and
// dropped_total (messages without a reply: no query at all, or too many at
// once).
func (n *Nameserver) Metrics() map[string]float64 {
	m := n.tally.metrics()
	m["referrals_total"] = float64(n.referrals.Load())
	m["nodata_total"] = float64(n.negative.Load())
	return m
}

func (n *Nameserver) answer(ctx context.Context, z *zone, query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	if err := n.work(ctx); err != nil {
		n.log.Debug("query not served", "zone", z.apex, "error", err)
		reply.Rcode = dns.RcodeServerFailure
		return reply
	}
	q := reply.Question[0]
	name := dns.CanonicalName(q.Name)
	found := z.find(name, q.Qtype)
	reply.Rcode, reply.Authoritative = found.rcode, found.authoritative
	reply.Answer, reply.Ns, reply.Extra = found.answer, found.authority, found.extras
	spell(reply.Answer, name, q.Name)
	switch {
	case found.rcode != dns.RcodeSuccess || len(found.answer) > 0:
	case found.authoritative:
		n.negative.Add(1)
	default:
		n.referrals.Add(1)
	}
	return reply
}

// spell writes the owner of the asked records as the client wrote it.
func spell(records []dns.RR, name, asked string) {
	for _, rr := range records {
		if rr.Header().Name == name {
			rr.Header().Name = asked
		}
	}
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
