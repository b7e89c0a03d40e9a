package dns_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets/dns"
)

// raw sends a packet as it is and returns the reply.
func raw(t *testing.T, f *fleet, ip string, packet []byte) *mdns.Msg {
	t.Helper()
	conn, err := net.Dial("udp", f.address(ip))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(packet); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 65536)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatalf("no reply: %v", err)
	}
	reply := new(mdns.Msg)
	if err := reply.Unpack(buffer[:n]); err != nil {
		t.Fatalf("reply cannot be read: %v", err)
	}
	return reply
}

func TestOddMessages(t *testing.T) {
	f := newFleet(t, shopIP, resolverIP)
	n := nameserver(t, shopZone())
	f.serve(shopIP, n)
	packed := func(change func(*mdns.Msg)) []byte {
		m := new(mdns.Msg).SetQuestion(site, mdns.TypeA)
		m.Id = 0x1234
		change(m)
		out, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	good := packed(func(*mdns.Msg) {})
	const silence = -1
	for _, row := range []struct {
		name   string
		packet []byte
		want   int
	}{
		{"good", good, mdns.RcodeSuccess},
		{"empty", []byte{}, silence},
		{"shorter than a header", good[:11], silence},
		{"a response", packed(func(m *mdns.Msg) { m.Response = true }), silence},
		{"header only", good[:12], mdns.RcodeFormatError},
		{"cut in the name", good[:20], mdns.RcodeFormatError},
		{"cut in the type", good[:len(good)-3], mdns.RcodeFormatError},
		{"name that points to itself", append(append([]byte{}, good[:12]...), 0xc0, 12, 0, 1, 0, 1), mdns.RcodeFormatError},
		{"no question", packed(func(m *mdns.Msg) { m.Question = nil }), mdns.RcodeFormatError},
		{"two questions", packed(func(m *mdns.Msg) { m.Question = append(m.Question, m.Question[0]) }), mdns.RcodeFormatError},
		{"an answer in a query", packed(func(m *mdns.Msg) {
			m.Answer = []mdns.RR{&mdns.A{Hdr: mdns.RR_Header{Name: site, Rrtype: mdns.TypeA, Class: 1}, A: net.IPv4(1, 2, 3, 4)}}
		}), mdns.RcodeFormatError},
		{"two opt records", packed(func(m *mdns.Msg) { m.SetEdns0(1232, false).SetEdns0(1232, false) }), mdns.RcodeFormatError},
		{"edns version 1", packed(func(m *mdns.Msg) { m.SetEdns0(1232, false).IsEdns0().SetVersion(1) }), mdns.RcodeBadVers},
		{"notify", packed(func(m *mdns.Msg) { m.Opcode = mdns.OpcodeNotify }), mdns.RcodeNotImplemented},
		{"update", packed(func(m *mdns.Msg) { m.Opcode = mdns.OpcodeUpdate }), mdns.RcodeNotImplemented},
		{"class chaos", packed(func(m *mdns.Msg) { m.Question[0].Qclass = mdns.ClassCHAOS }), mdns.RcodeRefused},
		{"class hesiod", packed(func(m *mdns.Msg) { m.Question[0].Qclass = mdns.ClassHESIOD }), mdns.RcodeNotImplemented},
		{"class any", packed(func(m *mdns.Msg) { m.Question[0].Qclass = mdns.ClassANY }), mdns.RcodeNotImplemented},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.want == silence {
				before := n.Metrics()
				if _, err := f.udp[resolverIP].WriteTo(row.packet, f.udp[shopIP].LocalAddr()); err != nil {
					t.Fatal(err)
				}
				eventually(t, "the packet is dropped", func() bool {
					return n.Metrics()["dropped_total"] == before["dropped_total"]+1
				})
				if after := n.Metrics(); after["queries_total"] != before["queries_total"] {
					t.Errorf("it was taken for a query")
				}
				return
			}
			reply := raw(t, f, shopIP, row.packet)
			if reply.Rcode != row.want || reply.Id != 0x1234 || !reply.Response {
				t.Fatalf("got\n%v\nwant %s with id 0x1234", reply, mdns.RcodeToString[row.want])
			}
		})
	}
	m := n.Metrics()
	wantMetrics(t, m, map[string]float64{"dropped_total": 3, "formerr_total": 8, "notimp_total": 4, "badvers_total": 1})
	sum := 0.0
	for _, part := range []string{"noerror", "nxdomain", "refused", "servfail", "formerr", "notimp", "badvers"} {
		sum += m[part+"_total"]
	}
	if sum != m["queries_total"] {
		t.Errorf("%v replies to %v queries", sum, m["queries_total"])
	}
}

func TestEDNSIsEchoed(t *testing.T) {
	f := newFleet(t, shopIP)
	f.serve(shopIP, nameserver(t, shopZone()))
	opt := f.ask(shopIP, site, mdns.TypeA, func(m *mdns.Msg) { m.SetEdns0(4096, true) }).IsEdns0()
	if opt == nil || opt.UDPSize() != 1232 || !opt.Do() || opt.Version() != 0 {
		t.Errorf("got %v, want version 0, 1232 bytes, the do bit", opt)
	}
	if opt := f.ask(shopIP, site, mdns.TypeA).IsEdns0(); opt != nil {
		t.Errorf("got %v for a query without one", opt)
	}
}

func TestPipelinedQueries(t *testing.T) {
	f := newFleet(t, shopIP)
	f.serve(shopIP, nameserver(t, shopZone()))
	conn, err := mdns.DialTimeout("tcp", f.address(shopIP), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	const queries = 100
	go func() {
		for i := range queries {
			q := new(mdns.Msg).SetQuestion(site, mdns.TypeA)
			q.Id = uint16(i)
			conn.WriteMsg(q)
		}
	}()
	seen := map[uint16]bool{}
	for range queries {
		reply, err := conn.ReadMsg()
		if err != nil {
			t.Fatal(err)
		}
		wantAddress(t, reply, "127.53.1.1", 60)
		seen[reply.Id] = true
	}
	if len(seen) != queries {
		t.Errorf("%d of %d queries answered", len(seen), queries)
	}
}

// TestServeEnds holds a TCP connection open and a query at hand while the
// server is told to end: the query is answered, the connection closed.
func TestServeEnds(t *testing.T) {
	f := newFleet(t, shopIP)
	working, finish := make(chan struct{}), make(chan struct{})
	work := func(context.Context) error { close(working); <-finish; return nil }
	n, err := dns.NewNameserver(shopZone(), addresses, work, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- n.Serve(ctx, f.udp[shopIP], f.tcp[shopIP]) }()

	idle, err := net.Dial("tcp", f.address(shopIP))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	client, err := mdns.DialTimeout("udp", f.address(shopIP), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	client.SetDeadline(time.Now().Add(patience))
	client.WriteMsg(new(mdns.Msg).SetQuestion(site, mdns.TypeA))
	<-working
	cancel()
	// Half of the time after which an idle connection ends anyhow.
	idle.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := idle.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("idle connection: read %d, %v; want it closed", n, err)
	}
	close(finish)
	reply, err := client.ReadMsg()
	if err != nil {
		t.Fatalf("query at hand: %v", err)
	}
	wantAddress(t, reply, "127.53.1.1", 60)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeFails(t *testing.T) {
	f := newFleet(t, shopIP, tldIP)
	n := nameserver(t, shopZone())
	f.udp[shopIP].Close()
	if err := n.Serve(t.Context(), f.udp[shopIP], f.tcp[shopIP]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed udp socket: got %v", err)
	}
	f.tcp[tldIP].Close()
	if err := n.Serve(t.Context(), f.udp[tldIP], f.tcp[tldIP]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed listener: got %v", err)
	}
}
