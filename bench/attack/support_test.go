package attack_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/targets/clock"
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(nullEnv); kind != "" {
		if err := serveNull(kind); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// steady is a source of one GET, that notes what it observes.
type steady struct {
	path string
	mu   sync.Mutex
	// observed codes by request.
	observed map[uint64]int
}

func newSteady(path string) *steady { return &steady{path: path, observed: map[uint64]int{}} }

func (*steady) Operations() []string { return []string{"get"} }

func (s *steady) Request(uint64) bench.Request {
	return bench.Request{Method: http.MethodGet, Path: s.path}
}

func (s *steady) Observe(n uint64, _ bench.Request, code int, _ http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observed[n] = code
}

// rig is what an attack needs.
type rig struct {
	cfg       attack.Config
	transport http.RoundTripper
}

// transports by which attacks are tested.
var transports = map[string]func(connections int) http.RoundTripper{
	"fast":     func(n int) http.RoundTripper { return attack.NewFast(nil, n, nil) },
	"standard": func(n int) http.RoundTripper { return attack.NewTransport(nil, n) },
}

func newRig(t testing.TB, url string, connections int) rig {
	t.Helper()
	return newRigOn(t, url, transports["fast"](connections))
}

func newRigOn(t testing.TB, url string, transport http.RoundTripper) rig {
	t.Helper()
	c := clock.New()
	client := &http.Client{Transport: transport}
	t.Cleanup(func() { client.CloseIdleConnections(); c.Close() })
	return rig{transport: transport, cfg: attack.Config{
		Client: client, BaseURL: url, Clock: c,
		Timeout: 5 * time.Second, Name: t.Name(),
	}}
}

// run attacks and returns a copy of every sample.
func (r rig) run(ctx context.Context, t testing.TB, source bench.Source, p bench.Plan) ([]bench.Sample, bench.Generator, error) {
	t.Helper()
	var samples []bench.Sample
	gen, err := attack.Run(ctx, r.cfg, source, p, func(s *bench.Sample) { samples = append(samples, *s) })
	return samples, gen, err
}

func constant(t testing.TB, rate float64, d time.Duration) bench.Plan {
	t.Helper()
	p, err := plan.Constant(rate, d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
