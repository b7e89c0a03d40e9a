package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// regionalWorld is the world with the regional zone in it.
func regionalWorld(t *testing.T) (*world, *dns.Stub) {
	t.Helper()
	w := &world{
		fleet: newFleet(t, rootIP, tldIP, shopIP, resolverIP), clock: newClock(),
		root: nameserver(t, rootZone()), tld: nameserver(t, tldZone("shop")), shop: regional(t),
	}
	w.serve(rootIP, w.root)
	w.serve(tldIP, w.tld)
	w.stopShop = w.serve(shopIP, w.shop)
	w.resolver = w.startResolver(long, 0, w.clock)
	return w, w.stub(w.clock)
}

// TestResolverKeepsAnswersByScope asks for users of several subnets in turn:
// those of one scope share an answer, and nobody gets another one's.
func TestResolverKeepsAnswersByScope(t *testing.T) {
	w, _ := regionalWorld(t)
	asked := w.asked()
	for _, row := range []struct {
		subnet, name, address, echo, asked string
	}{
		{"127.33.5.0/24", site, euAddress, "127.33.5.0/24/17", "root 1, tld 1, shop 1"},
		{"127.33.9.0/24", site, euAddress, "127.33.9.0/24/17", "root 0, tld 0, shop 0"},   // the same scope
		{"127.33.9.77/32", site, euAddress, "127.33.9.77/32/17", "root 0, tld 0, shop 0"}, // its first 24 bits
		{"127.33.144.0/24", site, euAddress, "127.33.144.0/24/20", "root 0, tld 0, shop 1"},
		{"127.34.5.0/24", site, usAddress, "127.34.5.0/24/16", "root 0, tld 0, shop 1"},
		{"127.33.130.0/24", site, cityAddress, "127.33.130.0/24/20", "root 0, tld 0, shop 1"},
		{"127.33.128.0/20", site, cityAddress, "127.33.128.0/20/20", "root 0, tld 0, shop 0"},
		{"127.34.0.0/16", site, usAddress, "127.34.0.0/16/16", "root 0, tld 0, shop 0"},
		{"127.33.0.0/16", site, euAddress, "127.33.0.0/16/17", "root 0, tld 0, shop 1"}, // more than the scope that is kept
		{"127.33.0.0/16", site, euAddress, "127.33.0.0/16/17", "root 0, tld 0, shop 0"}, // exactly that again
		{"127.200.1.0/24", site, webAddress, "127.200.1.0/24/9", "root 0, tld 0, shop 1"},
		{"127.255.1.0/24", site, webAddress, "127.255.1.0/24/9", "root 0, tld 0, shop 0"},
		{"0.0.0.0/0", site, webAddress, "0.0.0.0/0/0", "root 0, tld 0, shop 1"},
		{"0.0.0.0/0", site, webAddress, "0.0.0.0/0/0", "root 0, tld 0, shop 0"},
		{"127.34.77.0/24", site, usAddress, "127.34.77.0/24/16", "root 0, tld 0, shop 0"}, // not nobody's
		{"127.33.5.0/24", "mail.shop.example.", webAddress, "127.33.5.0/24/0", "root 0, tld 0, shop 1"},
		{"127.34.5.0/24", "mail.shop.example.", webAddress, "127.34.5.0/24/0", "root 0, tld 0, shop 0"}, // everyone's
		{"0.0.0.0/0", "mail.shop.example.", webAddress, "0.0.0.0/0/0", "root 0, tld 0, shop 0"},
	} {
		reply := w.ask(resolverIP, row.name, mdns.TypeA, from(row.subnet))
		wantAddress(t, reply, row.address, 60)
		if got := subnetOf(reply); got != row.echo {
			t.Errorf("%s for %s: client subnet %s, want %s", row.name, row.subnet, got, row.echo)
		}
		if got := asked(); got != row.asked {
			t.Errorf("%s for %s: asked %s, want %s", row.name, row.subnet, got, row.asked)
		}
	}
	w.clock.Advance(time.Minute)
	wantAddress(t, w.ask(resolverIP, site, mdns.TypeA, from("127.34.5.0/24")), usAddress, 60)
	if got := asked(); got != "root 0, tld 0, shop 1" {
		t.Errorf("after the ttl: asked %s", got)
	}
}

// TestResolverTellsTheSource: a client without a subnet is known by its
// address, of which the nameserver hears 24 bits, and the root none.
func TestResolverTellsTheSource(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, resolverIP), newClock()
	heard := make(chan string, 10)
	f.script(rootIP, func(q *mdns.Msg) *mdns.Msg {
		heard <- "root " + subnetOf(q)
		m := new(mdns.Msg).SetReply(q)
		m.Ns = []mdns.RR{&mdns.NS{Hdr: mdns.RR_Header{Name: "example.", Rrtype: mdns.TypeNS, Class: 1, Ttl: 60}, Ns: "ns.example."}}
		m.Extra = []mdns.RR{addressRecord("ns.example.", addresses["tld"])}
		return m
	})
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		heard <- "tld " + subnetOf(q)
		return withAnswer(q, addressRecord(q.Question[0].Name, addresses["web"])) // it knows no subnets
	})
	f.startResolver(long, 0, c)
	for i, row := range []struct{ local, want string }{
		{"127.33.5.77", "root  tld 127.33.5.0/24/0"}, {"127.34.6.1", "tld 127.34.6.0/24/0"},
	} {
		client := mdns.Client{Timeout: patience, Dialer: &net.Dialer{LocalAddr: localAddress("udp", row.local)}}
		reply, _, err := client.Exchange(new(mdns.Msg).SetQuestion(fmt.Sprintf("a%d.example.", i), mdns.TypeA), f.address(resolverIP))
		if err != nil {
			t.Fatal(err)
		}
		if got := subnetOf(reply); got != "" {
			t.Errorf("a client without a subnet gets %s", got)
		}
		var got []string
		for len(heard) > 0 {
			got = append(got, <-heard)
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("from %s: servers heard %q, want %q", row.local, got, row.want)
		}
	}
	// What a server says that knows no subnets is for all, and other types
	// are nobody's matter.
	wantAddress(t, f.ask(resolverIP, "a0.example.", mdns.TypeA, from("127.99.0.0/24")), webAddress, 60)
	f.ask(resolverIP, "a0.example.", mdns.TypeTXT, from("127.99.0.0/24"))
	if got := <-heard; got != "tld " || len(heard) > 0 {
		t.Errorf("servers heard %q and %d more", got, len(heard))
	}
}

// TestForgedSubnetIsDropped: a reply that tells of another subnet than the
// question did is not the reply.
func TestForgedSubnetIsDropped(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, resolverIP), newClock()
	f.serve(rootIP, nameserver(t, rootZone()))
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		m := withAnswer(q, addressRecord(q.Question[0].Name, addresses["web"]))
		from("127.66.0.0/24")(m)
		return m
	})
	r := f.startResolver(300*time.Millisecond, 0, c)
	wantRcode(t, f.ask(resolverIP, "www.example.", mdns.TypeA, from("127.33.5.0/24")), mdns.RcodeServerFailure)
	if m := r.Metrics(); m["upstream_failures_total"] != 2 {
		t.Errorf("%v failures, want the two tries", m["upstream_failures_total"])
	}
	wantAddress(t, f.ask(resolverIP, "other.example.", mdns.TypeA, from("127.66.0.0/24")), webAddress, 60)
}

// TestAliasAcrossZones: what an alias leads to is for no more clients than the
// alias is.
func TestAliasAcrossZones(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, resolverIP), newClock()
	f.serve(rootIP, nameserver(t, rootZone()))
	scopes := map[string]uint8{"www.example.": 8, "target.example.": 20}
	sent := make(chan string, 10)
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		name := q.Question[0].Name
		sent <- name
		m := withAnswer(q, addressRecord(name, addresses["web"]))
		if name == "www.example." {
			m = withAnswer(q, aliasRecord(name, "target.example."))
		}
		from("127.33.5.0/24")(m)
		m.IsEdns0().Option[0].(*mdns.EDNS0_SUBNET).SourceScope = scopes[name]
		return m
	})
	f.startResolver(long, 0, c)
	for range 2 {
		reply := f.ask(resolverIP, "www.example.", mdns.TypeA, from("127.33.5.0/24"))
		if got := subnetOf(reply); got != "127.33.5.0/24/20" || len(reply.Answer) != 2 {
			t.Errorf("client subnet %s, %d records; want scope 20, the longer one", got, len(reply.Answer))
		}
	}
	if len(sent) != 2 {
		t.Errorf("%d questions, want 2: the second answer is kept", len(sent))
	}
}

func TestStubAsksFromASubnet(t *testing.T) {
	w, stub := regionalWorld(t)
	for _, row := range []struct {
		subnet string
		want   string
		cached bool
	}{
		{"127.33.0.0/17", euAddress, false}, {"127.34.0.0/16", usAddress, false},
		{"127.33.0.0/17", euAddress, true}, {"127.34.0.0/16", usAddress, true},
		{"127.33.0.9/17", euAddress, true}, // the same subnet
		{"127.33.0.0/24", euAddress, false}, {"", webAddress, false}, {"", webAddress, true},
	} {
		var subnet netip.Prefix
		if row.subnet != "" {
			subnet = netip.MustParsePrefix(row.subnet)
		}
		got, err := stub.LookupFrom(t.Context(), site, subnet)
		if err != nil || len(got.Addresses) != 1 || got.Addresses[0].String() != row.want || got.Cached != row.cached {
			t.Errorf("from %q: got %+v, %v; want %s, cached %v", row.subnet, got, err, row.want, row.cached)
		}
	}
	// The resolver's own cache served two of the four subnets: 127.33.0.0/24
	// lies in the scope of 127.33.0.0/17.
	wantMetrics(t, w.resolver.Metrics(), map[string]float64{"queries_total": 4, "hits_total": 1, "subnet_total": 3, "regional_total": 4})
	_, err := stub.LookupFrom(t.Context(), "nope.shop.example.", netip.MustParsePrefix("127.33.0.0/17"))
	var failed *dns.LookupError
	if !errors.As(err, &failed) || !failed.NotFound() || failed.Name != "nope.shop.example." {
		t.Errorf("no such name: got %v", err)
	}
}

// TestServersAreLookedUpForNobody: the address of a nameserver that a referral
// only names is the resolver's matter, not the client's.
func TestServersAreLookedUpForNobody(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, shopIP, resolverIP), newClock()
	f.serve(rootIP, nameserver(t, rootZone()))
	heard := make(chan string, 10)
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		heard <- q.Question[0].Name + " " + subnetOf(q)
		if q.Question[0].Name == "ns.helper.example." {
			return withAnswer(q, addressRecord("ns.helper.example.", addresses["shop"]))
		}
		m := new(mdns.Msg).SetReply(q)
		m.Ns = []mdns.RR{&mdns.NS{Hdr: mdns.RR_Header{Name: "shop.example.", Rrtype: mdns.TypeNS, Class: 1, Ttl: 60}, Ns: "ns.helper.example."}}
		return m
	})
	f.serve(shopIP, regional(t))
	f.startResolver(long, 0, c)
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA, from("127.34.5.0/24")), usAddress, 60)
	for _, want := range []string{site + " 127.34.5.0/24/0", "ns.helper.example. 0.0.0.0/0/0"} {
		if got := <-heard; got != want {
			t.Errorf("servers heard %q, want %q", got, want)
		}
	}
}

// TestClientsOfTwoRegionsAtOnce: only those of one subnet share a lookup.
func TestClientsOfTwoRegionsAtOnce(t *testing.T) {
	f, c := newFleet(t, rootIP, resolverIP, shopIP), newClock()
	release := make(chan struct{})
	spec := regionalZone()
	n, err := dns.NewNameserverWith(spec, dns.NameserverConfig{Addresses: regionalAddresses(), Regions: regions(),
		Work: func(context.Context) error { <-release; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	f.serve(shopIP, n)
	f.serve(rootIP, nameserver(t, targets.Nameserver{Zone: ".", Delegations: []targets.Delegation{{Zone: "shop.example.", Role: "shop", TTL: time.Hour}}}))
	r := f.startResolver(long, 0, c)
	var all sync.WaitGroup
	for subnet, want := range map[string]string{"127.33.5.0/24": euAddress, "127.34.5.0/24": usAddress} {
		all.Go(func() {
			query := new(mdns.Msg).SetQuestion(site, mdns.TypeA)
			from(subnet)(query)
			client := mdns.Client{Timeout: patience}
			reply, _, err := client.Exchange(query, f.address(resolverIP))
			if err != nil || len(reply.Answer) != 1 || reply.Answer[0].(*mdns.A).A.String() != want {
				t.Errorf("%s: got %v, %v; want %s", subnet, reply, err, want)
			}
		})
	}
	eventually(t, "both questions are in", func() bool { return r.Metrics()["queries_total"] == 2 })
	close(release)
	all.Wait()
	wantMetrics(t, r.Metrics(), map[string]float64{"regional_total": 2, "misses_total": 2, "coalesced_total": 0})
}
