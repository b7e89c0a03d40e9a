package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/dns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test for something that must happen.
const patience = 20 * time.Second

// The places of the servers under test. All listen on one port.
const (
	rootIP     = "127.53.0.1"
	tldIP      = "127.53.0.2"
	shopIP     = "127.53.0.3"
	secondIP   = "127.53.0.4"
	resolverIP = "127.53.0.9"
)

const site = "www.shop.example."

// fleet is a set of addresses that share one port.
type fleet struct {
	t    *testing.T
	port int
	udp  map[string]net.PacketConn
	tcp  map[string]net.Listener
}

func newFleet(t *testing.T, ips ...string) *fleet {
	t.Helper()
	for range 20 {
		f := &fleet{t: t, udp: map[string]net.PacketConn{}, tcp: map[string]net.Listener{}}
		err := f.listen(ips)
		t.Cleanup(f.close)
		if err == nil {
			return f
		}
		f.close()
	}
	t.Fatal("found no port that is free on all addresses")
	return nil
}

func (f *fleet) listen(ips []string) error {
	for _, ip := range ips {
		tcp, err := net.Listen("tcp4", f.address(ip))
		if err != nil {
			return err
		}
		f.tcp[ip] = tcp
		f.port = tcp.Addr().(*net.TCPAddr).Port
		if f.udp[ip], err = net.ListenPacket("udp4", f.address(ip)); err != nil {
			delete(f.udp, ip)
			return err
		}
	}
	return nil
}

func (f *fleet) address(ip string) string { return net.JoinHostPort(ip, strconv.Itoa(f.port)) }

func (f *fleet) close() {
	for _, l := range f.tcp {
		l.Close()
	}
	for _, c := range f.udp {
		c.Close()
	}
}

type serving interface {
	Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error
}

// serve runs a server at an address until stop is called or the test ends.
func (f *fleet) serve(ip string, s serving) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, f.udp[ip], f.tcp[ip]) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Errorf("server at %s: %v", ip, err)
		}
	})
	f.t.Cleanup(stop)
	return stop
}

// script serves replies of the test's own making at an address, over UDP and
// TCP. A nil reply is silence.
func (f *fleet) script(ip string, reply func(query *mdns.Msg) *mdns.Msg) {
	f.t.Helper()
	handler := mdns.HandlerFunc(func(w mdns.ResponseWriter, query *mdns.Msg) {
		if m := reply(query); m != nil {
			w.WriteMsg(m)
		}
	})
	for _, s := range []*mdns.Server{{PacketConn: f.udp[ip]}, {Listener: f.tcp[ip]}} {
		started, ended := make(chan struct{}), make(chan struct{})
		s.Handler, s.NotifyStartedFunc = handler, func() { close(started) }
		go func() { defer close(ended); s.ActivateAndServe() }()
		<-started
		f.t.Cleanup(func() { s.Shutdown(); <-ended })
	}
}

// dial is the Dial of a resolver in this fleet.
func (f *fleet) dial(ctx context.Context, network string, server netip.Addr) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, f.address(server.String()))
}

// ask sends one question and returns the reply.
func (f *fleet) ask(ip, name string, qtype uint16, change ...func(*mdns.Msg)) *mdns.Msg {
	f.t.Helper()
	return f.askOver("udp", ip, name, qtype, change...)
}

func (f *fleet) askOver(network, ip, name string, qtype uint16, change ...func(*mdns.Msg)) *mdns.Msg {
	f.t.Helper()
	query := new(mdns.Msg).SetQuestion(name, qtype)
	for _, c := range change {
		c(query)
	}
	client := mdns.Client{Net: network, Timeout: patience, UDPSize: 65535}
	reply, _, err := client.Exchange(query, f.address(ip))
	if err != nil {
		f.t.Fatalf("ask %s for %s: %v", ip, name, err)
	}
	return reply
}

func edns(size uint16) func(*mdns.Msg) { return func(m *mdns.Msg) { m.SetEdns0(size, false) } }

// from adds a client subnet to a question.
func from(subnet string) func(*mdns.Msg) {
	p := netip.MustParsePrefix(subnet)
	family := uint16(1)
	if p.Addr().Is6() {
		family = 2
	}
	return func(m *mdns.Msg) {
		opt := m.SetEdns0(1232, false).IsEdns0()
		opt.Option = append(opt.Option, &mdns.EDNS0_SUBNET{Code: mdns.EDNS0SUBNET, Family: family,
			SourceNetmask: uint8(p.Bits()), Address: p.Addr().AsSlice()})
	}
}

// subnetOf is the client subnet of a message, "" if there is none.
func subnetOf(m *mdns.Msg) string {
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if s, ok := o.(*mdns.EDNS0_SUBNET); ok {
				return s.String()
			}
		}
	}
	return ""
}

// clock is a clock that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_700_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// The zones of the tests: the root delegates example, example delegates
// shop.example, which has the site.
var addresses = map[string]netip.Addr{
	"root": netip.MustParseAddr(rootIP), "tld": netip.MustParseAddr(tldIP),
	"shop": netip.MustParseAddr(shopIP), "second": netip.MustParseAddr(secondIP),
	"web": netip.MustParseAddr("127.53.1.1"), "spare": netip.MustParseAddr("127.53.1.2"),
}

func rootZone() targets.Nameserver {
	return targets.Nameserver{Zone: ".", Delegations: []targets.Delegation{{Zone: "example.", Role: "tld", TTL: time.Hour}}}
}

func tldZone(servers ...string) targets.Nameserver {
	out := targets.Nameserver{Zone: "example."}
	for _, s := range servers {
		out.Delegations = append(out.Delegations, targets.Delegation{Zone: "shop.example.", Role: s, TTL: 10 * time.Minute})
	}
	return out
}

func shopZone() targets.Nameserver {
	return targets.Nameserver{Zone: "shop.example.", Records: []targets.Record{
		{Name: "www.shop.example.", Role: "web", TTL: time.Minute},
		{Name: "deep.inner.shop.example.", Role: "spare", TTL: 30 * time.Second},
	}}
}

func nameserver(t *testing.T, spec targets.Nameserver) *dns.Nameserver {
	t.Helper()
	n, err := dns.NewNameserver(spec, addresses, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// world is a whole DNS: three zones and a resolver, all on real sockets.
type world struct {
	*fleet
	root, tld, shop *dns.Nameserver
	stopTLD         func()
	stopShop        func()
	resolver        *dns.Resolver
	clock           *clock
}

func newWorld(t *testing.T, timeout, maxTTL time.Duration) *world {
	t.Helper()
	w := &world{
		fleet: newFleet(t, rootIP, tldIP, shopIP, resolverIP), clock: newClock(),
		root: nameserver(t, rootZone()), tld: nameserver(t, tldZone("shop")), shop: nameserver(t, shopZone()),
	}
	w.serve(rootIP, w.root)
	w.stopTLD = w.serve(tldIP, w.tld)
	w.stopShop = w.serve(shopIP, w.shop)
	w.resolver = w.startResolver(timeout, maxTTL, w.clock)
	return w
}

func (f *fleet) startResolver(timeout, maxTTL time.Duration, c *clock) *dns.Resolver {
	r := dns.NewResolver(targets.Resolver{Timeout: timeout, MaxTTL: maxTTL},
		dns.ResolverConfig{Root: []netip.Addr{addresses["root"]}, Dial: f.dial, Clock: c.Now})
	f.serve(resolverIP, r)
	return r
}

// asked returns how many queries the root, example and shop.example got since
// the last call.
func (w *world) asked() (since func() string) {
	last := [3]float64{}
	return func() string {
		now := [3]float64{}
		for i, n := range []*dns.Nameserver{w.root, w.tld, w.shop} {
			now[i] = n.Metrics()["queries_total"]
		}
		out := fmt.Sprintf("root %v, tld %v, shop %v", now[0]-last[0], now[1]-last[1], now[2]-last[2])
		last = now
		return out
	}
}

// wantAddress checks that a reply is one address with that TTL.
func wantAddress(t *testing.T, reply *mdns.Msg, address string, ttl uint32) {
	t.Helper()
	if reply.Rcode != mdns.RcodeSuccess || len(reply.Answer) != 1 {
		t.Fatalf("want one address, got\n%v", reply)
	}
	a, ok := reply.Answer[0].(*mdns.A)
	if !ok || a.A.String() != address || a.Hdr.Ttl != ttl {
		t.Fatalf("got %v, want %s with ttl %d", reply.Answer[0], address, ttl)
	}
}

func wantRcode(t *testing.T, reply *mdns.Msg, rcode int) {
	t.Helper()
	if reply.Rcode != rcode {
		t.Fatalf("got %s, want %s:\n%v", mdns.RcodeToString[reply.Rcode], mdns.RcodeToString[rcode], reply)
	}
}

// wantMetrics checks some counters.
func wantMetrics(t *testing.T, got map[string]float64, want map[string]float64) {
	t.Helper()
	for name, value := range want {
		if has, ok := got[name]; !ok || has != value {
			t.Errorf("%s is %v (there: %v), want %v", name, has, ok, value)
		}
	}
}

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}
