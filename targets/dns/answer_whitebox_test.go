package dns

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

func TestHowLongAnswersAreKept(t *testing.T) {
	soa := func(ttl, minimum uint32) dns.RR {
		return &dns.SOA{Hdr: header("example.", dns.TypeSOA, ttl), Minttl: minimum}
	}
	host := func(ttl uint32) dns.RR {
		return hostRecord("www.example.", netip.MustParseAddr("127.0.0.1"), ttl)
	}
	for _, row := range []struct {
		name      string
		rcode     int
		records   []dns.RR
		authority []dns.RR
		most      uint32
		want      uint32
	}{
		{"one record", dns.RcodeSuccess, []dns.RR{host(60)}, nil, maxTTL, 60},
		{"the shortest of several", dns.RcodeSuccess, []dns.RR{host(60), host(20), host(90)}, nil, maxTTL, 20},
		{"capped", dns.RcodeSuccess, []dns.RR{host(60)}, nil, 10, 10},
		{"ttl zero", dns.RcodeSuccess, []dns.RR{host(0)}, nil, maxTTL, 0},
		{"highest bit set", dns.RcodeSuccess, []dns.RR{host(1 << 31)}, nil, maxTTL, 0},
		{"no name, minimum below ttl", dns.RcodeNameError, nil, []dns.RR{soa(60, 30)}, maxTTL, 30},
		{"no name, ttl below minimum", dns.RcodeNameError, nil, []dns.RR{soa(20, 30)}, maxTTL, 20},
		{"no name, capped", dns.RcodeNameError, nil, []dns.RR{soa(20, 30)}, 10, 10},
		{"no name, for days", dns.RcodeNameError, nil, []dns.RR{soa(1e6, 1e6)}, maxTTL, maxNegative},
		{"no name, no start of authority", dns.RcodeNameError, nil, nil, maxTTL, 0},
		{"no records", dns.RcodeSuccess, nil, []dns.RR{soa(60, 30)}, maxTTL, 30},
		{"no records, no start of authority", dns.RcodeSuccess, nil, nil, maxTTL, 0},
		{"short alias to no name", dns.RcodeNameError, []dns.RR{host(5)}, []dns.RR{soa(60, 30)}, maxTTL, 5},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAnswer(row.rcode, row.records, row.authority, row.most)
			if a.ttl != row.want {
				t.Errorf("kept for %d s, want %d", a.ttl, row.want)
			}
			for _, rr := range slices.Concat(a.records, a.authority) {
				if rr.Header().Ttl > row.most || (len(a.authority) > 0 && len(a.records) == 0 && rr.Header().Ttl != row.want) {
					t.Errorf("says %d s itself", rr.Header().Ttl)
				}
			}
		})
	}
}

// TestCountdown checks the arithmetic of TTLs over all ages.
func TestCountdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ttl := rapid.Uint32Range(0, maxTTL).Draw(t, "ttl")
		since := time.Unix(1_700_000_000, 0)
		now := since.Add(time.Duration(rapid.Int64().Draw(t, "elapsed")))
		got := left(ttl, age(since, now))
		if got > ttl {
			t.Fatalf("ttl %d became %d", ttl, got)
		}
		if elapsed := now.Sub(since); got > 0 && elapsed > 0 && ttlDuration(got) > ttlDuration(ttl)-elapsed {
			t.Fatalf("ttl %d is %d after %v", ttl, got, elapsed)
		}
		if later := left(ttl, age(since, now.Add(time.Second))); now.Sub(since) < 1<<62 && later > got {
			t.Fatalf("ttl %d is %d, and a second later %d", ttl, got, later)
		}
	})
}

func TestServersAreRanked(t *testing.T) {
	a, b, c := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")
	given := []netip.Addr{a, b, c}
	r := newRanking()
	want := func(what string, order ...netip.Addr) {
		t.Helper()
		if got := r.order(given); !slices.Equal(got, order) {
			t.Fatalf("%s: got %v, want %v", what, got, order)
		}
	}
	want("nothing known", a, b, c)
	r.answered(a, 30*time.Millisecond)
	want("the unknown come first", b, c, a)
	r.answered(b, 10*time.Millisecond)
	r.answered(c, 20*time.Millisecond)
	want("by round trip", b, c, a)
	r.answered(b, 60*time.Millisecond) // smoothed: 0.7 * 10 + 0.3 * 60 = 25 ms
	want("one slow reply", c, b, a)
	r.failed(c, 800*time.Millisecond)
	want("a failure", b, a, c)
	for range 1000 {
		if r.order(given)[0] == c {
			return // it faded: the failed one gets another chance
		}
		r.answered(b, 25*time.Millisecond)
		r.answered(a, 30*time.Millisecond)
	}
	t.Error("1000 questions later the failed server was not tried again")
}
