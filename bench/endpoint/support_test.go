package endpoint_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/bench"
	"rung/bench/endpoint"
	"rung/bench/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// known is a calibration that needs no measuring.
func known() *bench.Calibration { return &bench.Calibration{ClockP99: 1, Ceiling: 1e6} }

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func constant(t testing.TB, rate float64, d time.Duration) bench.Plan {
	t.Helper()
	p, err := plan.Constant(rate, d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func slo(t testing.TB, text string) []endpoint.Threshold {
	t.Helper()
	out, err := endpoint.ParseSLO(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// config of an attack on one URL.
func config(t testing.TB, url, thresholds string) endpoint.Config {
	return endpoint.Config{Targets: []endpoint.Target{{URL: url}}, Plan: constant(t, 1000, 400*time.Millisecond),
		Thresholds: slo(t, thresholds), Timeout: 5 * time.Second, Seed: 1, Calibration: known()}
}

func verdict(t testing.TB, run bench.Run, id string) bench.Verdict {
	t.Helper()
	for _, v := range run.Stages[0].Verdicts {
		if v.ID == id {
			return v
		}
	}
	t.Fatalf("no verdict %q among %+v", id, run.Stages[0].Verdicts)
	return bench.Verdict{}
}

func fact(run bench.Run, name string) (bench.Fact, bool) {
	for _, f := range run.Stages[0].Facts {
		if f.Name == name {
			return f, true
		}
	}
	return bench.Fact{}, false
}

// files keeps histogram logs in memory.
type files struct {
	mu   sync.Mutex
	logs map[string]*bytes.Buffer
}

func (f *files) Log(stage, name string) (io.WriteCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.logs == nil {
		f.logs = map[string]*bytes.Buffer{}
	}
	b := &bytes.Buffer{}
	f.logs[stage+"/"+name] = b
	return closer{b}, nil
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

// redirect sends everybody elsewhere.
func redirect(to string, visits *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		http.Redirect(w, r, to, http.StatusFound)
	}
}

// basic counts who comes with the right password.
func basic(user, password string, authorised *atomic.Int64) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u == user && p == password {
			authorised.Add(1)
		}
	}
}

func marshal(t testing.TB, run bench.Run) string {
	t.Helper()
	data, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
