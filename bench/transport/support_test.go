package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/bench/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a transport under test.
type client interface {
	http.RoundTripper
	CloseIdleConnections()
}

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// clients are net/http's transport, which says what is right, and this
// package's: on sockets, which it can ask, and on connections which it cannot.
var clients = map[string]func(dial dialer, connections int, cfg *tls.Config) client{
	"net/http": func(dial dialer, connections int, cfg *tls.Config) client {
		return &http.Transport{
			DialContext: dial, MaxConnsPerHost: connections, MaxIdleConnsPerHost: 100, TLSClientConfig: cfg,
			DisableCompression: true, ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: headerLimit,
		}
	},
	"sockets": func(dial dialer, connections int, cfg *tls.Config) client {
		return transport.New(transport.Config{Dial: dial, Connections: connections, TLS: cfg, MaxHeader: headerLimit})
	},
	"opaque": func(dial dialer, connections int, cfg *tls.Config) client {
		hide := func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return struct{ net.Conn }{c}, nil
		}
		return transport.New(transport.Config{Dial: hide, Connections: connections, TLS: cfg, MaxHeader: headerLimit})
	},
}

const headerLimit = 64 << 10

// everyClient runs a test with each transport. The dials are counted.
func everyClient(t *testing.T, connections int, cfg *tls.Config, test func(t *testing.T, c client, dials *atomic.Int64)) {
	for _, name := range slices.Sorted(maps.Keys(clients)) {
		t.Run(name, func(t *testing.T) {
			var dials atomic.Int64
			c := clients[name](counted(&dials), connections, cfg)
			defer c.CloseIdleConnections()
			test(t, c, &dials)
		})
	}
}

func counted(dials *atomic.Int64) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
}

// peer is the server's end of a scripted connection.
type peer struct {
	*net.TCPConn
	in *bufio.Reader
	t  *testing.T
}

// request reads a request with its body, and returns how it looks.
func (p *peer) request() string {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %s %v %d %q %v", r.Method, r.RequestURI, r.TransferEncoding, r.ContentLength, body, r.Trailer)
}

func (p *peer) say(s string) { _, _ = io.WriteString(p, s) }

// gone waits until the client has closed the connection.
func (p *peer) gone() { _, _ = io.Copy(io.Discard, p.in) }

// reset ends the connection by a reset instead of a close.
func (p *peer) reset() { _ = p.SetLinger(0) }

// scripted is a server that follows a script per connection. Connections
// beyond the last follow the last.
func scripted(t *testing.T, scripts ...func(*peer)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			script := scripts[min(i, len(scripts)-1)]
			all.Go(func() {
				defer c.Close()
				script(&peer{TCPConn: c.(*net.TCPConn), in: bufio.NewReader(c), t: t})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// ask sends a request and returns how the answer looks: "" before an error.
func ask(c client, request *http.Request) string {
	response, err := c.RoundTrip(request)
	if err != nil {
		return "error: " + kind(err)
	}
	return look(response)
}

// look reads an answer to its end.
func look(r *http.Response) string {
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	header := r.Header.Clone()
	header.Del("Date")
	out := fmt.Sprintf("%s %d close=%t length=%d %v %v %q %v", r.Proto, r.StatusCode, r.Close, r.ContentLength, r.TransferEncoding, header, body, r.Trailer)
	if err != nil {
		out += " error: " + kind(err)
	}
	return out
}

// kind groups errors that differ in their words.
func kind(err error) string {
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		return "eof"
	case strings.Contains(err.Error(), "header"):
		return "header"
	case errors.Is(err, errBody):
		return "body"
	}
	return "other"
}

var errBody = errors.New("the body is broken")

func get(t *testing.T, url string) *http.Request {
	return request(t, http.MethodGet, url, nil)
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// waitFor polls for what must happen sooner or later.
func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// toward dials one address, whatever is asked for.
func toward(dial dialer, address string) dialer {
	return func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) }
}
