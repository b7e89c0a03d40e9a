package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/dns"
)

// long is a timeout that no healthy server comes near, so that counts of
// queries are exact on a busy machine.
const long = 15 * time.Second

func TestLookupWalksDownOnce(t *testing.T) {
	w := newWorld(t, long, 0)
	asked := w.asked()
	step := func(what, want string) {
		t.Helper()
		if got := asked(); got != want {
			t.Fatalf("%s: asked %s, want %s", what, got, want)
		}
	}
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("cold", "root 1, tld 1, shop 1")
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("warm", "root 0, tld 0, shop 0")
	w.clock.Advance(40 * time.Second)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 20)
	step("warm, later", "root 0, tld 0, shop 0")
	w.clock.Advance(20 * time.Second)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("after the ttl of the address", "root 0, tld 0, shop 1")
	w.clock.Advance(10 * time.Minute)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("after the ttl of the lower delegation", "root 0, tld 1, shop 1")
	w.clock.Advance(time.Hour)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("after all ttls", "root 1, tld 1, shop 1")
	w.resolver.Flush()
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	step("flushed", "root 1, tld 1, shop 1")
	wantMetrics(t, w.resolver.Metrics(), map[string]float64{
		"queries_total": 7, "hits_total": 2, "misses_total": 5, "upstream_total": 12,
		"upstream_failures_total": 0, "servfail_total": 0, "entries": 3,
	})
}

func TestReplyOfResolver(t *testing.T) {
	w := newWorld(t, long, 0)
	for _, row := range []struct {
		name, asked string
		qtype       uint16
		want        string
	}{
		{"address", "WWW.Shop.Example.", mdns.TypeA, "NOERROR ra | WWW.Shop.Example. A 60 | |"},
		{"no such type", site, mdns.TypeAAAA, "NOERROR ra | | shop.example. SOA 30 |"},
		{"no such name", "nope.shop.example.", mdns.TypeA, "NXDOMAIN ra | | shop.example. SOA 30 |"},
		{"no such top level", "nope.", mdns.TypeA, "NXDOMAIN ra | | . SOA 3600 |"},
		{"start of authority", "shop.example.", mdns.TypeSOA, "NOERROR ra | shop.example. SOA 30 | |"},
		{"servers of a zone", "shop.example.", mdns.TypeNS, "NOERROR ra | shop.example. NS 30 | |"},
		{"ds comes from the parent", "shop.example.", mdns.TypeDS, "NOERROR ra | | example. SOA 600 |"},
		{"any", site, mdns.TypeANY, "NOTIMP ra | | |"},
		{"zone transfer", "shop.example.", mdns.TypeIXFR, "REFUSED ra | | |"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, network := range []string{"udp", "tcp"} {
				if got := summary(w.askOver(network, resolverIP, row.asked, row.qtype)); got != row.want {
					t.Errorf("%s: got  %s\nwant %s", network, got, row.want)
				}
			}
		})
	}
}

func TestNegativeAnswersAreKept(t *testing.T) {
	w := newWorld(t, long, 0)
	w.ask(resolverIP, site, mdns.TypeA)
	asked := w.asked()
	asked()
	for range 3 {
		wantRcode(t, w.ask(resolverIP, "nope.shop.example.", mdns.TypeA), mdns.RcodeNameError)
	}
	if got := asked(); got != "root 0, tld 0, shop 1" {
		t.Errorf("three times the same wrong name: asked %s", got)
	}
	wantRcode(t, w.ask(resolverIP, "nope.shop.example.", mdns.TypeAAAA), mdns.RcodeNameError)
	if got := asked(); got != "root 0, tld 0, shop 0" {
		t.Errorf("NXDOMAIN holds for all types, but asked %s", got)
	}
	w.ask(resolverIP, site, mdns.TypeAAAA)
	w.ask(resolverIP, site, mdns.TypeAAAA)
	if got := asked(); got != "root 0, tld 0, shop 1" {
		t.Errorf("twice the same missing type: asked %s", got)
	}
	w.clock.Advance(30 * time.Second)
	w.ask(resolverIP, "nope.shop.example.", mdns.TypeA)
	if got := asked(); got != "root 0, tld 0, shop 1" {
		t.Errorf("after the negative ttl: asked %s", got)
	}
}

func TestMaxTTL(t *testing.T) {
	for _, row := range []struct {
		name string
		cap  time.Duration
		want uint32
	}{
		{"no cap", 0, 60},
		{"above", time.Hour, 60},
		{"whole seconds", 5 * time.Second, 5},
		{"rounded up", 4200 * time.Millisecond, 5},
		{"below a second", time.Millisecond, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, long, row.cap)
			wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", row.want)
			asked := w.asked()
			asked()
			w.clock.Advance(time.Duration(row.want)*time.Second - time.Nanosecond)
			wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 0)
			if got := asked(); got != "root 0, tld 0, shop 0" {
				t.Errorf("in the last moment of the cap: asked %s", got)
			}
			w.clock.Advance(time.Nanosecond)
			want := "root 0, tld 0, shop 1"
			if row.cap > 0 && row.cap < time.Hour {
				want = "root 1, tld 1, shop 1" // the cap holds for delegations too
			}
			w.ask(resolverIP, site, mdns.TypeA)
			if got := asked(); got != want {
				t.Errorf("after it: asked %s, want %s", got, want)
			}
		})
	}
}

// TestTTLCountsDown walks a clock at random: a TTL never grows above that of
// the zone, never goes below zero, says no more than what is left, and the
// zone is asked only when nothing is left.
func TestTTLCountsDown(t *testing.T) {
	w := newWorld(t, long, 0)
	rapid.Check(t, func(rt *rapid.T) {
		w.resolver.Flush()
		var fetched time.Time
		for range rapid.IntRange(1, 12).Draw(rt, "questions") {
			w.clock.Advance(time.Duration(rapid.Int64Range(0, int64(45*time.Second)).Draw(rt, "pause")))
			before := w.shop.Metrics()["queries_total"]
			reply := w.ask(resolverIP, site, mdns.TypeA)
			now := w.clock.Now()
			left := 60*time.Second - now.Sub(fetched)
			fresh := w.shop.Metrics()["queries_total"] != before
			if want := left <= 0; fresh != want {
				rt.Fatalf("zone asked: %v; with %v left of the ttl, want %v", fresh, left, want)
			}
			if fresh {
				fetched, left = now, 60*time.Second
			}
			ttl := time.Duration(reply.Answer[0].Header().Ttl) * time.Second
			if ttl < 0 || ttl > left || ttl <= left-time.Second {
				rt.Fatalf("ttl is %v, %v is left", ttl, left)
			}
		}
	})
}

func TestIdenticalQuestionsAreOneLookup(t *testing.T) {
	f, c := newFleet(t, rootIP, resolverIP), newClock()
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	work := func(context.Context) error { arrived <- struct{}{}; <-release; return nil }
	root, err := dns.NewNameserver(targets.Nameserver{Zone: ".", Records: []targets.Record{{Name: "a.", Role: "web", TTL: time.Minute}}}, addresses, work, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(rootIP, root)
	r := f.startResolver(long, 0, c)
	const clients = 50
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			// They spell it differently, and each gets its own spelling back.
			name := []string{"a.", "A."}[i%2]
			query := new(mdns.Msg).SetQuestion(name, mdns.TypeA)
			client := mdns.Client{Timeout: patience}
			reply, _, err := client.Exchange(query, f.address(resolverIP))
			if err != nil || len(reply.Answer) != 1 || reply.Answer[0].Header().Ttl != 60 || reply.Answer[0].Header().Name != name {
				t.Errorf("asked for %s, got %v, %v", name, reply, err)
			}
		})
	}
	<-arrived
	eventually(t, "all questions are in", func() bool { return r.Metrics()["queries_total"] == clients })
	close(release)
	all.Wait()
	m := r.Metrics()
	wantMetrics(t, m, map[string]float64{"upstream_total": 1})
	if m["hits_total"]+m["misses_total"] != clients || m["coalesced_total"]+m["hits_total"] != clients-1 {
		t.Errorf("hits %v, misses %v, coalesced %v: want one lookup for %d questions",
			m["hits_total"], m["misses_total"], m["coalesced_total"], clients)
	}
}

// TestFlushDuringLookup flushes while a lookup waits for its zone: what it
// brings answers who asked, and is not kept.
func TestFlushDuringLookup(t *testing.T) {
	f, c := newFleet(t, rootIP, resolverIP), newClock()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	work := func(context.Context) error { arrived <- struct{}{}; <-release; return nil }
	root, err := dns.NewNameserver(targets.Nameserver{Zone: ".", Records: []targets.Record{{Name: "a.", Role: "web", TTL: time.Minute}}}, addresses, work, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(rootIP, root)
	r := f.startResolver(long, 0, c)
	answered := make(chan *mdns.Msg)
	go func() {
		client := mdns.Client{Timeout: patience}
		reply, _, _ := client.Exchange(new(mdns.Msg).SetQuestion("a.", mdns.TypeA), f.address(resolverIP))
		answered <- reply
	}()
	<-arrived
	r.Flush()
	close(release)
	wantAddress(t, <-answered, "127.53.1.1", 60)
	wantMetrics(t, r.Metrics(), map[string]float64{"entries": 0, "upstream_total": 1})
	f.ask(resolverIP, "a.", mdns.TypeA)
	wantMetrics(t, r.Metrics(), map[string]float64{"entries": 1, "upstream_total": 2})
}

// TestOneDeadServerOfTwo has one server that is gone (the port is closed) or
// that hangs (nobody reads). Every name must still resolve.
func TestOneDeadServerOfTwo(t *testing.T) {
	for _, row := range []struct {
		name  string
		close bool
	}{{"gone", true}, {"hanging", false}} {
		t.Run(row.name, func(t *testing.T) {
			f, c := newFleet(t, rootIP, tldIP, shopIP, secondIP, resolverIP), newClock()
			f.serve(rootIP, nameserver(t, rootZone()))
			f.serve(tldIP, nameserver(t, tldZone("shop", "second")))
			if row.close {
				f.udp[shopIP].Close()
				f.tcp[shopIP].Close()
			}
			alive := nameserver(t, shopZone())
			f.serve(secondIP, alive)
			r := f.startResolver(500*time.Millisecond, 0, c)
			for i := range 30 {
				wantRcode(t, f.ask(resolverIP, fmt.Sprintf("n%d.shop.example.", i), mdns.TypeA), mdns.RcodeNameError)
			}
			m := r.Metrics()
			if m["upstream_failures_total"] < 1 {
				t.Error("the dead server was never asked")
			}
			// The dead one is asked first once; then it ranks last.
			if m["upstream_failures_total"] > 15 {
				t.Errorf("%v failures in 30 lookups: the dead server still comes first", m["upstream_failures_total"])
			}
		})
	}
}

func TestAllServersDead(t *testing.T) {
	w := newWorld(t, long, 0)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	w.stopShop()
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
	// A name of which nothing is known.
	wantRcode(t, w.ask(resolverIP, "deep.inner.shop.example.", mdns.TypeA), mdns.RcodeServerFailure)
	sent := w.resolver.Metrics()["upstream_total"]
	wantRcode(t, w.ask(resolverIP, "deep.inner.shop.example.", mdns.TypeA), mdns.RcodeServerFailure)
	if now := w.resolver.Metrics()["upstream_total"]; now != sent {
		t.Errorf("%v queries in the second after a failure, want none", now-sent)
	}
	again := newFleetAt(t, w.fleet, shopIP)
	again.serve(shopIP, w.shop)
	w.clock.Advance(time.Second)
	wantAddress(t, w.ask(resolverIP, "deep.inner.shop.example.", mdns.TypeA), "127.53.1.2", 30)
	wantMetrics(t, w.resolver.Metrics(), map[string]float64{"servfail_total": 2, "stale_total": 0})
}

// newFleetAt listens again on an address of a fleet whose server has ended.
func newFleetAt(t *testing.T, old *fleet, ip string) *fleet {
	t.Helper()
	f := &fleet{t: t, port: old.port, udp: map[string]net.PacketConn{}, tcp: map[string]net.Listener{}}
	t.Cleanup(f.close)
	if err := f.listen([]string{ip}); err != nil {
		t.Skipf("port %d was taken by another program meanwhile: %v", old.port, err)
	}
	return f
}

// TestLongAnswer has more addresses than fit into a datagram: the resolver
// falls back to TCP, and so does its client.
func TestLongAnswer(t *testing.T) {
	f, c := newFleet(t, rootIP, resolverIP), newClock()
	spec, places := targets.Nameserver{Zone: "."}, map[string]netip.Addr{}
	for i := range 150 {
		role := fmt.Sprintf("role%d", i)
		places[role] = netip.AddrFrom4([4]byte{127, 53, 2, byte(i)})
		spec.Records = append(spec.Records, targets.Record{Name: "all.", Role: role, TTL: time.Minute})
	}
	root, err := dns.NewNameserver(spec, places, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(rootIP, root)
	r := f.startResolver(long, 0, c)
	if reply := f.ask(resolverIP, "all.", mdns.TypeA, edns(1232)); !reply.Truncated {
		t.Error("udp: not truncated")
	}
	if reply := f.askOver("tcp", resolverIP, "all.", mdns.TypeA); len(reply.Answer) != 150 {
		t.Errorf("tcp: %d addresses", len(reply.Answer))
	}
	wantMetrics(t, root.Metrics(), map[string]float64{"queries_total": 2, "tcp_total": 1})
	wantMetrics(t, r.Metrics(), map[string]float64{"upstream_total": 1, "hits_total": 1})
	stub := dns.NewStub(func(ctx context.Context, network string) (net.Conn, error) {
		return f.dial(ctx, network, netip.MustParseAddr(resolverIP))
	}, c.Now)
	if answer, err := stub.Lookup(t.Context(), "all"); err != nil || len(answer.Addresses) != 150 {
		t.Errorf("stub: %d addresses, %v", len(answer.Addresses), err)
	}
}

func TestWithoutRecursion(t *testing.T) {
	w := newWorld(t, long, 0)
	cold := w.ask(resolverIP, site, mdns.TypeA, func(m *mdns.Msg) { m.RecursionDesired = false })
	wantRcode(t, cold, mdns.RcodeRefused)
	w.ask(resolverIP, site, mdns.TypeA)
	warm := w.ask(resolverIP, site, mdns.TypeA, func(m *mdns.Msg) { m.RecursionDesired = false })
	wantAddress(t, warm, "127.53.1.1", 60)
}

func TestCacheIsBounded(t *testing.T) {
	f := newFleet(t, rootIP, tldIP, shopIP, resolverIP)
	f.serve(rootIP, nameserver(t, rootZone()))
	f.serve(tldIP, nameserver(t, tldZone("shop")))
	f.serve(shopIP, nameserver(t, shopZone()))
	r := dns.NewResolver(targets.Resolver{Timeout: long}, dns.ResolverConfig{
		Root: []netip.Addr{addresses["root"]}, Dial: f.dial, Clock: newClock().Now, Entries: 10,
	})
	f.serve(resolverIP, r)
	for i := range 50 {
		f.ask(resolverIP, fmt.Sprintf("n%d.shop.example.", i), mdns.TypeA)
	}
	wantMetrics(t, r.Metrics(), map[string]float64{"entries": 12}) // 10 answers, 2 zones
}

func TestResolverEndsWithLookupAtHand(t *testing.T) {
	f := newFleet(t, rootIP, resolverIP)
	dialled := make(chan struct{})
	r := dns.NewResolver(targets.Resolver{Timeout: time.Hour}, dns.ResolverConfig{
		Root: []netip.Addr{addresses["root"]},
		Dial: func(ctx context.Context, _ string, _ netip.Addr) (net.Conn, error) {
			close(dialled)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	stop := f.serve(resolverIP, r)
	conn, err := mdns.DialTimeout("udp", f.address(resolverIP), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.WriteMsg(new(mdns.Msg).SetQuestion(site, mdns.TypeA))
	<-dialled
	stop() // returns, though the lookup has an hour left
}

func TestResolverNeedsARoot(t *testing.T) {
	f := newFleet(t, resolverIP)
	err := dns.NewResolver(targets.Resolver{}, dns.ResolverConfig{Dial: f.dial}).Serve(t.Context(), f.udp[resolverIP], f.tcp[resolverIP])
	if err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
