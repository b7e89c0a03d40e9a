package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"rung/bench"
	"rung/bench/plan"
	"rung/targets"
	"rung/targets/scale"
)

// autoscale raises the load from a low rate to a peak and back, while servers
// join and leave.
func (s *session) autoscale(ctx context.Context, b *bed, e bench.Experiment) error {
	spec := b.system.Topology().Autoscale
	if spec == nil {
		return errors.New("kind autoscale needs a topology with autoscale")
	}
	length := max(e.Length, 10*time.Second)
	s.stepFor(length, "%s: %.4g/s to %.4g/s and back", e.Name, e.Rate, e.Peak)
	load, err := plan.Day(e.Rate, e.Peak, length)
	if err != nil {
		return err
	}
	p := &platform{bed: b, spec: *spec}
	for _, n := range spec.Nodes {
		if b.system.Alive(n) {
			p.running = append(p.running, n)
		}
	}
	scaleCtx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	seen, err := b.attack(ctx, order{name: e.Name, plan: load, length: length, only: e.Operations, keep: true, interval: 500 * time.Millisecond,
		began: func(t time.Time) {
			p.note(t)
			go func() {
				ended <- scale.Run(scaleCtx, *spec, p, func(time.Time, scale.Decision, int) {})
			}()
		}})
	if seen == nil {
		return err
	}
	if !seen.began.IsZero() {
		// The load is over: what is left is let go of.
		if waitErr := b.quiet(ctx, p, spec.Min); err == nil {
			err = waitErr
		}
		stop()
		if scaleErr := <-ended; err == nil && !errors.Is(scaleErr, context.Canceled) {
			err = scaleErr
		}
		s.autoscaleFacts(e, seen, p)
	}
	return err
}

// quiet waits until the servers that the load needed have left.
func (b *bed) quiet(ctx context.Context, p *platform, least int) error {
	return b.until(ctx, "the servers that are not needed have left", func() bool { return p.count() <= least })
}

// platform starts and stops servers, as a cloud provider does. It is safe for
// concurrent use.
type platform struct {
	bed  *bed
	spec targets.Autoscale

	mu      sync.Mutex
	running []string
	last    reading
	changes []change
}

// change is a number of servers from a time on.
type change struct {
	at      time.Time
	running int
}

func (p *platform) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running)
}

func (p *platform) note(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes = append(p.changes, change{at, len(p.running)})
}

// Observe implements scale.Platform.
func (p *platform) Observe(ctx context.Context) (scale.Observation, error) {
	now := p.bed.read(ctx)
	backlog := 0.0
	if p.spec.Backlog > 0 {
		backlog, _ = p.bed.backlog(ctx) // a queue that does not answer has none that is known of
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	o := scale.Observation{At: now.at, Running: len(p.running)}
	busy, slots, queue := 0.0, 0.0, 0
	for _, node := range p.running {
		is, ok := now.nodes[node]
		was, known := p.last.nodes[node]
		if !ok || !known || is.CPU.Busy < was.CPU.Busy {
			continue // it has just joined: the next reading tells
		}
		busy += (is.CPU.Busy - was.CPU.Busy).Seconds()
		slots += float64(is.CPU.Slots)
		queue += is.CPU.Queue
	}
	if wall := now.at.Sub(p.last.at).Seconds(); slots > 0 && wall > 0 {
		o.Use = min(busy/(slots*wall), 1)
	}
	o.Queue = queue + int(backlog)
	p.last = now
	return o, nil
}

// Start implements scale.Platform: the next node in line serves, and then the
// balancer is told.
func (p *platform) Start(ctx context.Context) error {
	p.mu.Lock()
	running := slices.Clone(p.running)
	p.mu.Unlock()
	for _, node := range p.spec.Nodes {
		if slices.Contains(running, node) {
			continue
		}
		if err := p.bed.system.Begin(ctx, node); err != nil {
			return err
		}
		return p.set(ctx, append(running, node))
	}
	return errors.New("every node of the group runs already")
}

// Stop implements scale.Platform: the balancer sends nothing new to the last
// node in line, which has the drain time to finish.
func (p *platform) Stop(ctx context.Context) error {
	p.mu.Lock()
	running := slices.Clone(p.running)
	p.mu.Unlock()
	if len(running) <= 1 {
		return errors.New("the last server cannot be stopped")
	}
	last := running[len(running)-1]
	if err := p.set(ctx, running[:len(running)-1]); err != nil {
		return err
	}
	if err := p.bed.session.clock.Until(ctx, time.Now().Add(p.spec.Drain)); err != nil {
		return err
	}
	return p.bed.system.End(last)
}

// set notes which servers there are, and tells the balancer if there is one.
func (p *platform) set(ctx context.Context, nodes []string) error {
	if p.spec.Balancer != "" {
		if err := p.tell(ctx, nodes); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.running = nodes
	p.mu.Unlock()
	p.note(time.Now())
	return nil
}

func (p *platform) tell(ctx context.Context, nodes []string) error {
	var roles []string
	for _, name := range nodes {
		n, _ := p.bed.system.Topology().Node(name)
		for _, r := range n.Roles {
			if r.Kind == targets.KindWeb {
				roles = append(roles, r.Name)
			}
		}
	}
	return p.bed.system.Servers(ctx, p.spec.Balancer, roles)
}

func (s *session) autoscaleFacts(e bench.Experiment, o *seen, p *platform) {
	s.measured(e.Name, o)
	m := o.measurement
	from := fmt.Sprintf("attack %s, %s", e.Name, m.Plan)
	most, joins, leaves := 0, 0, 0
	for i, c := range p.changes {
		most = max(most, c.running)
		if i > 0 && c.running > p.changes[i-1].running {
			joins += c.running - p.changes[i-1].running
		}
		if i > 0 && c.running < p.changes[i-1].running {
			leaves += p.changes[i-1].running - c.running
		}
	}
	s.facts.Add(e.Name+".failed_count", float64(m.Total.Failed+m.Total.Unsent), from)
	s.facts.Add(e.Name+".servers_max_count", float64(most), from)
	s.facts.Add(e.Name+".servers_end_count", float64(p.count()), from)
	s.facts.Add(e.Name+".joined_count", float64(joins), from)
	s.facts.Add(e.Name+".left_count", float64(leaves), from)
	figure := bench.Figure{ID: e.Name, Title: "Load, servers and p99 while the tier scales by itself",
		How: "Offered load and p99 of each half second on the left and right axis, the number of web servers as a step line. " +
			"Servers join behind the load by the autoscaler's period and their start, and leave behind it by its cool-down.",
		X: bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "requests per second", Unit: bench.UnitPerS},
		Second: bench.Axis{Label: "p99", Unit: bench.UnitNs}}
	load := bench.Series{Name: "offered load", Mark: bench.MarkLine}
	for _, i := range m.Intervals {
		middle := float64(i.Start + i.Length/2)
		rate := float64(i.Planned) / i.Length.Seconds()
		load.Points = append(load.Points, bench.FigurePoint{X: middle, Y: &rate})
	}
	// A server carries what keeps it at the target: in this unit servers and
	// load share an axis.
	each := s.perServer(p, o)
	servers := bench.Series{Name: fmt.Sprintf("servers (one stands for %.4g/s)", each), Mark: bench.MarkStep}
	for _, c := range p.changes {
		y := float64(c.running) * each
		servers.Points = append(servers.Points, bench.FigurePoint{X: float64(max(c.at.Sub(o.began), 0)), Y: &y, Count: uint64(c.running)})
	}
	figure.Series = []bench.Series{load, servers, tails(o)}
	s.result.Figures = append(s.result.Figures, figure)
}

// perServer is the rate at which one server of the tier is at the
// autoscaler's target, by the estimate of its demand.
func (s *session) perServer(p *platform, o *seen) float64 {
	if workers := p.bed.system.Topology().RolesOf(targets.KindWorker); p.spec.Backlog > 0 && len(workers) > 0 {
		return perWorker(workers)
	}
	for _, d := range s.result.Prediction.Demands {
		n, ok := s.stage.Topology.Node(p.spec.Nodes[0])
		if ok && d.Node == "web" && d.Resource == "cpu" && d.TimeNs > 0 {
			return p.spec.Target * float64(n.Machine.CPU.Slots) / (d.TimeNs / float64(time.Second))
		}
	}
	return max(o.measurement.Rate, 1)
}
