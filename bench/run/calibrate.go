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
	"rung/bench/calibrate"
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

// calibration measures the ruler before anything is measured with it.
func calibration(ctx context.Context, cfg Config, c *clock.Clock) (bench.Calibration, error) {
	var out bench.Calibration
	var err error
	if out.FsyncP50, err = fsync(cfg.Data); err != nil {
		return out, err
	}
	out.ClockP50, out.ClockP99 = calibrate.ClockError(ctx, c)
	system, err := launch.Start(ctx, rulerTopology(cfg.Bare), launch.Config{Command: cfg.Node, Clock: c, Seed: cfg.Seed,
		Directory: filepath.Join(cfg.Data, "ruler"),
		Log:       func(node string) (io.WriteCloser, error) { return cfg.Files.NodeLog("ruler", node) }})
	if err != nil {
		return out, err
	}
	defer system.Close()
	users, direct := client(system, "lb"), client(system, "web")
	defer users.CloseIdleConnections()
	defer direct.CloseIdleConnections()
	ruler := &ruler{users: calibrate.Ruler{Clock: c, Client: users, BaseURL: "http://ruler"},
		direct: calibrate.Ruler{Clock: c, Client: direct, BaseURL: "http://ruler"}}
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
	users, direct calibrate.Ruler
}

// hops measures what a hop costs beyond what is emulated.
func (r *ruler) hops(ctx context.Context, bare bool, out *bench.Calibration) error {
	if _, err := r.users.Attack(ctx, "/users/7", rulerRate, 500*time.Millisecond); err != nil { // opens connections
		return err
	}
	m, err := r.users.Attack(ctx, "/users/7", rulerRate, time.Second)
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
	out.LoopbackP50, err = r.direct.Loopback(ctx, "/healthz")
	return err
}

// mostCeiling is far beyond what any stage is asked for.
const mostCeiling = 16_000

// ceiling is the rate that the generator keeps up against a server that does
// next to nothing.
func (r *ruler) ceiling(ctx context.Context, out *bench.Calibration) (err error) {
	if out.Ceiling, err = r.direct.Ceiling(ctx, "/healthz", mostCeiling); err != nil {
		return err
	}
	if out.Ceiling == 0 {
		out.Warnings = append(out.Warnings, "the generator does not reach 1000/s on this machine: every result is doubtful")
	}
	return nil
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
