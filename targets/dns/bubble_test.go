package dns_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// states of a role that is checked.
const (
	fine    = "fine"
	sick    = "sick"     // answers 503
	lost    = "lost"     // answers 404: it serves
	chatty  = "chatty"   // answers 103 without end
	hangs   = "hangs"    // reads and says nothing
	garbage = "garbage"  // answers no HTTP
	refuses = "refuses"  // refuses connections
	dark    = "cut off"  // connections are never made
	slow    = "trickles" // its body never ends
)

// bubble is a nameserver in fake time, with sockets and roles that are none.
type bubble struct {
	*dns.Nameserver
	t     *testing.T
	start time.Time
	udp   *datagrams

	mu     sync.Mutex
	states map[string]string
	checks map[string][]time.Duration // when each role was checked
	faults []string
}

// inBubble runs play on a nameserver that serves.
func inBubble(t *testing.T, spec targets.Nameserver, cfg dns.NameserverConfig, play func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, start: time.Now(), states: map[string]string{}, checks: map[string][]time.Duration{},
			udp: &datagrams{in: make(chan []byte), out: make(chan []byte), ended: make(chan struct{})}}
		cfg.Dial = b.dial
		n, err := dns.NewNameserverWith(spec, cfg)
		if err != nil {
			t.Fatal(err)
		}
		b.Nameserver = n
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- n.Serve(ctx, b.udp, &nobodyComes{closed: make(chan struct{})}) }()
		play(b)
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		for _, fault := range b.faults {
			t.Error(fault)
		}
	})
}

// until sleeps until that time after the start, in fake time.
func (b *bubble) until(at time.Duration) {
	time.Sleep(at - time.Since(b.start)) // fake time: nothing waits
	synctest.Wait()
}

func (b *bubble) set(state string, roles ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, role := range roles {
		b.states[role] = state
	}
}

// checked returns when a role was checked.
func (b *bubble) checked(role string) []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]time.Duration(nil), b.checks[role]...)
}

// history is the events in one line.
func (b *bubble) history() string {
	var out []string
	for _, e := range b.Events() {
		if e.Cause == "" {
			b.t.Error("an event has no cause")
		}
		out = append(out, fmt.Sprintf("%v %s %s", e.At.Sub(b.start), e.Subject, e.What))
	}
	return strings.Join(out, "; ")
}

// ask asks for the site and returns the addresses.
func (b *bubble) ask(subnet string) string {
	b.t.Helper()
	query := new(mdns.Msg).SetQuestion(site, mdns.TypeA)
	if subnet != "" {
		from(subnet)(query)
	}
	packet, err := query.Pack()
	if err != nil {
		b.t.Fatal(err)
	}
	b.udp.in <- packet
	reply := new(mdns.Msg)
	if err := reply.Unpack(<-b.udp.out); err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, rr := range reply.Answer {
		out = append(out, rr.(*mdns.A).A.String())
	}
	return strings.Join(out, " ")
}

// dial connects a health check to a role that is in the state set.
func (b *bubble) dial(ctx context.Context, role string) (net.Conn, error) {
	b.mu.Lock()
	b.checks[role] = append(b.checks[role], time.Since(b.start))
	state := b.states[role]
	b.mu.Unlock()
	switch state {
	case refuses:
		return nil, errors.New("connection refused")
	case dark:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		request, err := http.ReadRequest(bufio.NewReader(far))
		if err != nil || request.Method != "GET" || request.URL.Path != "/healthz" || request.Host != role || request.ProtoMinor != 1 {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.faults = append(b.faults, fmt.Sprintf("%s was asked %+v, %v", role, request, err))
			return
		}
		answer(far, state)
	}()
	return near, nil
}

// answer plays the part of a role until the nameserver hangs up.
func answer(conn net.Conn, state string) {
	switch state {
	case hangs:
	case sick:
		io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	case lost:
		io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	case garbage:
		io.WriteString(conn, strings.Repeat("x", 1<<20))
	case chatty:
		for err := error(nil); err == nil; {
			_, err = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n")
		}
	case slow:
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\na")
	default:
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	}
	io.Copy(io.Discard, conn)
}

// datagrams is a socket that fake time understands.
type datagrams struct {
	in, out chan []byte
	once    sync.Once
	ended   chan struct{}
}

func (d *datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case packet := <-d.in:
		return copy(p, packet), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5353}, nil
	case <-d.ended:
		return 0, nil, net.ErrClosed
	}
}

func (d *datagrams) WriteTo(p []byte, _ net.Addr) (int, error) {
	d.out <- append([]byte(nil), p...)
	return len(p), nil
}

func (d *datagrams) Close() error { d.once.Do(func() { close(d.ended) }); return nil }
func (d *datagrams) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(127, 53, 0, 3), Port: 53}
}
func (d *datagrams) SetDeadline(time.Time) error      { return d.Close() }
func (d *datagrams) SetReadDeadline(time.Time) error  { return d.Close() } // only set to end
func (d *datagrams) SetWriteDeadline(time.Time) error { return nil }

// nobodyComes is a listener without connections.
type nobodyComes struct {
	once   sync.Once
	closed chan struct{}
}

func (l *nobodyComes) Accept() (net.Conn, error) { <-l.closed; return nil, net.ErrClosed }
func (l *nobodyComes) Close() error              { l.once.Do(func() { close(l.closed) }); return nil }
func (l *nobodyComes) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(127, 53, 0, 3), Port: 53} }
