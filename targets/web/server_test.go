package web_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spec has laws that do not differ by operation; tests change what they need.
func spec() targets.Web {
	return targets.Web{
		Store: "db", Connections: 4, SessionTTL: time.Minute,
		AssetSizes: []int{1 << 10, 64 << 10, 1 << 10},
	}
}

// newShare makes a machine for one role, which ends with the test.
func newShare(tb testing.TB, cpu targets.Resource) (*machine.Share, *machine.Machine) {
	tb.Helper()
	clk := clock.New()
	tb.Cleanup(clk.Close)
	m := machine.New(clk, targets.Machine{CPU: cpu}, 1)
	return m.For("web-1"), m
}

// newServer fills in what cfg leaves out: a machine without emulation, an
// empty store.
func newServer(tb testing.TB, spec targets.Web, cfg web.Config) *web.Server {
	tb.Helper()
	cfg.Role = "web-1"
	if cfg.Store == nil {
		cfg.Store = &memoryStore{}
	}
	if cfg.Share == nil {
		cfg.Share, _ = newShare(tb, targets.Resource{})
	}
	s, err := web.New(spec, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// do sends one request to a handler; header is name, value, name, value.
func do(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	return doContext(context.Background(), h, method, target, body, header...)
}

func doContext(ctx context.Context, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// unmarshal decodes an answer's JSON.
func unmarshal[T any](tb testing.TB, w *httptest.ResponseRecorder) (v T) {
	tb.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		tb.Fatalf("answer %q is not JSON: %v", w.Body, err)
	}
	return v
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*targets.Web, *web.Config)
		want   string
	}{
		{"no role", func(_ *targets.Web, c *web.Config) { c.Role = "" }, "no name"},
		{"no store", func(_ *targets.Web, c *web.Config) { c.Store = nil }, "store is missing"},
		{"no share", func(_ *targets.Web, c *web.Config) { c.Share = nil }, "share of the machine"},
		{"negative sessions", func(_ *targets.Web, c *web.Config) { c.Sessions = -1 }, "sessions is -1"},
		{"negative timeout", func(_ *targets.Web, c *web.Config) { c.StoreTimeout = -1 }, "store timeout is -1ns"},
		{"negative sample", func(_ *targets.Web, c *web.Config) { c.Sample = -0.1 }, "sample is -0.1"},
		{"sample above one", func(_ *targets.Web, c *web.Config) { c.Sample = 1.1 }, "sample is 1.1"},
		{"sample is no number", func(_ *targets.Web, c *web.Config) { c.Sample = math.NaN() }, "sample is NaN"},
		{"no way to its queues", func(w *targets.Web, _ *web.Config) { w.Queues = []string{"queue"} }, "enqueue is missing"},
		{"no ttl", func(w *targets.Web, _ *web.Config) { w.SessionTTL = 0 }, "session_ttl is 0s"},
		{"empty asset", func(w *targets.Web, _ *web.Config) { w.AssetSizes = []int{1, 0} }, "asset 1 is 0 bytes"},
		{"huge asset", func(w *targets.Web, _ *web.Config) { w.AssetSizes = []int{1 << 30} }, "asset 0 is"},
		{"unknown operation", func(w *targets.Web, _ *web.Config) {
			w.Demand = map[targets.Operation]targets.Law{"dance": {}}
		}, `unknown operation "dance"`},
		{"bad law", func(w *targets.Web, _ *web.Config) {
			w.Demand = map[targets.Operation]targets.Law{targets.OpUser: {Mean: -1}}
		}, "demand of user: mean is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			share, _ := newShare(t, targets.Resource{})
			s, c := spec(), web.Config{Role: "web-1", Store: &memoryStore{}, Share: share}
			tt.change(&s, &c)
			_, err := web.New(s, c)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestNewTakesBareSpec(t *testing.T) {
	s := newServer(t, targets.Web{SessionTTL: time.Second}, web.Config{})
	if w := do(s, "GET", "/users/1", ""); w.Code != http.StatusOK {
		t.Fatalf("status is %d, want 200", w.Code)
	}
}
