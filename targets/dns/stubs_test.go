package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

const secondResolverIP = "127.53.0.10"

// stubOf returns a stub that asks those resolvers in that order.
func (f *fleet) stubOf(c *clock, ips ...string) *dns.Stub {
	var dials []func(context.Context, string) (net.Conn, error)
	for _, ip := range ips {
		dials = append(dials, func(ctx context.Context, network string) (net.Conn, error) {
			return f.dial(ctx, network, netip.MustParseAddr(ip))
		})
	}
	return dns.NewStubOf(dials, c.Now)
}

// counted serves one reply over and over and counts the questions.
func (f *fleet) counted(ip string, reply func(*mdns.Msg) *mdns.Msg) *atomic.Int64 {
	var asked atomic.Int64
	f.script(ip, func(q *mdns.Msg) *mdns.Msg { asked.Add(1); return reply(q) })
	return &asked
}

func good(q *mdns.Msg) *mdns.Msg {
	return withAnswer(q, addressRecord(q.Question[0].Name, addresses["web"]))
}

func servfail(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetRcode(q, mdns.RcodeServerFailure) }

func wantAsked(t *testing.T, what string, asked *atomic.Int64, want int64) {
	t.Helper()
	if got := asked.Load(); got != want {
		t.Fatalf("%s: asked %d times, want %d", what, got, want)
	}
}

// TestStubPassesOverADeadResolver: only the first lookup meets it, until its
// hold is over; then it is tried again, and has its place back once it answers.
func TestStubPassesOverADeadResolver(t *testing.T) {
	f, c := newFleet(t, resolverIP, secondResolverIP), newClock()
	f.udp[resolverIP].Close() // refuses
	f.tcp[resolverIP].Close()
	second := f.counted(secondResolverIP, good)
	var dialled atomic.Int64
	stub := dns.NewStubOf([]func(context.Context, string) (net.Conn, error){
		func(ctx context.Context, network string) (net.Conn, error) {
			dialled.Add(1)
			return f.dial(ctx, network, netip.MustParseAddr(resolverIP))
		},
		func(ctx context.Context, network string) (net.Conn, error) {
			return f.dial(ctx, network, netip.MustParseAddr(secondResolverIP))
		},
	}, c.Now)
	stub.Timeout = patience
	lookup := func() {
		t.Helper()
		stub.Flush()
		if answer, err := stub.Lookup(t.Context(), site); err != nil || answer.Addresses[0] != addresses["web"] {
			t.Fatalf("got %+v, %v", answer, err)
		}
	}
	lookup()
	wantAsked(t, "the dead one, first lookup", &dialled, 1)
	lookup()
	lookup()
	wantAsked(t, "the dead one, while it is held", &dialled, 1)
	wantAsked(t, "the second", second, 3)
	c.Advance(stub.Hold)
	lookup()
	wantAsked(t, "the dead one, after its hold", &dialled, 2)
	again := newFleetAt(t, f, resolverIP)
	first := again.counted(resolverIP, good)
	c.Advance(stub.Hold)
	lookup()
	lookup()
	wantAsked(t, "the first, which is back", first, 2)
	wantAsked(t, "the second", second, 4)
}

// TestStubPassesOverASilentResolver waits for it once and asks the next.
func TestStubPassesOverASilentResolver(t *testing.T) {
	f, c := newFleet(t, resolverIP, secondResolverIP), newClock()
	first := f.counted(resolverIP, func(*mdns.Msg) *mdns.Msg { return nil })
	f.counted(secondResolverIP, good)
	stub := f.stubOf(c, resolverIP, secondResolverIP)
	stub.Timeout, stub.Attempts = 300*time.Millisecond, 30
	for range 3 {
		stub.Flush()
		if _, err := stub.Lookup(t.Context(), site); err != nil {
			t.Fatal(err)
		}
	}
	if first.Load() == 0 {
		t.Error("the silent resolver was never asked")
	}
}

// TestStubAllResolversFail: what the caller is told, and how often each
// resolver is asked.
func TestStubAllResolversFail(t *testing.T) {
	silence := func(*mdns.Msg) *mdns.Msg { return nil }
	refusal := func(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetRcode(q, mdns.RcodeRefused) }
	for _, row := range []struct {
		name          string
		first, second func(*mdns.Msg) *mdns.Msg
		rcode         int
		timeout       bool
		wait          time.Duration
		asked         int64 // each
	}{
		{"both refuse: the first one's word", servfail, refusal, dns.RcodeServerFailure, false, patience, 1},
		{"one is silent, one refuses", silence, refusal, dns.RcodeRefused, false, time.Second, 1},
		{"both are silent", silence, silence, dns.RcodeNone, true, 100 * time.Millisecond, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, c := newFleet(t, resolverIP, secondResolverIP), newClock()
			first, second := f.counted(resolverIP, row.first), f.counted(secondResolverIP, row.second)
			stub := f.stubOf(c, resolverIP, secondResolverIP)
			stub.Timeout, stub.Attempts = row.wait, 3
			_, err := stub.Lookup(t.Context(), site)
			var failed *dns.LookupError
			if !errors.As(err, &failed) || failed.Rcode != row.rcode || failed.Timeout() != row.timeout {
				t.Fatalf("got %#v, want rcode %d, timeout %v", err, row.rcode, row.timeout)
			}
			eventually(t, "the last question arrives", func() bool {
				return first.Load() == row.asked && second.Load() == row.asked
			})
		})
	}
}

// TestStubRefusalKeepsThePlace: a resolver that answers SERVFAIL is passed
// over, and asked first again: only the name may be broken there.
func TestStubRefusalKeepsThePlace(t *testing.T) {
	f, c := newFleet(t, resolverIP, secondResolverIP), newClock()
	first, second := f.counted(resolverIP, servfail), f.counted(secondResolverIP, good)
	stub := f.stubOf(c, resolverIP, secondResolverIP)
	stub.Timeout = patience
	for range 3 {
		stub.Flush()
		if _, err := stub.Lookup(t.Context(), site); err != nil {
			t.Fatal(err)
		}
	}
	wantAsked(t, "the first", first, 3)
	wantAsked(t, "the second", second, 3)
}

// TestStubNotFoundIsAnAnswer: NXDOMAIN is no failure, nobody else is asked.
func TestStubNotFoundIsAnAnswer(t *testing.T) {
	f, c := newFleet(t, resolverIP, secondResolverIP), newClock()
	f.counted(resolverIP, func(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetRcode(q, mdns.RcodeNameError) })
	second := f.counted(secondResolverIP, good)
	stub := f.stubOf(c, resolverIP, secondResolverIP)
	stub.Timeout = patience
	_, err := stub.Lookup(t.Context(), site)
	var failed *dns.LookupError
	if !errors.As(err, &failed) || !failed.NotFound() {
		t.Fatalf("got %v, want no such name", err)
	}
	wantAsked(t, "the second", second, 0)
}

func TestStubWithoutResolvers(t *testing.T) {
	_, err := dns.NewStubOf(nil, nil).Lookup(t.Context(), site)
	var failed *dns.LookupError
	if !errors.As(err, &failed) || failed.Rcode != dns.RcodeNone {
		t.Errorf("got %v", err)
	}
}

// TestOrderIsKept: what the zone lists comes in that order to the program that
// asks, through nameserver, resolver and stub, fresh and cached.
func TestOrderIsKept(t *testing.T) {
	f, c := newFleet(t, rootIP, resolverIP), newClock()
	spec := targets.Nameserver{Zone: ".", Records: []targets.Record{
		{Name: "all.", Role: "h", Backup: []string{"a", "g", "b", "f", "c", "e", "d"}, Every: true, TTL: time.Minute}}}
	places := map[string]netip.Addr{}
	for i := range byte(8) {
		places[string(rune('a'+i))] = netip.AddrFrom4([4]byte{127, 53, 3, i})
	}
	root, err := dns.NewNameserver(spec, places, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(rootIP, root)
	f.startResolver(long, 0, c)
	var want []netip.Addr
	for _, role := range append([]string{"h"}, spec.Records[0].Backup...) {
		want = append(want, places[role])
	}
	stub := f.stub(c)
	for range 3 {
		answer, err := stub.Lookup(t.Context(), "all.")
		if err != nil || !slices.Equal(answer.Addresses, want) {
			t.Fatalf("got %v, %v; want %v", answer.Addresses, err, want)
		}
		c.Advance(25 * time.Second) // cached once, then kept by the resolver, then fetched anew
	}
	if other, err := f.stub(c).Lookup(t.Context(), "all."); err != nil || !slices.Equal(other.Addresses, want) {
		t.Errorf("a second stub: got %v, %v; want %v", other.Addresses, err, want)
	}
}
