package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// summary is a reply in one line: code, flags, and each record of the three
// sections as name/type/ttl.
func summary(m *mdns.Msg) string {
	out := mdns.RcodeToString[m.Rcode]
	for _, flag := range []struct {
		is   bool
		name string
	}{{m.Authoritative, " aa"}, {m.Truncated, " tc"}, {m.RecursionAvailable, " ra"}} {
		if flag.is {
			out += flag.name
		}
	}
	for _, section := range [][]mdns.RR{m.Answer, m.Ns, m.Extra} {
		out += " |"
		for _, rr := range section {
			h := rr.Header()
			if h.Rrtype == mdns.TypeOPT {
				continue
			}
			out += fmt.Sprintf(" %s %s %d", h.Name, mdns.TypeToString[h.Rrtype], h.Ttl)
		}
	}
	return out
}

func TestNameserverAnswers(t *testing.T) {
	f := newFleet(t, tldIP)
	n := nameserver(t, targets.Nameserver{
		Zone: "Example.",
		Records: []targets.Record{
			{Name: "www.example.", Role: "web", TTL: time.Minute},
			{Name: "www.example.", Role: "spare", TTL: 2 * time.Minute},
			{Name: "brief.example.", Role: "web", TTL: 20 * time.Millisecond},
			{Name: "up.example.", Role: "web", TTL: 1500 * time.Millisecond},
			{Name: "a.b.c.example.", Role: "web", TTL: time.Minute},
			{Name: "example.", Role: "web", TTL: time.Minute},
		},
		Delegations: []targets.Delegation{
			{Zone: "shop.example.", Role: "shop", TTL: 10 * time.Minute},
			{Zone: "shop.example.", Role: "second", TTL: 10 * time.Minute},
			{Zone: "far.away.example.", Role: "shop", TTL: time.Minute},
		},
	})
	f.serve(tldIP, n)
	const (
		soa    = " | example. SOA 1 |"
		toShop = "NOERROR | | shop.example. NS 600 shop.example. NS 600" +
			" | ns-127-53-0-3.shop.example. A 600 ns-127-53-0-4.shop.example. A 600"
	)
	for _, row := range []struct {
		name, asked string
		qtype       uint16
		want        string
	}{
		{"address set with its lowest ttl", "www.example.", mdns.TypeA, "NOERROR aa | www.example. A 60 www.example. A 60 | |"},
		{"case of the question comes back", "wWw.EXAMPLE.", mdns.TypeA, "NOERROR aa | wWw.EXAMPLE. A 60 wWw.EXAMPLE. A 60 | |"},
		{"ttl below a second is one", "brief.example.", mdns.TypeA, "NOERROR aa | brief.example. A 1 | |"},
		{"ttl is rounded up", "up.example.", mdns.TypeA, "NOERROR aa | up.example. A 2 | |"},
		{"address of the apex", "example.", mdns.TypeA, "NOERROR aa | example. A 60 | |"},
		{"no such type", "www.example.", mdns.TypeAAAA, "NOERROR aa |" + soa},
		{"no such name", "wwww.example.", mdns.TypeA, "NXDOMAIN aa |" + soa},
		{"name with names below it only", "b.c.example.", mdns.TypeA, "NOERROR aa |" + soa},
		{"name with a delegation below it only", "away.example.", mdns.TypeA, "NOERROR aa |" + soa},
		{"start of authority", "example.", mdns.TypeSOA, "NOERROR aa | example. SOA 1 | |"},
		{"servers of the zone", "example.", mdns.TypeNS, "NOERROR aa | example. NS 1 | | ns-127-53-0-2.example. A 1"},
		{"address of the zone's server", "ns-127-53-0-2.example.", mdns.TypeA, "NOERROR aa | ns-127-53-0-2.example. A 1 | |"},
		{"all types", "example.", mdns.TypeANY, "NOERROR aa | example. SOA 1 example. NS 1 example. A 60 | | ns-127-53-0-2.example. A 1"},
		{"delegated zone", "shop.example.", mdns.TypeNS, toShop},
		{"name below a delegation", "x.y.Shop.example.", mdns.TypeA, toShop},
		{"glue is not authoritative", "ns-127-53-0-3.shop.example.", mdns.TypeA, toShop},
		{"ds is the parent's", "shop.example.", mdns.TypeDS, "NOERROR aa |" + soa},
		{"outside", "example.org.", mdns.TypeA, "REFUSED | | |"},
		{"longer than the zone by letters only", "notexample.", mdns.TypeA, "REFUSED | | |"},
		{"the root", ".", mdns.TypeNS, "REFUSED | | |"},
		{"zone transfer", "example.", mdns.TypeAXFR, "REFUSED | | |"},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := f.ask(tldIP, row.asked, row.qtype)
			if got := summary(reply); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			if reply.Question[0].Name != row.asked || !reply.RecursionDesired {
				t.Errorf("question %v and rd %v do not come back", reply.Question, reply.RecursionDesired)
			}
			if over := f.askOver("tcp", tldIP, row.asked, row.qtype); row.qtype != mdns.TypeAXFR && summary(over) != row.want {
				t.Errorf("over tcp: %s", summary(over))
			}
		})
	}
	wantMetrics(t, n.Metrics(), map[string]float64{
		"queries_total": 42, "tcp_total": 21, "noerror_total": 32, "nxdomain_total": 2, "refused_total": 8,
		"referrals_total": 6, "nodata_total": 8, "dropped_total": 0, "truncated_total": 0,
	})
}

func TestRootNameserver(t *testing.T) {
	f := newFleet(t, rootIP)
	f.serve(rootIP, nameserver(t, rootZone()))
	for asked, want := range map[string]string{
		site:          "NOERROR | | example. NS 3600 | ns-127-53-0-2.example. A 3600",
		"nowhere.":    "NXDOMAIN aa | | . SOA 3600 |",
		".":           "NOERROR aa | . NS 3600 | | ns-127-53-0-1. A 3600",
		"a.b.nowhere": "NXDOMAIN aa | | . SOA 3600 |",
	} {
		qtype := mdns.TypeA
		if asked == "." {
			qtype = mdns.TypeNS
		}
		if got := summary(f.ask(rootIP, mdns.Fqdn(asked), qtype)); got != want {
			t.Errorf("%s: got %s, want %s", asked, got, want)
		}
	}
}

func TestZoneNamesItsServers(t *testing.T) {
	f := newFleet(t, shopIP)
	spec := shopZone()
	for _, role := range []string{"shop", "second"} {
		spec.Delegations = append(spec.Delegations, targets.Delegation{Zone: "shop.example.", Role: role, TTL: time.Hour})
	}
	f.serve(shopIP, nameserver(t, spec))
	const want = "NOERROR aa | shop.example. NS 3600 shop.example. NS 3600 |" +
		" | ns-127-53-0-3.shop.example. A 3600 ns-127-53-0-4.shop.example. A 3600"
	if got := summary(f.ask(shopIP, "shop.example.", mdns.TypeNS)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTruncation(t *testing.T) {
	f := newFleet(t, shopIP)
	const hosts = 200
	spec, places := targets.Nameserver{Zone: "big."}, map[string]netip.Addr{}
	for i := range hosts {
		role := fmt.Sprintf("role%d", i)
		places[role] = netip.AddrFrom4([4]byte{127, 53, 2, byte(i)})
		spec.Records = append(spec.Records, targets.Record{Name: "all.big.", Role: role, TTL: time.Minute})
	}
	n, err := dns.NewNameserver(spec, places, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(shopIP, n)
	for _, row := range []struct {
		name   string
		change []func(*mdns.Msg)
		most   int
	}{
		{"without edns", nil, 512},
		{"edns with a small buffer", []func(*mdns.Msg){edns(100)}, 512},
		{"edns with 900 bytes", []func(*mdns.Msg){edns(900)}, 900},
		{"edns with more than the server sends", []func(*mdns.Msg){edns(4096)}, 1232},
	} {
		t.Run(row.name, func(t *testing.T) {
			reply := f.ask(shopIP, "all.big.", mdns.TypeA, row.change...)
			reply.Compress = true
			if !reply.Truncated || reply.Len() > row.most || reply.Len() < row.most-50 {
				t.Errorf("tc %v, %d bytes: want it cut just below %d", reply.Truncated, reply.Len(), row.most)
			}
			if (reply.IsEdns0() != nil) != (row.change != nil) {
				t.Errorf("opt record in the reply: %v", reply.IsEdns0())
			}
		})
	}
	whole := f.askOver("tcp", shopIP, "all.big.", mdns.TypeA)
	if whole.Truncated || len(whole.Answer) != hosts {
		t.Errorf("tcp: tc %v, %d addresses, want %d", whole.Truncated, len(whole.Answer), hosts)
	}
	wantMetrics(t, n.Metrics(), map[string]float64{"truncated_total": 4})
}

func TestWorkIsCharged(t *testing.T) {
	f := newFleet(t, shopIP)
	var full atomic.Bool
	var charged atomic.Int64
	work := func(context.Context) error {
		charged.Add(1)
		if full.Load() {
			return errors.New("queue is full")
		}
		return nil
	}
	n, err := dns.NewNameserver(shopZone(), addresses, work, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := f.serve(shopIP, n)
	wantAddress(t, f.ask(shopIP, site, mdns.TypeA), "127.53.1.1", 60)
	full.Store(true)
	wantRcode(t, f.ask(shopIP, site, mdns.TypeA), mdns.RcodeServerFailure)
	f.ask(shopIP, site, mdns.TypeA, func(m *mdns.Msg) { m.Opcode = mdns.OpcodeNotify })
	stop()
	if got := charged.Load(); got != 2 {
		t.Errorf("%d queries charged, want the 2 that can be read", got)
	}
	wantMetrics(t, n.Metrics(), map[string]float64{"servfail_total": 1, "noerror_total": 1, "notimp_total": 1})
}

func TestSpecIsChecked(t *testing.T) {
	record := func(name, role string, ttl time.Duration) targets.Nameserver {
		spec := tldZone("shop")
		spec.Records = []targets.Record{{Name: name, Role: role, TTL: ttl}}
		return spec
	}
	delegation := func(zone, role string) targets.Nameserver {
		spec := tldZone("shop")
		spec.Delegations = append(spec.Delegations, targets.Delegation{Zone: zone, Role: role, TTL: time.Minute})
		return spec
	}
	places := map[string]netip.Addr{
		"shop": addresses["shop"], "web": addresses["web"], "six": netip.IPv6Loopback(),
	}
	for _, row := range []struct {
		name string
		spec targets.Nameserver
		want string
	}{
		{"good", record("www.example.", "web", time.Minute), ""},
		{"zone is no name", targets.Nameserver{Zone: "a..b."}, "is not a domain name"},
		{"empty zone", targets.Nameserver{}, "is not a domain name"},
		{"record is no name", record("..", "web", time.Minute), "is not a domain name"},
		{"record outside", record("www.org.", "web", time.Minute), "outside the zone"},
		{"record in a delegated zone", record("www.shop.example.", "web", time.Minute), "in the delegated zone shop.example."},
		{"record at a delegated zone", record("SHOP.example.", "web", time.Minute), "in the delegated zone shop.example."},
		{"wildcard", record("*.example.", "web", time.Minute), "wildcards"},
		{"negative ttl", record("www.example.", "web", -time.Second), "ttl is -1s"},
		{"ttl too long", record("www.example.", "web", 100*365*24*time.Hour), "allowed is 0 to 2147483647"},
		{"role without address", record("www.example.", "nobody", time.Minute), `role "nobody" has no address`},
		{"ipv6", record("www.example.", "six", time.Minute), "not IPv4"},
		{"delegation outside", delegation("shop.org.", "shop"), "outside the zone"},
		{"delegation in a delegation", delegation("old.shop.example.", "shop"), "in the delegated zone shop.example."},
		{"delegation without address", delegation("x.example.", "nobody"), "has no address"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := dns.NewNameserver(row.spec, places, nil, nil)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
