package dns

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

func TestAudienceKeys(t *testing.T) {
	for _, row := range []struct {
		name  string
		sent  string
		scope int
		want  string
	}{
		{"nothing sent", "", 0, ""},
		{"for all", "127.33.5.0/24", 0, "/0.0.0.0/0"},
		{"shorter scope", "127.33.5.0/24", 16, "/127.33.0.0/16"},
		{"same length", "127.33.5.0/24", 24, "/127.33.5.0/24"},
		{"longer than is ever sent", "127.33.5.0/24", 28, "/127.33.5.0/24"},
		{"longer than was sent", "127.32.0.0/12", 16, "=127.32.0.0/12"},
		{"for nobody", "0.0.0.0/0", 0, "=0.0.0.0/0"},
		{"ipv6", "2001:db8::/56", 32, "/2001:db8::/32"},
		{"ipv6, longer", "2001:db8::/56", 64, "/2001:db8::/56"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := audience{scope: row.scope}
			if row.sent != "" {
				a.sent = netip.MustParsePrefix(row.sent)
			}
			if got := a.key(); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// TestMemoryKeepsToScopes puts questions of many clients through the cache, in
// any order: what a client gets from it is what the nameserver would tell it.
func TestMemoryKeepsToScopes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := drawAtlas(t)
		m := newMemory(1000, nil)
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "questions") {
			from := asker{source: drawAddress(t)}
			if bits := rapid.IntRange(-1, 32).Draw(t, "bits"); bits >= 0 {
				query := new(dns.Msg).SetEdns0(udpSize, false)
				attachSubnet(query, netip.PrefixFrom(from.source, bits).Masked())
				from.option = subnetOption(query)
			}
			q := question{"www.example.", dns.TypeA, from.subnet()}
			// What the nameserver says to whom asks with that subnet; nobody
			// is who has the resolver's address.
			// And without regions all are told the same.
			region, scope := a.locate(q.subnet.Addr())
			if q.subnet.Bits() == 0 && len(a) > 0 {
				region, scope = "the resolver's", 0
			}
			if known, ok := m.answer(q, now); ok {
				if got := known.records[0].(*dns.TXT).Txt[0]; got != region {
					t.Fatalf("%v gets the answer for %q, is in %q", q.subnet, got, region)
				}
				continue
			}
			m.keep(q, answer{ttl: 60, to: audience{q.subnet, scope}, records: []dns.RR{
				&dns.TXT{Hdr: header(q.name, dns.TypeTXT, 60), Txt: []string{region}}}}, now)
			if _, ok := m.answer(q, now); !ok {
				t.Fatalf("%v asks twice and the answer was not kept", q.subnet)
			}
		}
	})
}

// TestMemorySharesWithinAScope: the point of a scope is that clients share.
func TestMemorySharesWithinAScope(t *testing.T) {
	m, now := newMemory(10, nil), time.Unix(0, 0)
	q := func(subnet string) question { return question{"a.", dns.TypeA, netip.MustParsePrefix(subnet)} }
	m.keep(q("127.33.5.0/24"), answer{ttl: 60, to: audience{netip.MustParsePrefix("127.33.5.0/24"), 16}}, now)
	for subnet, want := range map[string]bool{
		"127.33.99.0/24": true, "127.33.0.0/16": true, "127.34.5.0/24": false, "127.32.0.0/15": false, "0.0.0.0/0": false, "2001:db8::/56": false,
	} {
		if _, ok := m.answer(q(subnet), now); ok != want {
			t.Errorf("%s: kept for it is %v, want %v", subnet, ok, want)
		}
	}
	if _, ok := m.answer(question{name: "a.", qtype: dns.TypeA}, now); ok {
		t.Error("who tells nothing gets what is for one subnet")
	}
}
