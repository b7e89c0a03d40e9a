package dns

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"

	"rung/targets"
)

// Nameserver is the authoritative server of one zone. It answers for the
// zone's records, refers to the servers of delegated zones, and refuses all
// other names. It does not recurse. Records of a set come in the order of the
// specification, in every answer.
//
// A record is answered by where the client is and by who is healthy: with the
// first healthy role of the client's region, else with its own role if that is
// healthy, else with its first healthy backup. A record with Every is answered
// with all healthy roles of its region, as many address records in the order of
// the list, or when there is none with all healthy ones of its role and
// backups: a client takes the first and tries the next when that fails. A
// record with nobody healthy is left out of its set; when all records of a name
// are so, each is answered with the first of its list, with Every with the
// whole list (fail open, as Route 53 and the load balancers of AWS do: the
// checks may be wrong). The order of an answer is never shuffled, here or in
// the resolver or the stub of this package. The client is where its EDNS client subnet
// (RFC 7871) says, or else where the query came from; its region is that with
// the longest prefix. The reply carries the subnet with the scope for which it
// is valid: the shortest prefix that holds nothing of another region, or 0 for
// a name whose answer does not depend on regions.
//
// While it serves, every role behind a record is checked once per
// Health.Interval with GET /healthz over HTTP/1.1: a status of 200 to 499
// within Health.Timeout is success. All are up at first; Health.Fall failures
// in a row (3 if not set) put one down, Health.Rise successes (2) up again.
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
	zone    *zone
	regions atlas
	watch   *watch
	work    func(context.Context) error
	log     *slog.Logger

	tally                                        tally
	referrals, negative, subnets, regional, open atomic.Int64
}

// Serve answers on both sockets, which must have the same address, until ctx
// is done, and closes them. Then it lets the queries at hand finish, for 1 s
// at most, and returns nil. It returns an error when a socket fails. Health
// checks begin and end with it; what they found is remembered.
func (n *Nameserver) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	address := addressOf(udp.LocalAddr())
	if !address.Is4() || address.IsUnspecified() {
		udp.Close()
		tcp.Close()
		return fmt.Errorf("zone %s: serve: %v is not one IPv4 address", n.zone.apex, udp.LocalAddr())
	}
	watching, stop := context.WithCancel(ctx)
	var checks sync.WaitGroup
	checks.Go(func() { n.watch.run(watching) })
	err := n.server(address).serve(ctx, udp, tcp)
	stop()
	checks.Wait()
	if err != nil {
		return fmt.Errorf("zone %s: %w", n.zone.apex, err)
	}
	return nil
}

func (n *Nameserver) server(address netip.Addr) *server {
	z := n.zone.servedAt(address)
	return &server{
		answer: func(ctx context.Context, from asker, query *dns.Msg) (*dns.Msg, int) {
			return n.answer(ctx, z, from, query)
		},
		tally: &n.tally,
		log:   n.log,
	}
}

// Metrics returns the counters since New: queries_total (messages that get a
// reply) and its parts by response code (noerror_total, nxdomain_total,
// refused_total, servfail_total, formerr_total, notimp_total, badvers_total);
// referrals_total and nodata_total, both parts of noerror_total;
// subnet_total (queries with a client subnet), regional_total (answers that
// depend on the client's region) and fail_open_total (answers with nobody
// healthy left); checks_total and checks_failed_total (health checks ended);
// truncated_total and tcp_total (replies cut for UDP, queries over TCP);
// dropped_total (messages without a reply: no query at all, or too many at
// once); and for each watched role the gauge server_<role>_up, 1 or 0.
func (n *Nameserver) Metrics() map[string]float64 {
	m := n.tally.metrics()
	m["referrals_total"] = float64(n.referrals.Load())
	m["nodata_total"] = float64(n.negative.Load())
	m["subnet_total"] = float64(n.subnets.Load())
	m["regional_total"] = float64(n.regional.Load())
	m["fail_open_total"] = float64(n.open.Load())
	m["checks_total"] = float64(n.watch.checks.Load())
	m["checks_failed_total"] = float64(n.watch.failures.Load())
	for _, role := range n.watch.roles {
		up := 0.0
		if n.watch.up(role) {
			up = 1
		}
		m["server_"+role+"_up"] = up
	}
	return m
}

// Events returns the latest changes of health, at most 1,000, oldest first:
// What is "down" or "up", Subject the role. Role is left empty: a nameserver
// does not know its own.
func (n *Nameserver) Events() []targets.Event { return n.watch.events() }

// answer returns the reply, and for how long a prefix of the client's address
// it is valid.
func (n *Nameserver) answer(ctx context.Context, z *zone, from asker, query *dns.Msg) (*dns.Msg, int) {
	reply := new(dns.Msg).SetReply(query)
	if err := n.work(ctx); err != nil {
		n.log.Debug("query not served", "zone", z.apex, "error", err)
		reply.Rcode = dns.RcodeServerFailure
		return reply, 0
	}
	q := reply.Question[0]
	name := dns.CanonicalName(q.Name)
	region, scope := n.regions.locate(from.address())
	found := z.find(name, q.Qtype, view{region, n.watch.up})
	scope = n.scope(from, found, scope)
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
	return reply, scope
}

// scope is what a reply says of who it is valid for. A client that told no bit
// of where it is gets none: the answer is for the address that asked.
func (n *Nameserver) scope(from asker, found finding, scope int) int {
	if from.option != nil {
		n.subnets.Add(1)
	}
	if found.open {
		n.open.Add(1)
	}
	if !found.regional {
		return 0
	}
	n.regional.Add(1)
	if from.option == nil || from.option.SourceNetmask == 0 {
		return 0
	}
	return scope
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
