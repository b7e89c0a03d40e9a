package endpoint_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/endpoint"
	"rung/bench/plan"
)

func TestAttackThatPasses(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := config(t, s.URL+"/things/7", "p50<2s,p95<4s,max<5s,failures<1%,rate>100/s,goodput>10/s")
	logs := &files{}
	cfg.Files = logs
	cfg.Warm = 200 * time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := run.Stages[0].Common
	if m.Total.Planned != 400 || m.Total.OK != 400 || m.Heat == nil || m.Operations[0].Operation != "get-things-7" {
		t.Errorf("%d planned, %d ok, heat %v, operation %q", m.Total.Planned, m.Total.OK, m.Heat, m.Operations[0].Operation)
	}
	if limited := m.Generator.Limited; limited == "" && run.Verdict != bench.Pass {
		t.Errorf("verdict %s: %+v", run.Verdict, run.Stages[0].Verdicts)
	} else if limited != "" && run.Verdict != bench.Unknown {
		t.Errorf("the generator was the limit (%s), verdict %s", limited, run.Verdict)
	}
	if log := logs.logs["attack/common"]; m.Log != "attack/common.hlog" || log == nil || !strings.Contains(log.String(), "Tag=get-things-7,") {
		t.Errorf("log %q: %v", m.Log, log)
	}
	for _, name := range []string{"common.p50_ns", "common.p95_ns", "common.availability_ratio", "common.goodput_per_s", "common.get-things-7.p50_ns"} {
		if f, there := fact(run, name); !there || f.Value <= 0 {
			t.Errorf("fact %s: %+v, %t", name, f, there)
		}
	}
}

func TestFailuresFailAndAreNamedByTheirCode(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		// 401 and 429 are failures, too: nothing is known of the rules here.
		w.WriteHeader([]int{200, 503, 429, 401}[n.Add(1)%4])
	})
	run, err := endpoint.Attack(t.Context(), config(t, s.URL, "failures<1%,availability>=25%,p50<4s"))
	if err != nil {
		t.Fatal(err)
	}
	total := run.Stages[0].Common.Total
	if total.OK != 100 || total.Failed != 300 || total.Refused+total.LoggedOut != 0 {
		t.Errorf("%d ok, %d failed, %d refused, %d logged out", total.OK, total.Failed, total.Refused, total.LoggedOut)
	}
	causes := map[string]uint64{}
	for _, e := range run.Stages[0].Common.Errors {
		causes[e.Cause] = e.Count
	}
	if causes["503"] != 100 || causes["429"] != 100 || causes["401"] != 100 {
		t.Errorf("causes %v", causes)
	}
	if v := verdict(t, run, "slo-1"); v.Word != bench.Fail {
		t.Errorf("failures: %+v", v)
	}
	// Three of four answers are fast errors: they must not make the median fast.
	if v := verdict(t, run, "slo-3"); v.Word != bench.Fail {
		t.Errorf("p50: %+v", v)
	}
	if run.Verdict != bench.Fail {
		t.Errorf("verdict %s", run.Verdict)
	}
}

// TestGeneratorBoundIsUnknown gives the generator one worker for a server
// that answers when the next request is long due.
func TestGeneratorBoundIsUnknown(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.Context().Done():
		}
	})
	cfg := config(t, s.URL, "p50<1ms,failures<50%")
	cfg.MaxWorkers, cfg.Plan = 1, constant(t, 200, 500*time.Millisecond)
	cfg.Timeout = 500 * time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if run.Stages[0].Common.Generator.Limited == "" || run.Verdict != bench.Unknown {
		t.Errorf("limited %q, verdict %s", run.Stages[0].Common.Generator.Limited, run.Verdict)
	}
	for _, id := range []string{"slo-1", "slo-2", "generator"} {
		if v := verdict(t, run, id); v.Word != bench.Unknown {
			t.Errorf("%+v", v)
		}
	}
	if f, _ := fact(run, "common.p50_ns"); f.Doubt == "" {
		t.Errorf("fact %+v is not in doubt", f)
	}
	if run.Stages[0].Common.Total.Unsent == 0 {
		t.Error("one worker of 20 ms sent 100 requests within a second")
	}
}

// TestStallShowsInResponseNotInService stops the server for a while: requests
// that were due meanwhile waited, whatever the service time says. One
// connection serves them one after another, so few of them see the stall.
func TestStallShowsInResponseNotInService(t *testing.T) {
	t.Parallel()
	var began atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().UnixNano()
		began.CompareAndSwap(0, now)
		if since := time.Duration(now - began.Load()); since > 200*time.Millisecond && since < 800*time.Millisecond {
			select {
			case <-time.After(800*time.Millisecond - since):
			case <-r.Context().Done():
			}
		}
	})
	cfg := config(t, s.URL, "p50<5s")
	cfg.Plan, cfg.MaxWorkers = constant(t, 400, time.Second), 2
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	total := run.Stages[0].Common.Total
	if total.Response.P90 == nil || total.Service.P90 == nil {
		t.Fatalf("%+v", total)
	}
	// Six of ten requests were due in the stall of 600 ms: a tenth of all
	// waited 500 ms or more. Two of them saw it in their service time.
	if *total.Response.P90 < 250*time.Millisecond || *total.Service.P90 > *total.Response.P90/2 {
		t.Errorf("p90 of the response time %v, of the service time %v", *total.Response.P90, *total.Service.P90)
	}
}

func TestTimeoutsAndBrokenConnections(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // or the server does not notice that the client left
		switch n.Add(1) % 4 {
		case 0:
			<-r.Context().Done()
		case 1:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	})
	cfg := config(t, s.URL, "failures<=10%,max<150ms")
	cfg.Targets[0].Method = http.MethodPost // not repeated by the transport
	cfg.Targets[0].Body = []byte("x")
	cfg.Plan, cfg.Timeout = constant(t, 400, 500*time.Millisecond), 300*time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	causes := map[string]uint64{}
	for _, e := range run.Stages[0].Common.Errors {
		causes[e.Cause] += e.Count
	}
	if causes["timeout"] < 30 || causes["eof"]+causes["connection reset"] < 30 {
		t.Errorf("causes %v: a quarter of 200 timed out, and a quarter broke", causes)
	}
	if v := verdict(t, run, "slo-1"); v.Word == bench.Pass {
		t.Errorf("%+v", v)
	}
	if v := verdict(t, run, "slo-2"); v.Word == bench.Pass {
		t.Errorf("%+v", v)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cfg := config(t, "http://"+address, "")
	cfg.Plan, cfg.Warm = constant(t, 100, 200*time.Millisecond), 100*time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if v := verdict(t, run, "answered"); v.Word != bench.Fail || run.Verdict != bench.Fail {
		t.Errorf("%+v, run %s", v, run.Verdict)
	}
	if len(run.Stages[0].Warnings) == 0 {
		t.Error("no word of the warm-up that failed")
	}
}

func TestCancelKeepsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 100 {
			cancel()
		}
	})
	cfg := config(t, s.URL, "p50<4s")
	cfg.Plan = constant(t, 200, time.Minute)
	run, err := endpoint.Attack(ctx, cfg)
	if !errors.Is(err, context.Canceled) || run.Partial != "interrupted" {
		t.Fatalf("error %v, partial %q", err, run.Partial)
	}
	total := run.Stages[0].Common.Total
	if total.Sent < 100 || total.Sent > 12_000 || total.Unsent != 0 || total.Planned != total.Sent {
		t.Errorf("%d planned, %d sent, %d unsent", total.Planned, total.Sent, total.Unsent)
	}
	if run.Verdict == bench.Pass {
		t.Error("a run that was interrupted passed")
	}
}

func TestTargetsAreChosenByWeight(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]int{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Own")]++
	})
	cfg := config(t, s.URL, "")
	cfg.Targets = []endpoint.Target{
		{URL: s.URL + "/a?q=%20x", Weight: 7, Header: http.Header{"x-own": {"1"}}},
		{URL: s.URL + "/b", Method: "PUT", Weight: 2, Body: []byte("body")},
		{Name: "last", URL: s.URL + "/c"},
	}
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := map[string]float64{"GET /a?q=%20x 1": 280, "PUT /b ": 80, "GET /c ": 40}
	square := 0.0
	for key, n := range want {
		square += (float64(got[key]) - n) * (float64(got[key]) - n) / n
	}
	// 13.8 is the 0.999 quantile of chi-square with 2 degrees of freedom; the
	// seed is fixed.
	if len(got) != 3 || square > 13.8 {
		t.Errorf("chi-square %.1f of %v", square, got)
	}
	names := map[string]uint64{}
	for _, o := range run.Stages[0].Common.Operations {
		names[o.Operation] = o.Planned
	}
	if len(names) != 3 || names["get-a"] != uint64(got["GET /a?q=%20x 1"]) || names["last"] != uint64(got["GET /c "]) {
		t.Errorf("operations %v, server saw %v", names, got)
	}
	if e := run.Endpoint.Targets[1]; e.Name != "put-b" || e.BodyBytes != 4 || e.Weight != 2 {
		t.Errorf("%+v", e)
	}
}

func TestHostHeaderAndKeepAliveOff(t *testing.T) {
	t.Parallel()
	var hosts sync.Map
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts.Store(r.Host+" "+r.UserAgent(), true)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	cfg := config(t, s.URL, "")
	cfg.Plan, cfg.NoKeepAlive = constant(t, 250, 400*time.Millisecond), true
	cfg.Targets = []endpoint.Target{{URL: s.URL, Header: http.Header{"Host": {"shop.example"}}}, {URL: s.URL}}
	cfg.Header = http.Header{"User-Agent": {"tester"}}
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"shop.example tester", strings.TrimPrefix(s.URL, "http://") + " tester"} {
		if _, there := hosts.Load(want); !there {
			t.Errorf("the server was never asked as %q", want)
		}
	}
	if run.Stages[0].Common.Total.OK != 100 || opened.Load() != 100 {
		t.Errorf("%d ok over %d connections, want one for each", run.Stages[0].Common.Total.OK, opened.Load())
	}
	if run.Stages[0].Common.Generator.Dials != 100 {
		t.Errorf("%d dials counted", run.Stages[0].Common.Generator.Dials)
	}
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	var all []endpoint.Progress
	cfg := config(t, s.URL, "")
	cfg.Progress = func(p endpoint.Progress) { all = append(all, p) } // by one goroutine at a time
	if _, err := endpoint.Attack(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1]
	if last.Phase != "attack" || last.Planned != 400 || last.Sent != 400 || last.Ended != 400 || last.Failed != 0 || last.Asked != 1000 {
		t.Errorf("last: %+v", last)
	}
	live := false
	for i, p := range all {
		live = live || p.Rate > 0 && p.P50 != nil && p.P99 != nil && *p.P99 >= *p.P50
		if i > 0 && (p.Ended < all[i-1].Ended || p.Ended > p.Sent) {
			t.Errorf("%+v after %+v", p, all[i-1])
		}
	}
	if !live {
		t.Errorf("no rate and no percentile in %d reports", len(all))
	}
}

func TestEveryKindOfPlanIsSent(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	for _, text := range []string{"poisson:200", "ramp:0..400", "steps:100,300", "sine:200,100,500ms", "spikes:100,500,200ms,50ms"} {
		p, err := endpoint.ParsePlan(text, 300*time.Millisecond, 3)
		if err != nil {
			t.Fatal(err)
		}
		cfg := config(t, s.URL, "")
		cfg.Plan = p
		run, err := endpoint.Attack(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if m := run.Stages[0].Common; m.Total.OK != p.Count() || run.Workload.Arrivals != plan.Arrivals(p) || run.Endpoint.Plan != p.String() {
			t.Errorf("%s: %d of %d ok, %s", text, m.Total.OK, p.Count(), run.Endpoint.Plan)
		}
	}
}

func TestCalibrationIsMeasured(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := config(t, s.URL, "")
	cfg.Plan, cfg.Calibration = constant(t, 50, 200*time.Millisecond), nil
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Calibration
	if c.ClockP99 <= 0 || c.LoopbackP50 <= 0 || len(c.Warnings) == 0 {
		t.Errorf("%+v", c)
	}
}

// TestResultsMustHaveAPlace has a run that cannot keep its results, and one
// that is wrong before anybody asks for a place.
func TestResultsMustHaveAPlace(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	full := errors.New("no place")
	asked := 0
	cfg := config(t, s.URL, "")
	cfg.Ready = func() error { asked++; return full }
	run, err := endpoint.Attack(t.Context(), cfg)
	if !errors.Is(err, full) || requests.Load() != 0 || run.Verdict == bench.Pass {
		t.Errorf("error %v, %d requests, run %s; want none after %v", err, requests.Load(), run.Verdict, full)
	}
	cfg.Connections = -1
	if _, err := endpoint.Attack(t.Context(), cfg); !errors.Is(err, endpoint.ErrConfig) || asked != 1 {
		t.Errorf("error %v, asked for a place %d times, want 1", err, asked)
	}
}

func TestURLsAreChecked(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ url, want string }{
		{"127.0.0.1:8080", "says no scheme"},
		{"ftp://127.0.0.1/", "want http://"},
		{"http:///path", "no host"},
		{"http://127.0.0.1:0/", "1 to 65535"},
		{"http://127.0.0.1:65536/", "1 to 65535"},
		{"http://[::1]:99999/", "1 to 65535"},
		{"http://b\u00fccher.example/", "punycode"},
		{"http://127.0.0.1:x/", "invalid port"},
	} {
		if err := endpoint.CheckTargets([]endpoint.Target{{URL: row.url}}); !errors.Is(err, endpoint.ErrConfig) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v, want %q in it", row.url, err, row.want)
		}
	}
	for _, url := range []string{"http://127.0.0.1:65535/", "http://127.0.0.1:1", "https://[::1]/"} {
		if err := endpoint.CheckTargets([]endpoint.Target{{URL: url}}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
