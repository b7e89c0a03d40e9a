package endpoint

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/calibrate"
	"rung/bench/plan"
	"rung/targets/clock"
)

const (
	// stage is the id of the one stage that such a run has.
	stage = "attack"
	// spareFiles is what the process needs beside its connections.
	spareFiles = 256
	// threads of the process for each core: whoever paces an attack must not
	// wait for a goroutine that computes, and the kernel preempts threads
	// sooner than the runtime preempts goroutines.
	threads = 4
	// warmConnections are opened to each host before the warm-up, which opens
	// what else it needs: as many as an attack starts workers.
	warmConnections = 64
	// warmTimeout bounds that.
	warmTimeout = 30 * time.Second
)

// session is one run against the targets.
type session struct {
	cfg    Config
	clock  *clock.Clock
	source *source
	tls    *tls.Config
	guard  *guard
	client *http.Client
	base   string
	out    *bench.Run
	result *bench.StageResult
	facts  bench.Facts
}

// conduct sets a session up, has work done in it, and completes the run. The
// generator is calibrated up to four times the peak rate. The run so far comes
// back with an error, too.
func conduct(ctx context.Context, cfg Config, kind bench.Kind, peak float64, work func(context.Context, *session) error) (bench.Run, error) {
	out := bench.Run{Schema: bench.Schema, Tool: cfg.Tool, Kind: kind, Started: now(), Seed: cfg.Seed,
		Hardware: bench.Hardware{Name: "bare"}, Host: calibrate.Host(cfg.Commit), Verdict: bench.Unknown}
	s, err := newSession(ctx, cfg, &out)
	if err == nil && cfg.Ready != nil {
		err = cfg.Ready()
	}
	if err == nil {
		err = s.run(ctx, peak, work)
	}
	out.Finished = now()
	if err != nil {
		out.Partial = err.Error()
		if errors.Is(err, context.Canceled) {
			out.Partial = "interrupted"
		}
	}
	if s != nil {
		s.complete()
	}
	return out, err
}

func now() time.Time { return time.Now().UTC().Round(time.Millisecond) }

// newSession checks everything that can be checked before a packet is sent to
// a target.
func newSession(ctx context.Context, cfg Config, out *bench.Run) (*session, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &session{cfg: cfg, out: out, facts: bench.Facts{}}
	if s.source, err = newSource(cfg.Targets, defaults{cfg.Header, cfg.Body, cfg.NoKeepAlive}, cfg.Seed); err != nil {
		return nil, err
	}
	if s.tls, err = cfg.TLS.config(); err != nil {
		return nil, err
	}
	if s.guard, err = newGuard(cfg.AllowHosts, cfg.Resolver); err != nil {
		return nil, err
	}
	hosts, err := s.admit(ctx)
	if err != nil {
		return nil, err
	}
	listed := s.source.listed()
	title := fmt.Sprintf("%d targets", len(listed))
	if len(listed) == 1 {
		title = listed[0].URL
	}
	out.Endpoint = &bench.Endpoint{Targets: listed, Hosts: hosts, Protocol: cfg.protocol(), Timeout: cfg.Timeout,
		Connections: cfg.Connections, Warm: cfg.Warm}
	for _, t := range cfg.Thresholds {
		out.Endpoint.Thresholds = append(out.Endpoint.Thresholds, t.String())
	}
	out.Workload = bench.Workload{Name: "endpoint", Timeout: cfg.Timeout}
	if slo, ok := sloOf(cfg.Thresholds); ok {
		out.Workload.SLO = slo
	}
	out.Stages = []bench.StageResult{{Stage: bench.Stage{ID: stage, Title: title}}}
	s.result = &out.Stages[0]
	first := s.source.missions[0].place
	s.base = first.scheme + "://" + first.host
	return s, nil
}

// admit asks the guard for every host, and lists the addresses that will be
// attacked.
func (s *session) admit(ctx context.Context) ([]string, error) {
	known := map[place]bool{}
	var hosts []string
	for _, m := range s.source.missions {
		at := place{scheme: m.place.scheme, host: m.place.host}
		if known[at] {
			continue
		}
		known[at] = true
		addrs, err := s.guard.admit(ctx, m.url.Hostname())
		if err != nil {
			return nil, err
		}
		port := m.url.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[m.url.Scheme]
		}
		for _, a := range addrs {
			if to := hostPort(a, port); !slices.Contains(hosts, to) {
				hosts = append(hosts, to)
			}
		}
	}
	return hosts, nil
}

func hostPort(a netip.Addr, port string) string {
	if a.Is6() {
		return "[" + a.String() + "]:" + port
	}
	return a.String() + ":" + port
}

// run calibrates and does the work.
func (s *session) run(ctx context.Context, peak float64, work func(context.Context, *session) error) error {
	if err := calibrate.RaiseFiles(uint64(s.cfg.Connections + spareFiles)); err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads * runtime.NumCPU()))
	s.clock = clock.New()
	defer s.clock.Close()
	if !s.clock.Precise() {
		s.out.Warnings = append(s.out.Warnings, "no precise clock on this system: waits below 1 ms are too long")
	}
	if s.cfg.TLS.Insecure && strings.Contains(s.base, "https") {
		s.out.Warnings = append(s.out.Warnings, "certificates were not verified")
	}
	if err := s.calibrate(ctx, peak); err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	transport := newTransport(s.guard.dial, s.cfg.Connections, s.cfg.HTTP2, s.tls)
	defer transport.CloseIdleConnections()
	s.client = &http.Client{Transport: transport}
	return work(ctx, s)
}

// calibrate measures the ruler by the protocol of the attack.
func (s *session) calibrate(ctx context.Context, peak float64) (err error) {
	if s.cfg.Calibration != nil {
		s.out.Calibration = *s.cfg.Calibration
		return nil
	}
	defer watching{tell: s.cfg.Progress, phase: "calibrate", meter: &meter{}}.start()()
	out := &s.out.Calibration
	out.ClockP50, out.ClockP99 = calibrate.ClockError(ctx, s.clock)
	var null *calibrate.Null
	if len(s.cfg.Null) > 0 {
		null, err = calibrate.StartNull(ctx, s.cfg.Null)
	} else {
		null, err = calibrate.OwnNull()
		out.Warnings = append(out.Warnings, "the null server shared the generator's process: the ceiling is a lower bound")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, null.Close()) }()
	transport := newTransport(nil, min(s.cfg.Connections, warmConnections), s.cfg.HTTP2, nil)
	defer transport.CloseIdleConnections()
	ruler := calibrate.Ruler{Clock: s.clock, Client: &http.Client{Transport: transport}, BaseURL: null.URL, Close: s.cfg.NoKeepAlive}
	if out.LoopbackP50, err = ruler.Loopback(ctx, "/"); err != nil {
		return err
	}
	out.Ceiling, err = ceilingOf(ctx, ruler, min(max(4*peak, leastCeiling), mostCeiling))
	return err
}

// warm opens connections and loads the targets for a while. What goes wrong
// is a warning: the attack will show it.
func (s *session) warm(ctx context.Context, rate float64) error {
	if s.cfg.Warm <= 0 {
		return nil
	}
	s.open(ctx)
	p, err := plan.Constant(rate, s.cfg.Warm)
	if err != nil {
		return fmt.Errorf("%w: warm-up: %w", ErrConfig, err)
	}
	source := s.source.again(s.cfg.Seed + 1) // other choices, or a cache would know them
	m := &meter{}
	defer watching{tell: s.cfg.Progress, phase: "warm up", plan: p, meter: m, sent: source.started.Load}.start()()
	_, err = attack.Run(ctx, s.attack("warm-up", p, source, m), source, p, func(x *bench.Sample) {
		relabel(x)
		m.note(x)
	})
	return err
}

// open opens connections to every host.
func (s *session) open(ctx context.Context) {
	if s.cfg.NoKeepAlive {
		return
	}
	n := min(s.cfg.Connections, warmConnections)
	ctx, cancel := context.WithTimeout(ctx, min(warmTimeout, s.cfg.Timeout))
	defer cancel()
	opened := map[string]bool{}
	for _, m := range s.source.missions {
		base := m.place.scheme + "://" + m.place.host
		if opened[base] || ctx.Err() != nil {
			continue
		}
		opened[base] = true
		to := base + "/"
		if m.request.Method == http.MethodGet || m.request.Method == http.MethodHead {
			to = base + m.request.Path
		}
		if err := attack.Warm(ctx, s.client, to, n); err != nil && ctx.Err() == nil {
			s.result.Warnings = append(s.result.Warnings, fmt.Sprintf("connections could not be opened in advance: %v", err))
		}
	}
}

// attack is how a plan is sent.
func (s *session) attack(name string, p bench.Plan, source *source, m *meter) attack.Config {
	return attack.Config{Client: s.client, BaseURL: s.base, Route: routes(s.client.Transport, source.places()), Clock: s.clock,
		Timeout: s.cfg.Timeout, MaxWorkers: s.cfg.workers(plan.Peak(p)), Name: name,
		Began: func(t time.Time) { m.begin(t, p.Duration()) }}
}
