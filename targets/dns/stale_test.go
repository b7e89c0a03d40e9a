package dns_test

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// isStale says whether a reply has the extended error for stale answers.
func isStale(m *mdns.Msg) bool {
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if e, ok := o.(*mdns.EDNS0_EDE); ok && e.InfoCode == mdns.ExtendedErrorCodeStaleAnswer {
				return true
			}
		}
	}
	return false
}

// TestStaleAnswers: when the only server of a zone is dead, its last answer
// lives on with a short TTL, for which nobody is asked again.
func TestStaleAnswers(t *testing.T) {
	w := newWorld(t, long, 0)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	w.stopShop()
	sent := func() float64 { return w.resolver.Metrics()["upstream_total"] }
	ask := func(ttl uint32, stale bool) {
		t.Helper()
		reply := w.ask(resolverIP, site, mdns.TypeA, edns(1232))
		wantAddress(t, reply, "127.53.1.1", ttl)
		if isStale(reply) != stale {
			t.Fatalf("says that it is stale: %v, want %v", isStale(reply), stale)
		}
	}
	w.clock.Advance(59 * time.Second)
	ask(1, false)
	w.clock.Advance(time.Second)
	before := sent()
	ask(30, true)
	if sent() == before {
		t.Fatal("nobody was asked before a stale answer was given")
	}
	before = sent()
	w.clock.Advance(10 * time.Second)
	ask(20, true)
	w.clock.Advance(19500 * time.Millisecond)
	ask(0, true)
	if sent() != before {
		t.Fatal("the dead servers were asked again at once")
	}
	w.clock.Advance(500 * time.Millisecond)
	ask(30, true)
	if sent() == before {
		t.Fatal("the servers were not asked any more")
	}
	// Who reads no extended errors gets none.
	if reply := w.ask(resolverIP, site, mdns.TypeA); reply.IsEdns0() != nil {
		t.Errorf("an OPT record for a query without one:\n%v", reply)
	}
	// What a stub keeps of it says so.
	stub := w.stub(w.clock)
	for _, cached := range []bool{false, true} {
		if answer, err := stub.Lookup(t.Context(), site); err != nil || !answer.Stale || answer.Cached != cached || answer.TTL != 30*time.Second {
			t.Errorf("stub: got %+v, %v; want a stale one, cached %v", answer, err, cached)
		}
	}
	again := newFleetAt(t, w.fleet, shopIP)
	again.serve(shopIP, w.shop)
	w.clock.Advance(30 * time.Second)
	ask(60, false)
	wantMetrics(t, w.resolver.Metrics(), map[string]float64{"stale_total": 6, "servfail_total": 0})
	if m := w.resolver.Metrics(); m["hits_total"]+m["misses_total"] != m["queries_total"] {
		t.Errorf("%v hits and %v misses of %v", m["hits_total"], m["misses_total"], m["queries_total"])
	}
}

// TestStaleEnds: a day after its TTL an answer is gone.
func TestStaleEnds(t *testing.T) {
	for _, row := range []struct {
		later time.Duration
		rcode int
	}{{24*time.Hour - time.Nanosecond, mdns.RcodeSuccess}, {24 * time.Hour, mdns.RcodeServerFailure}} {
		w := newWorld(t, long, 0)
		w.ask(resolverIP, site, mdns.TypeA)
		w.stopShop()
		w.clock.Advance(time.Minute + row.later)
		wantRcode(t, w.ask(resolverIP, site, mdns.TypeA), row.rcode)
	}
}

// TestStaleIsTheLastWord: only what was last heard can be served stale, and
// only if it was an address.
func TestStaleIsTheLastWord(t *testing.T) {
	const name = "a."
	say := func(address string, ttl uint32) func(*mdns.Msg) *mdns.Msg {
		return func(q *mdns.Msg) *mdns.Msg {
			a := addressRecord(name, netip.MustParseAddr(address))
			a.Header().Ttl = ttl
			return withAnswer(q, a)
		}
	}
	negative := func(rcode int) func(*mdns.Msg) *mdns.Msg {
		return func(q *mdns.Msg) *mdns.Msg {
			m := new(mdns.Msg).SetRcode(q, rcode)
			m.Authoritative = true
			m.Ns = []mdns.RR{&mdns.SOA{Hdr: mdns.RR_Header{Name: ".", Rrtype: mdns.TypeSOA, Class: 1, Ttl: 5}, Ns: ".", Mbox: ".", Minttl: 5}}
			return m
		}
	}
	for _, row := range []struct {
		name      string
		last      func(*mdns.Msg) *mdns.Msg
		wantRcode int
		want      string
		ttl       uint32
	}{
		{"the newer address", say("127.53.1.2", 60), mdns.RcodeSuccess, "127.53.1.2", 30},
		{"a ttl below 30 s stays", say("127.53.1.2", 7), mdns.RcodeSuccess, "127.53.1.2", 7},
		{"no such name", negative(mdns.RcodeNameError), mdns.RcodeServerFailure, "", 0},
		{"no such record", negative(mdns.RcodeSuccess), mdns.RcodeServerFailure, "", 0},
		{"an address that must not be kept", say("127.53.1.2", 0), mdns.RcodeServerFailure, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, c := newFleet(t, rootIP, resolverIP), newClock()
			var reply atomic.Value
			reply.Store(say("127.53.1.1", 10))
			f.script(rootIP, func(q *mdns.Msg) *mdns.Msg { return reply.Load().(func(*mdns.Msg) *mdns.Msg)(q) })
			f.startResolver(long, 0, c)
			wantAddress(t, f.ask(resolverIP, name, mdns.TypeA), "127.53.1.1", 10)
			c.Advance(10 * time.Second)
			reply.Store(row.last)
			f.ask(resolverIP, name, mdns.TypeA)
			c.Advance(time.Minute)
			reply.Store(servfail)
			got := f.ask(resolverIP, name, mdns.TypeA)
			if row.wantRcode != mdns.RcodeSuccess {
				wantRcode(t, got, row.wantRcode)
				return
			}
			wantAddress(t, got, row.want, row.ttl)
		})
	}
}

// TestOneServerOfTwoIsEnough: nothing is stale while a server of the zone
// lives. Two delegations of one zone make one referral with both servers.
func TestOneServerOfTwoIsEnough(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, shopIP, secondIP, resolverIP), newClock()
	f.serve(rootIP, nameserver(t, rootZone()))
	f.serve(tldIP, nameserver(t, tldZone("shop", "second")))
	stop := map[string]func(){shopIP: f.serve(shopIP, nameserver(t, shopZone())), secondIP: f.serve(secondIP, nameserver(t, shopZone()))}
	r := f.startResolver(long, 0, c)
	referral := f.ask(tldIP, site, mdns.TypeA)
	if len(referral.Ns) != 2 || len(referral.Extra) != 2 || len(referral.Answer) != 0 || referral.Authoritative {
		t.Fatalf("want a referral to two servers with their addresses, got\n%v", referral)
	}
	glue := []string{referral.Extra[0].(*mdns.A).A.String(), referral.Extra[1].(*mdns.A).A.String()}
	if got := fmt.Sprint(glue); got != fmt.Sprint([]string{shopIP, secondIP}) {
		t.Fatalf("addresses are %v", got)
	}
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	stop[shopIP]()
	for range 5 { // whichever is asked first, the answer is fresh
		c.Advance(time.Minute)
		wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	}
	wantMetrics(t, r.Metrics(), map[string]float64{"stale_total": 0, "servfail_total": 0})
	stop[secondIP]()
	c.Advance(time.Minute)
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 30)
	wantMetrics(t, r.Metrics(), map[string]float64{"stale_total": 1})
}

// TestRootAndTopLevelDead: who knows the zone's servers needs nobody above
// them, until the delegation's TTL ends; then what is known goes stale, and
// what is not fails.
func TestRootAndTopLevelDead(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, shopIP, resolverIP), newClock()
	stopRoot := f.serve(rootIP, nameserver(t, rootZone()))
	stopTLD := f.serve(tldIP, nameserver(t, tldZone("shop")))
	f.serve(shopIP, nameserver(t, shopZone()))
	r := f.startResolver(long, 0, c)
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	stopRoot()
	stopTLD()
	for range 9 { // the delegation lives 10 min
		c.Advance(time.Minute)
		wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	}
	wantAddress(t, f.ask(resolverIP, "deep.inner.shop.example.", mdns.TypeA), "127.53.1.2", 30)
	wantMetrics(t, r.Metrics(), map[string]float64{"stale_total": 0, "servfail_total": 0, "upstream_failures_total": 0})
	c.Advance(time.Minute)
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 30)
	wantRcode(t, f.ask(resolverIP, "new.shop.example.", mdns.TypeA), mdns.RcodeServerFailure)
	wantMetrics(t, r.Metrics(), map[string]float64{"stale_total": 1, "servfail_total": 1})
}

// TestStaleByRegion: a client gets no other region's stale answer.
func TestStaleByRegion(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, resolverIP), newClock()
	spec := targets.Nameserver{Zone: "example.", Records: []targets.Record{{Name: "a.example.", Role: "web", TTL: time.Minute,
		Regions: map[string][]string{"eu": {"shop"}, "us": {"second"}}}}}
	regional, err := dns.NewNameserverWith(spec, dns.NameserverConfig{Addresses: addresses,
		Regions: []targets.Region{{Name: "eu", Subnet: "127.33.0.0/16"}, {Name: "us", Subnet: "127.34.0.0/16"}}})
	if err != nil {
		t.Fatal(err)
	}
	f.serve(rootIP, nameserver(t, rootZone()))
	stop := f.serve(tldIP, regional)
	r := f.startResolver(long, 0, c)
	const eu, us = "127.33.7.0/24", "127.34.7.0/24"
	wantAddress(t, f.ask(resolverIP, "a.example.", mdns.TypeA, from(eu)), shopIP, 60)
	stop()
	c.Advance(time.Minute)
	wantRcode(t, f.ask(resolverIP, "a.example.", mdns.TypeA, from(us)), mdns.RcodeServerFailure)
	wantAddress(t, f.ask(resolverIP, "a.example.", mdns.TypeA, from(eu)), shopIP, 30)
	if got := subnetOf(f.ask(resolverIP, "a.example.", mdns.TypeA, from(eu))); got != "127.33.7.0/24/16" {
		t.Errorf("subnet and scope of the stale answer: %s", got)
	}
	wantMetrics(t, r.Metrics(), map[string]float64{"stale_total": 2, "servfail_total": 1})
}
