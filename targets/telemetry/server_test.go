package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/telemetry"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start serves s, and returns its address and how Serve ends.
func start(t *testing.T, ctx context.Context, s *telemetry.Server) (address string, ended <-chan error) {
	t.Helper()
	l := listen(t)
	out := make(chan error, 1)
	go func() { out <- s.Serve(ctx, l) }()
	return l.Addr().String(), out
}

// client asks a server, with no connection left behind.
func client() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

func TestServe(t *testing.T) {
	m, kinds := allKnown()
	s := telemetry.New(telemetry.Config{Node: "n1", Topology: "t", Version: 7, Kinds: kinds, Metrics: func() *targets.Metrics { return m }})
	address, ended := start(t, t.Context(), s)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/metrics": {200, `rung_node_info{node="n1",topology="t",version="7"} 1`}, "/healthz": {200, "ok"}, "/": {404, ""},
	} {
		r, err := client().Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != want.status || !strings.Contains(string(body), want.text) {
			t.Errorf("%s: %d %v %s", path, r.StatusCode, err, body)
		}
		if path == "/healthz" && r.Header.Get("X-Version") != "7" {
			t.Errorf("version is %q", r.Header.Get("X-Version"))
		}
	}
	r, err := client().Post("http://"+address+"/metrics", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.StatusCode)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	if err := s.Serve(t.Context(), listen(t)); !errors.Is(err, telemetry.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}

func TestServeEnds(t *testing.T) {
	s := serverOf(&targets.Metrics{}, nil)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, ended := start(t, ctx, s)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	l := listen(t)
	l.Close()
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve of a closed listener: %v", err)
	}
}

// TestServeBounds holds that connections beyond the bound are closed, and that
// there is room again when others leave.
func TestServeBounds(t *testing.T) {
	s := serverOf(&targets.Metrics{}, nil)
	defer s.Close()
	address, _ := start(t, t.Context(), s)
	const allowed = 64
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	// ask says whether a connection is served.
	ask := func(c net.Conn) bool {
		c.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: n1\r\n\r\n"); err != nil {
			return false
		}
		_, err := io.ReadAtLeast(c, make([]byte, 15), 15)
		return err == nil
	}
	for i := range allowed + 1 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if served := ask(c); served != (i < allowed) {
			t.Fatalf("connection %d served: %v", i+1, served)
		}
	}
	conns[0].Close()
	deadline := time.Now().Add(30 * time.Second)
	for {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		served := ask(c)
		c.Close()
		if served {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no room although a client has left")
		}
	}
}

// TestScrapesTogether is for the race detector.
func TestScrapesTogether(t *testing.T) {
	m, kinds := allKnown()
	s := serverOf(m, kinds)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { scrape(t, s, false) })
	}
	group.Wait()
}
