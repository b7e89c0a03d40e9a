package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"rung/targets"
)

// fuzzed returns the two servers, without sockets.
func fuzzed(f *testing.F) map[string]*server {
	f.Helper()
	host := netip.MustParseAddr("127.53.0.3")
	n, err := NewNameserverWith(targets.Nameserver{
		Zone:        "example.",
		Records:     []targets.Record{{Name: "www.example.", Role: "r", TTL: time.Minute, Regions: map[string][]string{"eu": {"s"}}}},
		Delegations: []targets.Delegation{{Zone: "shop.example.", Role: "r", TTL: time.Minute}},
	}, NameserverConfig{
		Addresses: map[string]netip.Addr{"r": host, "s": host.Next()},
		Regions:   []targets.Region{{Name: "eu", Subnet: "127.33.0.0/16"}},
	})
	if err != nil {
		f.Fatal(err)
	}
	noWire := func(context.Context, string, netip.Addr) (net.Conn, error) { return nil, errors.New("no wire") }
	r := NewResolver(targets.Resolver{}, ResolverConfig{Root: []netip.Addr{host}, Dial: noWire, Entries: 10})
	return map[string]*server{"nameserver": n.server(host), "resolver": r.server()}
}

// FuzzRespond throws packets at both servers. Whatever comes, they do not
// crash, and what they answer is a reply to it that fits.
func FuzzRespond(f *testing.F) {
	for _, change := range []func(*dns.Msg){
		func(*dns.Msg) {},
		func(m *dns.Msg) { m.SetEdns0(1232, true) },
		func(m *dns.Msg) { m.SetEdns0(0, false).IsEdns0().SetVersion(3) },
		func(m *dns.Msg) { m.Question[0] = dns.Question{Name: "x.SHOP.example.", Qtype: dns.TypeDS, Qclass: 1} },
		func(m *dns.Msg) { m.Question[0] = dns.Question{Name: ".", Qtype: dns.TypeANY, Qclass: dns.ClassCHAOS} },
		func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate },
		func(m *dns.Msg) {
			m.SetEdns0(1232, false)
			attachSubnet(m, netip.MustParsePrefix("127.33.5.0/24"))
		},
		func(m *dns.Msg) {
			m.SetEdns0(1232, false)
			attachSubnet(m, netip.MustParsePrefix("2001:db8::/48"))
		},
		func(m *dns.Msg) { m.Question = nil },
	} {
		m := new(dns.Msg).SetQuestion("www.example.", dns.TypeA)
		change(m)
		packet, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet, true)
		f.Add(packet[:len(packet)-1], false)
	}
	f.Add([]byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"), true)
	source := netip.MustParseAddr("127.34.0.1")
	servers := fuzzed(f)
	f.Fuzz(func(t *testing.T, packet []byte, udp bool) {
		for name, s := range servers {
			before := s.tally.metrics()
			out := s.respond(t.Context(), packet, source, udp)
			after := s.tally.metrics()
			if out == nil {
				if len(packet) >= headerSize && packet[2]&0x80 == 0 {
					t.Errorf("%s: no reply to a query", name)
				}
				if after["dropped_total"] != before["dropped_total"]+1 {
					t.Errorf("%s: dropped and not counted", name)
				}
				continue
			}
			if after["queries_total"] != before["queries_total"]+1 {
				t.Errorf("%s: replied and not counted", name)
			}
			checkReply(t, name, packet, out, udp)
		}
	})
}

func checkReply(t *testing.T, name string, packet, out []byte, udp bool) {
	t.Helper()
	reply := new(dns.Msg)
	if err := reply.Unpack(out); err != nil {
		t.Fatalf("%s: the reply cannot be read: %v", name, err)
	}
	if out[0] != packet[0] || out[1] != packet[1] || !reply.Response || reply.Opcode != int(packet[2]>>3)&0xf {
		t.Errorf("%s: not a reply to the query: %v", name, reply)
	}
	// A client subnet comes back as it was, and only if there was one.
	query := new(dns.Msg)
	if told := subnetOption(reply); told != nil {
		if err := query.Unpack(packet); err != nil {
			t.Fatalf("%s: a client subnet for what cannot be read", name)
		}
		asked := subnetOption(query)
		if asked == nil || asked.Family != told.Family || asked.SourceNetmask != told.SourceNetmask || !asked.Address.Equal(told.Address) {
			t.Errorf("%s: client subnet %v came back as %v", name, asked, told)
		}
		if !sameSubnet(reply, query) {
			t.Errorf("%s: its reply would be dropped", name)
		}
	}
	limit := dns.MaxMsgSize
	if udp {
		limit = dns.MinMsgSize
		if reply.IsEdns0() != nil {
			limit = udpSize
		}
	}
	if len(out) > limit {
		t.Errorf("%s: %d bytes, at most %d fit", name, len(out), limit)
	}
}

// FuzzReply hands replies to the part of the resolver that reads them.
// Whatever a nameserver says, a referral leads down, an answer is about the
// name that was asked, and no TTL is above the cap.
func FuzzReply(f *testing.F) {
	q := question{name: "www.shop.example.", qtype: dns.TypeA}
	header := func(name string, rtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: rtype, Class: dns.ClassINET, Ttl: 1 << 31}
	}
	for _, m := range []*dns.Msg{
		{Answer: []dns.RR{&dns.A{Hdr: header("www.shop.example.", dns.TypeA), A: net.IPv4(127, 0, 0, 1)}}},
		{Answer: []dns.RR{&dns.CNAME{Hdr: header("www.shop.example.", dns.TypeCNAME), Target: "a.example."}}},
		{
			Ns:    []dns.RR{&dns.NS{Hdr: header("shop.example.", dns.TypeNS), Ns: "ns.shop.example."}},
			Extra: []dns.RR{&dns.A{Hdr: header("ns.shop.example.", dns.TypeA), A: net.IPv4(127, 0, 0, 1)}},
		},
		{Ns: []dns.RR{&dns.SOA{Hdr: header("example.", dns.TypeSOA), Ns: "a.", Mbox: "b."}}},
	} {
		packet, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet)
	}
	const zone, most = "example.", 3600
	f.Fuzz(func(t *testing.T, packet []byte) {
		reply := new(dns.Msg)
		if reply.Unpack(packet) != nil {
			return
		}
		read(q.name, reply.Copy())
		s, err := interpret(zone, q, reply, most)
		if err != nil {
			return
		}
		to := audienceOf(reply, netip.MustParsePrefix("127.33.5.0/24"))
		if s = s.heardBy(to); to.scope < 0 || to.scope > 32 || (s.referral != nil && s.to != (audience{})) {
			t.Errorf("for %+v, %+v", to, s)
		}
		if d := s.referral; d != nil {
			if !below(zone, d.zone) || !dns.IsSubDomain(d.zone, q.name) || d.ttl > most || len(d.addresses) > maxServers {
				t.Errorf("referral %+v", d)
			}
			return
		}
		if s.alias != "" {
			if len(s.aliases) == 0 || len(s.aliases) > maxAliases {
				t.Errorf("alias %s by %v", s.alias, s.aliases)
			}
			return
		}
		if s.final == nil {
			t.Fatal("neither an answer, an alias, a referral nor an error")
		}
		if s.final.ttl > most || (len(s.final.records) > 0 && dns.CanonicalName(s.final.records[0].Header().Name) != q.name) {
			t.Errorf("answer %+v", s.final)
		}
		for _, rr := range s.final.after(7).records {
			if rr.Header().Ttl > most {
				t.Errorf("ttl of %v is above %d", rr, most)
			}
		}
	})
}
