package volume_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/session"
	"rung/targets/session/sessiontest"
	"rung/targets/store"
	"rung/targets/store/storetest"
	"rung/targets/volume"
)

func TestMain(m *testing.M) {
	childMain()
	goleak.VerifyTestMain(m)
}

// patience bounds waits for what must happen soon.
const patience = 30 * time.Second

// spec is without emulated times and with fsync off; tests change what they
// need.
func spec() targets.Volume {
	return targets.Volume{Fsync: targets.FsyncOff, Connections: 64}
}

// newShare makes a machine for one role, which ends with the test.
func newShare(tb testing.TB, m targets.Machine) (*machine.Share, *machine.Machine) {
	tb.Helper()
	clk := clock.New()
	tb.Cleanup(clk.Close)
	all := machine.New(clk, m, 1)
	return all.For("vol"), all
}

// newServer fills in what config leaves out: a machine without emulation, an
// empty directory.
func newServer(tb testing.TB, spec targets.Volume, config volume.Config) *volume.Server {
	tb.Helper()
	config.Role = "vol"
	if config.Directory == "" {
		config.Directory = tb.TempDir()
	}
	if config.Share == nil {
		config.Share, _ = newShare(tb, targets.Machine{})
	}
	s, err := volume.New(spec, config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// serve runs a server until the test ends, and returns its address.
func serve(tb testing.TB, s *volume.Server) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), l) }()
	tb.Cleanup(func() {
		_ = s.Close() // reported by newServer
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return l.Addr().String()
}

// dialer connects to an address over plain TCP.
func dialer(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
}

// open returns a client, which ends with the test.
func open(tb testing.TB, config volume.ClientConfig) store.Keeper {
	tb.Helper()
	if config.Timeout == 0 {
		config.Timeout = patience
	}
	k := volume.Open(config)
	tb.Cleanup(k.Close)
	return k
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

// fakeTime is a clock that moves when told.
type fakeTime struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeTime() *fakeTime { return &fakeTime{now: time.UnixMilli(1_700_000_000_000)} }

func (f *fakeTime) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeTime) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// TestKeeper: a client keeps what store.Keeper promises.
func TestKeeper(t *testing.T) {
	for _, fsync := range []targets.Fsync{targets.FsyncFull, targets.FsyncOff} {
		t.Run(string(fsync), func(t *testing.T) {
			storetest.Keeper(t, func(t *testing.T) store.Keeper {
				sp := spec()
				sp.Fsync = fsync
				return open(t, volume.ClientConfig{Dial: dialer(serve(t, newServer(t, sp, volume.Config{}))), Connections: 8})
			})
		})
	}
}

// TestSessions: logins on a volume keep what session.Store promises.
func TestSessions(t *testing.T) {
	sessiontest.Store(t, func(t *testing.T, clock *sessiontest.Clock) session.Store {
		s := newServer(t, spec(), volume.Config{Now: clock.Now})
		keeper := open(t, volume.ClientConfig{Dial: dialer(serve(t, s)), Connections: 8, Now: clock.Now})
		return session.NewKept(keeper, sessiontest.TTL, clock.Now)
	})
}

func TestNewRefuses(t *testing.T) {
	share, _ := newShare(t, targets.Machine{})
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		change func(*targets.Volume, *volume.Config)
		want   string
	}{
		{"no role", func(_ *targets.Volume, c *volume.Config) { c.Role = "" }, "no name"},
		{"no share", func(_ *targets.Volume, c *volume.Config) { c.Share = nil }, "share of the machine"},
		{"no directory", func(_ *targets.Volume, c *volume.Config) { c.Directory = "" }, "directory is missing"},
		{"a file for a directory", func(_ *targets.Volume, c *volume.Config) { c.Directory = file }, "not a directory"},
		{"negative files", func(_ *targets.Volume, c *volume.Config) { c.Files = -1 }, "files is -1"},
		{"no connections", func(v *targets.Volume, _ *volume.Config) { v.Connections = 0 }, "connections is 0"},
		{"negative pool", func(v *targets.Volume, _ *volume.Config) { v.PoolFiles = -1 }, "pool_files is -1"},
		{"no fsync", func(v *targets.Volume, _ *volume.Config) { v.Fsync = "" }, `fsync is ""`},
		{"bad law", func(v *targets.Volume, _ *volume.Config) { v.Access.Mean = -1 }, "mean is -1ns"},
	} {
		sp, c := spec(), volume.Config{Role: "vol", Directory: t.TempDir(), Share: share}
		row.change(&sp, &c)
		if _, err := volume.New(sp, c); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error is %v; want one with %q", row.name, err, row.want)
		}
	}
}

func TestServeAfterClose(t *testing.T) {
	s := newServer(t, spec(), volume.Config{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), l); err == nil {
		t.Error("a closed server serves")
	}
	if _, err := l.Accept(); err == nil {
		t.Error("the listener was left open")
	}
}
