package run

import (
	"context"
	"time"

	"rung/bench"
	"rung/bench/calibrate"
	"rung/targets"
)

// reading is the metrics of all nodes at one time.
type reading struct {
	at    time.Time
	nodes map[string]targets.Metrics
}

func (b *bed) read(ctx context.Context) reading {
	return reading{nodes: b.metrics(ctx), at: time.Now()}
}

// watched is what a watch saw of the nodes.
type watched struct {
	uses []bench.Use
	// own is the real CPU time of the system's nodes, processCPU that of all
	// nodes, those of other systems that ran meanwhile among them, and wall
	// how long it took.
	own, processCPU, wall time.Duration
	// computer is the CPU time of everything that ran on the computer; zero
	// when that is not known.
	computer time.Duration
}

// watch starts to sample queues. The function that it returns ends that and
// says how each resource was used since.
func (b *bed) watch(ctx context.Context) (end func() watched) {
	const every = 500 * time.Millisecond
	busy, known := calibrate.Busy()
	first := b.read(ctx)
	neighbours := b.session.runner.others(b)
	before := processCPU(ctx, neighbours)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	peaks := map[[2]string]int{}
	go func() {
		defer close(ended)
		for b.session.clock.Until(ctx, time.Now().Add(every)) == nil {
			for node, m := range b.metrics(ctx) {
				cpu, disk := [2]string{node, "cpu"}, [2]string{node, "disk"}
				peaks[cpu] = max(peaks[cpu], m.CPU.Queue)
				peaks[disk] = max(peaks[disk], m.Disk.Queue)
			}
		}
	}()
	return func() watched {
		after := b.read(context.WithoutCancel(ctx))
		busyAfter, still := calibrate.Busy()
		stop()
		<-ended
		out := watched{uses: b.uses(first, after, peaks), wall: after.at.Sub(first.at)}
		if known && still {
			out.computer = busyAfter - busy
		}
		for node, is := range after.nodes {
			if was, ok := first.nodes[node]; ok && is.ProcessCPU > was.ProcessCPU {
				out.own += is.ProcessCPU - was.ProcessCPU
			}
		}
		out.processCPU = out.own
		for bed, is := range processCPU(context.WithoutCancel(ctx), neighbours) {
			out.processCPU += max(is-before[bed], 0)
		}
		return out
	}
}

// uses are the shares of slot time that were handed out between two readings.
// Nodes that were restarted in between are left out: their counters began
// anew.
func (b *bed) uses(before, after reading, peaks map[[2]string]int) []bench.Use {
	var out []bench.Use
	wall := after.at.Sub(before.at)
	for _, n := range b.system.Topology().Nodes {
		was, ok := before.nodes[n.Name]
		is, still := after.nodes[n.Name]
		if !ok || !still || wall <= 0 {
			continue
		}
		for _, r := range []struct {
			resource string
			slots    int
			was, is  targets.Usage
		}{{"cpu", n.Machine.CPU.Slots, was.CPU, is.CPU}, {"disk", n.Machine.Disk.Slots, was.Disk, is.Disk}} {
			if r.slots == 0 || r.is.Busy < r.was.Busy {
				continue
			}
			whole := float64(r.slots) * wall.Seconds()
			u := bench.Use{Node: n.Name, Resource: r.resource, Ratio: (r.is.Busy - r.was.Busy).Seconds() / whole,
				Queue: peaks[[2]string{n.Name, r.resource}], Roles: map[string]float64{}}
			for role, busy := range r.is.ByRole {
				u.Roles[role] = (busy - r.was.ByRole[role]).Seconds() / whole
			}
			out = append(out, u)
		}
	}
	return out
}
