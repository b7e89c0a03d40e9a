package calibrate_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/bench/attack"
	"rung/bench/calibrate"
	"rung/targets/clock"
)

// asNull makes the test binary a null server.
const asNull = "RUNG_TEST_NULL"

func TestMain(m *testing.M) {
	switch os.Getenv(asNull) {
	case "serve":
		if err := calibrate.ServeNull(context.Background(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case "lie":
		os.Stdout.WriteString("http://192.0.2.1:80\n")
		os.Exit(0)
	case "silent":
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func ruler(t *testing.T, url string) calibrate.Ruler {
	t.Helper()
	c := clock.New()
	transport := attack.NewTransport(nil, 64)
	t.Cleanup(func() { transport.CloseIdleConnections(); c.Close() })
	return calibrate.Ruler{Clock: c, Client: &http.Client{Transport: transport}, BaseURL: url}
}

func TestNullProcessAnswersAndEnds(t *testing.T) {
	t.Setenv(asNull, "serve")
	n, err := calibrate.StartNull(t.Context(), []string{os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	if n.Own {
		t.Error("a server in another process says that it runs in this one")
	}
	took, err := ruler(t, n.URL).Loopback(t.Context(), "/")
	if err != nil || took <= 0 {
		t.Errorf("round trip %v, %v", took, err)
	}
	for range 2 {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := http.Get(n.URL); err == nil {
		t.Error("it answers after Close")
	}
}

func TestNullProcessesThatDoNotServe(t *testing.T) {
	for _, row := range []struct{ mode, want string }{{"lie", "loopback address"}, {"silent", "no address"}} {
		t.Setenv(asNull, row.mode)
		if n, err := calibrate.StartNull(t.Context(), []string{os.Args[0]}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: server %v, error %v; want one with %q", row.mode, n, err, row.want)
		}
	}
	if _, err := calibrate.StartNull(t.Context(), nil); err == nil {
		t.Error("no command starts a server")
	}
}

func TestServeNullEndsWithItsInput(t *testing.T) {
	in, end := io.Pipe()
	end.Close()
	var out bytes.Buffer
	if err := calibrate.ServeNull(t.Context(), in, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "http://127.0.0.1:") {
		t.Errorf("it told %q", out.String())
	}
}

func TestCeilingEndsAtWhatWasAsked(t *testing.T) {
	n, err := calibrate.OwnNull()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	// 1000/s may be too much for a busy machine; more than was asked it is never.
	got, err := ruler(t, n.URL).Ceiling(t.Context(), "/", 1000)
	if err != nil || got != 0 && got != 1000 {
		t.Errorf("ceiling %v, %v; want 1000, or 0 on a busy machine", got, err)
	}
}

func TestCeilingOfAServerThatFailsIsNone(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	defer s.Close()
	if got, err := ruler(t, s.URL).Ceiling(t.Context(), "/", 1000); err != nil || got != 0 {
		t.Errorf("ceiling %v, %v; want none", got, err)
	}
}

func TestCancelEndsTheRuler(t *testing.T) {
	n, err := calibrate.OwnNull()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := ruler(t, n.URL)
	if _, err := r.Ceiling(ctx, "/", 1e6); !errors.Is(err, context.Canceled) {
		t.Errorf("ceiling: %v", err)
	}
	if p50, p99 := calibrate.ClockError(ctx, r.Clock); p50 != 0 || p99 != 0 {
		t.Errorf("clock error %v, %v of no wait", p50, p99)
	}
}

func TestClockErrorIsOrdered(t *testing.T) {
	c := clock.New()
	defer c.Close()
	if p50, p99 := calibrate.ClockError(t.Context(), c); p50 < 0 || p99 < p50 || p99 > time.Minute {
		t.Errorf("clock error p50 %v, p99 %v", p50, p99)
	}
}

func TestHostIsDescribed(t *testing.T) {
	h := calibrate.Host("abc")
	if h.OS == "" || h.Arch == "" || h.CPUs < 1 || h.Go == "" || h.Commit != "abc" {
		t.Errorf("%+v", h)
	}
}

func TestRaiseFilesRefusesWhatCannotBe(t *testing.T) {
	if err := calibrate.RaiseFiles(16); err != nil {
		t.Error(err)
	}
	if err := calibrate.RaiseFiles(1 << 62); err == nil {
		t.Error("a limit of 2^62 files is granted")
	}
}
