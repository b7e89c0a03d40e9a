package endpoint_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/endpoint"
)

// clerk serves one request after another, each in a fixed time.
type clerk struct {
	mu   sync.Mutex
	free time.Time
	took time.Duration
}

func (c *clerk) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	now := time.Now()
	if c.free.Before(now) {
		c.free = now
	}
	c.free = c.free.Add(c.took)
	wait := c.free.Sub(now)
	c.mu.Unlock()
	select {
	case <-time.After(wait):
	case <-r.Context().Done():
	}
}

func hunt(t testing.TB, url string) endpoint.CapacityConfig {
	cfg := endpoint.CapacityConfig{Config: config(t, url, "p90<100ms,failures<1%"), Start: 350, Length: 300 * time.Millisecond,
		Rest: time.Millisecond, Width: 0.2}
	cfg.Plan = nil
	return cfg
}

func TestCapacityBracketsTheTarget(t *testing.T) {
	t.Parallel()
	c := &clerk{took: 5 * time.Millisecond} // 200/s and not more
	s := serve(t, c.ServeHTTP)
	cfg := hunt(t, s.URL)
	cfg.Start, cfg.Arrivals, cfg.Warm = 100, bench.ArrivalsPoisson, 50*time.Millisecond
	logs := &files{}
	cfg.Files = logs
	run, err := endpoint.Capacity(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := run.Stages[0].Capacity
	// With half a second of 270/s and more, requests wait 175 ms and more at
	// its end: far more than a tenth of them over 100 ms.
	if got.Passed > 290 {
		t.Errorf("a server of 200/s passed at %v/s: %+v", got.Passed, got.Probes)
	}
	if got.Doubt == "" && (got.Passed <= 0 || got.Failed <= got.Passed || got.Failed/got.Passed > 1.21) {
		t.Errorf("bracket [%v, %v]", got.Passed, got.Failed)
	}
	if got.SLO != (bench.SLO{Quantile: 0.9, Latency: 100 * time.Millisecond, Failures: 0.01}) {
		t.Errorf("SLO %+v", got.SLO)
	}
	f, there := fact(run, "capacity_per_s")
	if got.Doubt == "" && (!there || f.Value < got.Passed || f.Value > got.Failed || run.Verdict != bench.Pass) {
		t.Errorf("fact %+v, run %s", f, run.Verdict)
	}
	if run.Kind != bench.KindCapacity || len(logs.logs) != len(got.Probes) || run.Stages[0].Common == nil {
		t.Errorf("kind %q, %d logs of %d probes", run.Kind, len(logs.logs), len(got.Probes))
	}
}

func TestCapacityOfATargetThatHoldsEverything(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := hunt(t, s.URL)
	cfg.MaxRate, cfg.Thresholds = 400, slo(t, "p90<5s")
	run, err := endpoint.Capacity(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Stages[0].Capacity
	f, _ := fact(run, "capacity_per_s")
	if c.Failed != 0 || c.Doubt == "" || run.Verdict != bench.Unknown {
		t.Errorf("%+v, run %s", c, run.Verdict)
	}
	if c.Passed > 0 && (!f.AtLeast || f.Value != c.Passed) {
		t.Errorf("fact %+v", f)
	}
}

// TestGeneratorBoundProbesDoNotCount has a target that answers at once until
// it gets slow: eight workers cannot send any more then.
func TestGeneratorBoundProbesDoNotCount(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 230 {
			return
		}
		select {
		case <-time.After(40 * time.Millisecond):
		case <-r.Context().Done():
		}
	})
	cfg := hunt(t, s.URL)
	cfg.MaxWorkers, cfg.Thresholds = 8, slo(t, "p90<10s")
	run, err := endpoint.Capacity(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Stages[0].Capacity
	last := c.Probes[len(c.Probes)-1]
	if last.Word != bench.Unknown || !strings.Contains(c.Doubt, "the generator was the limit") || c.Failed != 0 || run.Verdict != bench.Unknown {
		t.Errorf("%+v, run %s", c, run.Verdict)
	}
	if f, there := fact(run, "capacity_per_s"); c.Passed > 0 && (!there || !f.AtLeast || f.Value != c.Passed) {
		t.Errorf("fact %+v", f)
	}
	// A rate may be tried again after a spoilt probe; only the try that passed
	// makes the bracket.
	passed := func(p bench.Probe) bool { return p.Word == bench.Pass && p.Rate == c.Passed }
	if c.Passed > 0 && !slices.ContainsFunc(c.Probes, passed) {
		t.Errorf("no probe at %v/s passed: %+v", c.Passed, c.Probes)
	}
}

func TestCapacityOfATargetThatFails(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	cfg := hunt(t, s.URL)
	cfg.Probes = 3
	run, err := endpoint.Capacity(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Stages[0].Capacity
	if c.Passed != 0 || c.Failed == 0 || c.Doubt == "" || run.Verdict == bench.Pass {
		t.Errorf("%+v, run %s", c, run.Verdict)
	}
	for i, p := range c.Probes[1:] {
		if p.Rate >= c.Probes[i].Rate {
			t.Errorf("probes do not go down: %v after %v", p.Rate, c.Probes[i].Rate)
		}
	}
}

func TestCapacityIsBoundedByTime(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := hunt(t, s.URL)
	cfg.Within = cfg.Length // of the first probe, at most
	run, err := endpoint.Capacity(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c := run.Stages[0].Capacity; len(c.Probes) != 1 || c.Doubt == "" || run.Verdict != bench.Unknown {
		t.Errorf("%+v, run %s", c, run.Verdict)
	}
}

func TestCapacityIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		if n.Add(1) == 150 {
			cancel()
		}
	})
	run, err := endpoint.Capacity(ctx, hunt(t, s.URL))
	if !errors.Is(err, context.Canceled) || run.Partial != "interrupted" || run.Verdict == bench.Pass {
		t.Errorf("error %v, partial %q, run %s", err, run.Partial, run.Verdict)
	}
	if c := run.Stages[0].Capacity; c == nil || c.Doubt == "" {
		t.Errorf("%+v", c)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	for name, change := range map[string]func(*endpoint.CapacityConfig){
		"no percentile":    func(c *endpoint.CapacityConfig) { c.Thresholds = slo(t, "failures<1%") },
		"rate threshold":   func(c *endpoint.CapacityConfig) { c.Thresholds = slo(t, "p99<1s,rate>5/s") },
		"plan":             func(c *endpoint.CapacityConfig) { c.Plan = constant(t, 1, time.Second) },
		"arrivals":         func(c *endpoint.CapacityConfig) { c.Arrivals = "bursts" },
		"negative start":   func(c *endpoint.CapacityConfig) { c.Start = -1 },
		"start over most":  func(c *endpoint.CapacityConfig) { c.MaxRate = 10 },
		"width":            func(c *endpoint.CapacityConfig) { c.Width = 2 },
		"probes":           func(c *endpoint.CapacityConfig) { c.Probes = 1000 },
		"negative timeout": func(c *endpoint.CapacityConfig) { c.Timeout = -1 },
		"time for none":    func(c *endpoint.CapacityConfig) { c.Thresholds, c.Start = slo(t, "p99.99<1s"), 1 },
		"no target":        func(c *endpoint.CapacityConfig) { c.Targets = nil },
		"connections":      func(c *endpoint.CapacityConfig) { c.Connections = -1 },
		"workers":          func(c *endpoint.CapacityConfig) { c.MaxWorkers = -1 },
		"warm":             func(c *endpoint.CapacityConfig) { c.Warm = -1 },
		"h2 no keep-alive": func(c *endpoint.CapacityConfig) { c.HTTP2, c.NoKeepAlive = true, true },
		"header":           func(c *endpoint.CapacityConfig) { c.Header = http.Header{"a b": {"c"}} },
	} {
		cfg := hunt(t, s.URL)
		change(&cfg)
		if _, err := endpoint.Capacity(t.Context(), cfg); !errors.Is(err, endpoint.ErrConfig) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := endpoint.Attack(t.Context(), endpoint.Config{Targets: []endpoint.Target{{URL: s.URL}}}); !errors.Is(err, endpoint.ErrConfig) {
		t.Errorf("no plan: %v", err)
	}
}
