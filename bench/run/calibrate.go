package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/bench/record"
	"rung/targets"
	"rung/targets/clock"
	"rung/targets/launch"
)

// The ruler is a chain of three nodes with known times: whatever a request
// takes beyond them is the real cost of software and emulation.
const (
	rulerWire = 250 * time.Microsecond
	rulerWork = time.Millisecond
	rulerRate = 100
)

func rulerTopology(bare bool) targets.Topology {
	m := targets.Machine{CPU: targets.Resource{Slots: 8, Queue: 512}}
	wire, work := rulerWire, rulerWork
	if bare {
		m, wire, work = targets.Machine{}, 0, 0
	}
	link := func(from, to string) targets.Link { return targets.Link{From: from, To: to, OneWay: wire} }
	return targets.Topology{Name: "ruler", Site: "ruler.example.", Entry: "lb", TimeScale: 1,
		Nodes: []targets.Node{
			{Name: "lb", Machine: m, Roles: []targets.Role{{Name: "lb", Kind: targets.KindBalancer, Balancer: &targets.Balancer{
				Servers: []string{"web"}, Policy: targets.PolicyRoundRobin, Timeout: 5 * time.Second}}}},
			{Name: "web", Machine: m, Roles: []targets.Role{{Name: "web", Kind: targets.KindWeb, Web: &targets.Web{Store: "db",
				Demand: map[targets.Operation]targets.Law{targets.OpUser: targets.Constant(work)}, Connections: 64, SessionTTL: time.Hour}}}},
			{Name: "db", Machine: m, Roles: []targets.Role{{Name: "db", Kind: targets.KindDatabase, Database: &targets.Database{
				Data: targets.Data{Users: 100}, Demand: map[targets.Statement]targets.Law{targets.StatementRead: targets.Constant(work)},
				Fsync: targets.FsyncOff, Connections: 200}}}},
		},
		Links: []targets.Link{link(targets.Clients, "lb"), link("lb", "web"), link("web", "db")}}
}

// calibrate measures the ruler before anything is measured with it.
func calibrate(ctx context.Context, cfg Config, c *clock.Clock) (bench.Calibration, error) {
	var out bench.Calibration
	var err error
	if out.FsyncP50, err = fsync(cfg.Data); err != nil {
		return out, err
	}
	out.ClockP50, out.ClockP99 = clockError(ctx, c)
	system, err := launch.Start(ctx, rulerTopology(cfg.Bare), launch.Config{Command: cfg.Node, Clock: c, Seed: cfg.Seed,
		Directory: filepath.Join(cfg.Data, "ruler"),
		Log:       func(node string) (io.WriteCloser, error) { return cfg.Files.NodeLog("ruler", node) }})
	if err != nil {
		return out, err
	}
	defer system.Close()
	ruler := &ruler{clock: c, system: system, users: client(system, "lb"), direct: client(system, "web")}
	defer ruler.users.CloseIdleConnections()
	defer ruler.direct.CloseIdleConnections()
	if err := ruler.hops(ctx, cfg.Bare, &out); err != nil {
		return out, err
	}
	if err := ruler.ceiling(ctx, &out); err != nil {
		return out, err
	}
	if out.ClockP50 > 500*time.Microsecond {
		out.Warnings = append(out.Warnings, fmt.Sprintf("the clock wakes %v late on the median: emulated times below 5 ms are too long", out.ClockP50))
	}
	return out, nil
}

func client(system *launch.System, role string) *http.Client {
	return &http.Client{Transport: attack.NewTransport(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return system.Dial(ctx, network, role)
	}, 64)}
}

type ruler struct {
	clock         *clock.Clock
	system        *launch.System
	users, direct *http.Client
}

// get is a source of one request, over and over.
type get string

func (g get) Operations() []string { return []string{"get"} }
func (g get) Request(uint64) bench.Request {
	return bench.Request{Method: http.MethodGet, Path: string(g)}
}
func (get) Observe(uint64, bench.Request, int, http.Header) {}

func (r *ruler) attack(ctx context.Context, client *http.Client, path string, rate float64, d time.Duration) (bench.Measurement, error) {
	p, err := plan.Constant(rate, d)
	if err != nil {
		return bench.Measurement{}, err
	}
	const timeout = 2 * time.Second
	recorder := record.New(record.Config{Name: "ruler", Operations: []string{"get"}, Plan: p, Timeout: timeout, Started: time.Now()})
	g, err := attack.Run(ctx, attack.Config{Client: client, BaseURL: "http://ruler", Clock: r.clock, Timeout: timeout, Name: "ruler"},
		get(path), p, recorder.Record)
	return recorder.Finish(g), err
}

// hops measures what a hop costs beyond what is emulated.
func (r *ruler) hops(ctx context.Context, bare bool, out *bench.Calibration) error {
	if _, err := r.attack(ctx, r.users, "/users/7", rulerRate, 500*time.Millisecond); err != nil { // opens connections
		return err
	}
	m, err := r.attack(ctx, r.users, "/users/7", rulerRate, time.Second)
	if err != nil {
		return err
	}
	if m.Total.Failed > 0 || m.Total.Response.P50 == nil {
		return fmt.Errorf("%d of %d requests through an idle chain failed: %v", m.Total.Failed, m.Total.Planned, m.Errors)
	}
	ideal := 3*2*rulerWire + 2*rulerWork
	if bare {
		ideal = 0
	}
	out.HopCost = max(0, (*m.Total.Response.P50-ideal)/3)
	if m, err = r.attack(ctx, r.direct, "/healthz", rulerRate, 500*time.Millisecond); err != nil {
		return err
	}
	if m.Total.Response.P50 != nil {
		out.LoopbackP50 = *m.Total.Response.P50
	}
	return nil
}

// ceiling raises the rate against a server that does next to nothing until
// the generator cannot keep up.
func (r *ruler) ceiling(ctx context.Context, out *bench.Calibration) error {
	for rate := 1000.0; rate <= 16_000; rate *= 2 {
		m, err := r.attack(ctx, r.direct, "/healthz", rate, 400*time.Millisecond)
		if err != nil {
			return err
		}
		if m.Generator.Limited != "" || m.Total.FailureRatio() > 0 {
			break
		}
		out.Ceiling = rate
	}
	if out.Ceiling == 0 {
		out.Warnings = append(out.Warnings, "the generator does not reach 1000/s on this machine: every result is doubtful")
	}
	return nil
}

// clockError is how late waits of 1 to 5 ms end.
func clockError(ctx context.Context, c *clock.Clock) (p50, p99 time.Duration) {
	var late []time.Duration
	for i := range 100 {
		due := time.Now().Add(time.Millisecond + time.Duration(i)*40*time.Microsecond)
		if c.Until(ctx, due) != nil {
			break
		}
		late = append(late, time.Since(due))
	}
	if len(late) == 0 {
		return 0, 0
	}
	slices.Sort(late)
	return late[len(late)/2], late[len(late)*99/100]
}

// fsync is the median time to make 4 KB durable where nodes keep their data.
func fsync(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "fsync-*")
	if err != nil {
		return 0, fmt.Errorf("data folder: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	page := make([]byte, 4096)
	for range 21 {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, fmt.Errorf("data folder: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("data folder: %w", err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
