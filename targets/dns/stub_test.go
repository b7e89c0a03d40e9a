package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets/dns"
)

// stub returns a stub resolver that asks the resolver of the fleet.
func (f *fleet) stub(c *clock) *dns.Stub {
	return dns.NewStub(func(ctx context.Context, network string) (net.Conn, error) {
		return f.dial(ctx, network, netip.MustParseAddr(resolverIP))
	}, c.Now)
}

func TestStubKeepsAddresses(t *testing.T) {
	w := newWorld(t, long, 0)
	stub := w.stub(w.clock)
	lookup := func(name string, cached bool, ttl time.Duration) {
		t.Helper()
		got, err := stub.Lookup(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Addresses) != 1 || got.Addresses[0] != addresses["web"] || got.Cached != cached || got.TTL != ttl || got.Took <= 0 {
			t.Fatalf("got %+v, want %v, cached %v, ttl %v", got, addresses["web"], cached, ttl)
		}
	}
	questions := func() float64 { return w.resolver.Metrics()["queries_total"] }
	lookup(site, false, time.Minute)
	lookup("WWW.shop.Example", true, time.Minute)
	w.clock.Advance(59*time.Second + 900*time.Millisecond)
	lookup(site, true, 100*time.Millisecond)
	if got := questions(); got != 1 {
		t.Fatalf("%v questions within the ttl, want 1", got)
	}
	w.clock.Advance(100 * time.Millisecond)
	lookup(site, false, time.Minute)
	stub.Flush()
	lookup(site, false, time.Minute)
	if got := questions(); got != 3 {
		t.Fatalf("%v questions after the ttl and a flush, want 3", got)
	}
	// What the stub keeps ends with what the resolver kept.
	w.clock.Advance(20 * time.Second)
	late := w.stub(w.clock)
	answer, err := late.Lookup(t.Context(), site)
	if err != nil || answer.TTL != 40*time.Second {
		t.Fatalf("second client: got %+v, %v; want 40 s left", answer, err)
	}
}

func TestStubAnswerIsTheCallersOwn(t *testing.T) {
	w := newWorld(t, long, 0)
	stub := w.stub(w.clock)
	first, err := stub.Lookup(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	first.Addresses[0] = netip.IPv4Unspecified()
	if second, err := stub.Lookup(t.Context(), site); err != nil || second.Addresses[0] != addresses["web"] {
		t.Errorf("got %v, %v", second.Addresses, err)
	}
}

func TestStubErrors(t *testing.T) {
	w := newWorld(t, long, 0)
	stub := w.stub(w.clock)
	fail := func(name string) *dns.LookupError {
		t.Helper()
		_, err := stub.Lookup(t.Context(), name)
		var failed *dns.LookupError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: got %v, want a LookupError", name, err)
		}
		return failed
	}
	for _, cached := range []bool{false, true} {
		e := fail("nope.shop.example")
		if !e.NotFound() || e.Timeout() || e.Rcode != dns.RcodeNameError || e.Name != "nope.shop.example." || e.Cached != cached {
			t.Errorf("no such name: got %+v, want cached %v", e, cached)
		}
		e = fail("inner.shop.example")
		if e.NotFound() || e.Timeout() || e.Rcode != dns.RcodeSuccess || !errors.Is(e, dns.ErrNoAddress) || e.Cached != cached {
			t.Errorf("no address: got %+v, want cached %v", e, cached)
		}
	}
	if e := fail("a..b"); e.Rcode != dns.RcodeNone || e.Timeout() {
		t.Errorf("no name at all: got %+v", e)
	}
	w.clock.Advance(30 * time.Second) // the negative TTL
	if e := fail("nope.shop.example"); e.Cached {
		t.Errorf("after the negative ttl: got %+v", e)
	}
	w.stopShop()
	stub.Flush()
	w.resolver.Flush()
	for range 2 {
		if e := fail(site); e.Rcode != dns.RcodeServerFailure || e.Cached || e.NotFound() || e.Timeout() {
			t.Errorf("dead zone: got %+v", e)
		}
	}
}

func TestStubTriesAgain(t *testing.T) {
	for _, row := range []struct {
		name               string
		silent             int64 // first queries that get no reply
		attempts           int
		wantSent           int64
		wantErr, isTimeout bool
	}{
		{"reply to a later one", 1, 20, 2, false, false},
		{"no reply", 100, 3, 3, true, true},
		{"attempts below one are one", 100, 0, 1, true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, c := newFleet(t, resolverIP), newClock()
			var sent atomic.Int64
			f.script(resolverIP, func(q *mdns.Msg) *mdns.Msg {
				if sent.Add(1) <= row.silent {
					return nil
				}
				return withAnswer(q, addressRecord(q.Question[0].Name, addresses["web"]))
			})
			stub := f.stub(c)
			stub.Timeout, stub.Attempts = 200*time.Millisecond, row.attempts
			_, err := stub.Lookup(t.Context(), site)
			if (err != nil) != row.wantErr {
				t.Fatalf("got %v, want an error: %v", err, row.wantErr)
			}
			eventually(t, "the last query arrives", func() bool { return sent.Load() >= row.wantSent })
			if row.wantErr && sent.Load() != row.wantSent {
				t.Errorf("%d queries, want %d", sent.Load(), row.wantSent)
			}
			var failed *dns.LookupError
			if row.wantErr && (!errors.As(err, &failed) || failed.Timeout() != row.isTimeout || failed.Rcode != dns.RcodeNone) {
				t.Errorf("got %#v, want a timeout", err)
			}
		})
	}
}

func TestStubResolverGone(t *testing.T) {
	f := newFleet(t, resolverIP)
	f.close()
	stub := f.stub(newClock())
	_, err := stub.Lookup(t.Context(), site)
	var failed *dns.LookupError
	if !errors.As(err, &failed) || failed.Rcode != dns.RcodeNone || failed.Timeout() {
		t.Errorf("got %v, want a refused connection and no timeout", err)
	}
}

// TestStubCallerGivesUp has two lookups share one question; the end of one
// caller's context must not end the other's lookup.
func TestStubCallerGivesUp(t *testing.T) {
	f, c := newFleet(t, resolverIP), newClock()
	asked, release := make(chan struct{}, 10), make(chan struct{})
	f.script(resolverIP, func(q *mdns.Msg) *mdns.Msg {
		asked <- struct{}{}
		<-release
		return withAnswer(q, addressRecord(q.Question[0].Name, addresses["web"]))
	})
	stub := f.stub(c)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := stub.Lookup(ctx, site); first <- err }()
	<-asked
	var second sync.WaitGroup
	second.Go(func() {
		if answer, err := stub.Lookup(t.Context(), site); err != nil || len(answer.Addresses) != 1 {
			t.Errorf("the patient caller: got %v, %v", answer, err)
		}
	})
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient caller: got %v", err)
	}
	close(release)
	second.Wait()
}

func TestStubDoesNotKeepFailures(t *testing.T) {
	f, c := newFleet(t, resolverIP), newClock()
	var sent atomic.Int64
	f.script(resolverIP, func(q *mdns.Msg) *mdns.Msg {
		sent.Add(1)
		m := new(mdns.Msg).SetRcode(q, mdns.RcodeServerFailure)
		m.Ns = []mdns.RR{&mdns.SOA{Hdr: mdns.RR_Header{Name: ".", Rrtype: mdns.TypeSOA, Class: 1, Ttl: 50}, Ns: ".", Mbox: ".", Minttl: 50}}
		return m
	})
	stub := f.stub(c)
	for range 2 {
		if _, err := stub.Lookup(t.Context(), site); err == nil {
			t.Error("no error")
		}
	}
	if sent.Load() != 2 {
		t.Errorf("%d questions, want 2", sent.Load())
	}
}
