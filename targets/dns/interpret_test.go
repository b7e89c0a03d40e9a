package dns_test

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
)

// referTo is a reply that delegates a zone to a server, with its address if
// it is valid.
func referTo(query *mdns.Msg, zone, host string, address netip.Addr) *mdns.Msg {
	m := new(mdns.Msg).SetReply(query)
	m.Ns = []mdns.RR{&mdns.NS{Hdr: mdns.RR_Header{Name: zone, Rrtype: mdns.TypeNS, Class: 1, Ttl: 60}, Ns: host}}
	if address.IsValid() {
		m.Extra = []mdns.RR{addressRecord(host, address)}
	}
	return m
}

func addressRecord(name string, address netip.Addr) mdns.RR {
	return &mdns.A{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypeA, Class: 1, Ttl: 60}, A: address.AsSlice()}
}

func aliasRecord(name, target string) mdns.RR {
	return &mdns.CNAME{Hdr: mdns.RR_Header{Name: name, Rrtype: mdns.TypeCNAME, Class: 1, Ttl: 40}, Target: target}
}

func withAnswer(query *mdns.Msg, records ...mdns.RR) *mdns.Msg {
	m := new(mdns.Msg).SetReply(query)
	m.Authoritative, m.Answer = true, records
	return m
}

// TestUselessReplies scripts a root server that misbehaves. The resolver must
// answer, and stop asking after a bounded number of queries.
func TestUselessReplies(t *testing.T) {
	root := netip.MustParseAddr(rootIP)
	none := netip.Addr{}
	var seen atomic.Int64 // queries of one row
	for _, row := range []struct {
		name  string
		reply func(*mdns.Msg) *mdns.Msg
		want  int
		sent  float64 // queries, exactly
		lost  bool    // no reply is usable: the timeout decides
	}{
		{"refers to itself", func(q *mdns.Msg) *mdns.Msg { return referTo(q, ".", "ns.", root) }, mdns.RcodeServerFailure, 1, false},
		{"refers sideways", func(q *mdns.Msg) *mdns.Msg { return referTo(q, "other.", "ns.", root) }, mdns.RcodeServerFailure, 1, false},
		{"refers down for ever", func(q *mdns.Msg) *mdns.Msg {
			// One more label each time, until the name is used up.
			name := q.Question[0].Name
			i := int(seen.Add(1))
			if labels := mdns.CountLabel(name); i <= labels {
				start, _ := mdns.PrevLabel(name, i)
				return referTo(q, name[start:], "ns."+name[start:], root)
			}
			return referTo(q, name, "ns.", root)
		}, mdns.RcodeServerFailure, 6, false},
		{"two zones whose servers lie in each other", func(q *mdns.Msg) *mdns.Msg {
			if mdns.IsSubDomain("a.", q.Question[0].Name) {
				return referTo(q, "a.", "ns.b.", none)
			}
			return referTo(q, "b.", "ns.a.", none)
		}, mdns.RcodeServerFailure, 9, false},
		{"servers without address, each in a zone of that kind", func(q *mdns.Msg) *mdns.Msg {
			name := q.Question[0].Name
			m := referTo(q, name, "ns1.x"+name, none)
			for i := range 5 {
				m.Ns = append(m.Ns, referTo(q, name, fmt.Sprintf("ns%d.x%d%s", i, i, name), none).Ns...)
			}
			return m
		}, mdns.RcodeServerFailure, 50, false},
		{"server in its own zone without address", func(q *mdns.Msg) *mdns.Msg { return referTo(q, "a.", "ns.a.", none) }, mdns.RcodeServerFailure, 1, false},
		{"aliases in a ring", func(q *mdns.Msg) *mdns.Msg {
			return withAnswer(q, aliasRecord(q.Question[0].Name, q.Question[0].Name))
		}, mdns.RcodeServerFailure, 9, false},
		{"aliases without end", func(q *mdns.Msg) *mdns.Msg {
			return withAnswer(q, aliasRecord(q.Question[0].Name, "x."+q.Question[0].Name))
		}, mdns.RcodeServerFailure, 9, false},
		{"fails", func(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetRcode(q, mdns.RcodeServerFailure) }, mdns.RcodeServerFailure, 1, false},
		{"refuses", func(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetRcode(q, mdns.RcodeRefused) }, mdns.RcodeServerFailure, 1, false},
		{"answers empty", func(q *mdns.Msg) *mdns.Msg { return new(mdns.Msg).SetReply(q) }, mdns.RcodeServerFailure, 1, false},
		{"says nothing", func(*mdns.Msg) *mdns.Msg { return nil }, mdns.RcodeServerFailure, 2, true},
		{"wrong id", func(q *mdns.Msg) *mdns.Msg {
			m := withAnswer(q, addressRecord(q.Question[0].Name, root))
			m.Id++
			return m
		}, mdns.RcodeServerFailure, 2, true},
		{"other question", func(q *mdns.Msg) *mdns.Msg {
			m := withAnswer(q, addressRecord(q.Question[0].Name, root))
			m.Question[0].Name = "other."
			return m
		}, mdns.RcodeServerFailure, 2, true},
		{"an answer about another name", func(q *mdns.Msg) *mdns.Msg { return withAnswer(q, addressRecord("other.", root)) }, mdns.RcodeSuccess, 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen.Store(0)
			f, c := newFleet(t, rootIP, resolverIP), newClock()
			f.script(rootIP, row.reply)
			timeout := long
			if row.lost {
				timeout = 200 * time.Millisecond
			}
			r := f.startResolver(timeout, 0, c)
			reply := f.ask(resolverIP, "w.x.y.z.a.", mdns.TypeA)
			wantRcode(t, reply, row.want)
			if len(reply.Answer) != 0 {
				t.Errorf("believed %v", reply.Answer)
			}
			if sent := r.Metrics()["upstream_total"]; sent != row.sent {
				t.Errorf("%v queries sent, want %v", sent, row.sent)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, resolverIP), newClock()
	host := netip.MustParseAddr("127.9.9.9")
	f.script(rootIP, func(q *mdns.Msg) *mdns.Msg {
		switch name := q.Question[0].Name; name {
		case "whole.":
			return withAnswer(q, aliasRecord(name, "host."), addressRecord("host.", host))
		case "lost.":
			return withAnswer(q, aliasRecord(name, "nope."))
		case "nope.":
			m := new(mdns.Msg).SetRcode(q, mdns.RcodeNameError)
			m.Ns = []mdns.RR{&mdns.SOA{Hdr: mdns.RR_Header{Name: ".", Rrtype: mdns.TypeSOA, Class: 1, Ttl: 50}, Ns: ".", Mbox: ".", Minttl: 50}}
			return m
		}
		return referTo(q, "example.", "ns.example.", netip.MustParseAddr(tldIP))
	})
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		if name := q.Question[0].Name; name == "part.example." {
			// The address is not this zone's to give.
			return withAnswer(q, aliasRecord(name, "whole."), addressRecord("whole.", netip.MustParseAddr("127.6.6.6")))
		}
		return new(mdns.Msg).SetRcode(q, mdns.RcodeRefused)
	})
	r := f.startResolver(long, 0, c)
	for _, row := range []struct{ asked, want string }{
		{"whole.", "NOERROR ra | whole. CNAME 40 host. A 60 | |"},
		{"part.example.", "NOERROR ra | part.example. CNAME 40 whole. CNAME 40 host. A 60 | |"},
		{"lost.", "NXDOMAIN ra | lost. CNAME 40 | . SOA 50 |"},
	} {
		for range 2 {
			reply := f.ask(resolverIP, row.asked, mdns.TypeA)
			if got := summary(reply); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			if last := len(reply.Answer) - 1; reply.Rcode == mdns.RcodeSuccess && reply.Answer[last].(*mdns.A).A.String() != "127.9.9.9" {
				t.Errorf("%s: believed %v", row.asked, reply.Answer[last])
			}
		}
	}
	wantMetrics(t, r.Metrics(), map[string]float64{"hits_total": 3, "misses_total": 3})
	// An alias to nowhere is no proof that the alias itself does not exist.
	if got := summary(f.ask(resolverIP, "lost.", mdns.TypeCNAME)); got != "NOERROR ra | lost. CNAME 40 | |" {
		t.Errorf("the alias itself: %s", got)
	}
}

// TestServerWithoutGlue delegates to a server in another zone.
func TestServerWithoutGlue(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, shopIP, resolverIP), newClock()
	f.script(rootIP, func(q *mdns.Msg) *mdns.Msg {
		if mdns.IsSubDomain("example.", q.Question[0].Name) {
			return referTo(q, "example.", "ns.other.", netip.Addr{})
		}
		return referTo(q, "other.", "ns.other.", netip.MustParseAddr(tldIP))
	})
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		return withAnswer(q, addressRecord("ns.other.", netip.MustParseAddr(shopIP)))
	})
	f.serve(shopIP, nameserver(t, targets.Nameserver{Zone: "example.", Records: []targets.Record{{Name: "a.example.", Role: "web", TTL: time.Minute}}}))
	r := f.startResolver(long, 0, c)
	wantAddress(t, f.ask(resolverIP, "a.example.", mdns.TypeA), "127.53.1.1", 60)
	wantMetrics(t, r.Metrics(), map[string]float64{"upstream_total": 4})
}

// TestGlueIsBelievedInTheZoneOnly has a server of example. claim an address
// for a server of another zone.
func TestGlueIsBelievedInTheZoneOnly(t *testing.T) {
	f, c := newFleet(t, rootIP, tldIP, shopIP, secondIP, resolverIP), newClock()
	f.script(rootIP, func(q *mdns.Msg) *mdns.Msg {
		if name := q.Question[0].Name; !mdns.IsSubDomain("example.", name) {
			return withAnswer(q, addressRecord(name, netip.MustParseAddr(shopIP)))
		}
		return referTo(q, "example.", "ns.example.", netip.MustParseAddr(tldIP))
	})
	f.script(tldIP, func(q *mdns.Msg) *mdns.Msg {
		return referTo(q, "shop.example.", "ns.other.", netip.MustParseAddr(secondIP))
	})
	f.script(secondIP, func(q *mdns.Msg) *mdns.Msg {
		t.Error("the claimed address was believed")
		return nil
	})
	f.serve(shopIP, nameserver(t, shopZone()))
	f.startResolver(long, 0, c)
	wantAddress(t, f.ask(resolverIP, site, mdns.TypeA), "127.53.1.1", 60)
}
