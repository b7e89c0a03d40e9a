package estimate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"rung/bench"
	"rung/targets"
)

// Workers is how many jobs a second all workers of a topology do together when
// they never wait for one, and how that comes about: 0 without workers, and
// infinite when nothing there takes time. A worker does one job at a time in
// each of its places. A job is a round trip to its queue to fetch it, CPU
// time, a row that is stored, and a round trip to acknowledge it. So a worker
// with C places and c CPU slots does
//
//	min(c / CPU, C / (CPU + all else))
//
// jobs a second, the bound of a closed network of one queue (Denning and
// Buzen 1978), which constant times reach. All together they cannot store more
// rows than the disks and CPUs of the primaries commit. Nodes on standby do not
// count, and no other load of the store: that is in the latency of the site.
// Pieces of CPU time are shared alike, so that the quantum does not matter.
func Workers(t targets.Topology, w bench.Workload) (perS float64, derivation []string) {
	f, err := forceOf(t, w)
	if errors.Is(err, errNoWorkers) {
		return 0, []string{"there are no workers"}
	}
	if err != nil {
		return 0, []string{err.Error()}
	}
	return f.perS, f.lines
}

var errNoWorkers = errors.New("there are no workers")

// force is all workers of a topology.
type force struct {
	perS float64
	// servers is how many jobs are worked on at once, and job the mean time of
	// one and its variance, in seconds.
	servers       int
	job, variance float64
	// share of the users' photos that reach the workers as a job.
	share float64
	lines []string
}

func forceOf(t targets.Topology, w bench.Workload) (force, error) {
	f := force{}
	stores := math.Inf(1)
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Worker == nil || n.Standby {
				continue
			}
			tiers, err := tiersOf(t, r.Worker.Data)
			if err != nil {
				return f, fmt.Errorf("worker %s: %w", r.Name, err)
			}
			f.add(t, n, r, tiers)
			stores = commits(tiers)
		}
	}
	if f.servers == 0 {
		return f, fmt.Errorf("topology %s: %w", t.Name, errNoWorkers)
	}
	f.job /= float64(f.servers)
	f.variance /= float64(f.servers)
	if stores < f.perS {
		f.perS = stores
		f.lines = append(f.lines, "the stores are the limit")
	}
	for _, s := range w.Mix {
		if s.Operation == targets.OpPhoto {
			f.share += s.Ratio
		}
	}
	f.lines = append(f.lines, fmt.Sprintf("all workers: %.4g jobs/s", f.perS))
	return f, nil
}

// add counts one worker.
func (f *force) add(t targets.Topology, n targets.Node, r targets.Role, tiers []*tier) {
	places := max(r.Worker.Concurrency, 1)
	trip := 0.0
	if len(r.Worker.Queues) > 0 {
		if _, queue, ok := t.Role(r.Worker.Queues[0]); ok {
			trip = 2 * oneWay(t, n.Name, queue.Name)
		}
	}
	cpu, other := r.Worker.Demand.Mean.Seconds(), 2*trip+storing(t, n, tiers)
	if n.Machine.CPU.Slots == 0 {
		cpu = 0 // not emulated
	}
	running := places
	rate := math.Inf(1)
	if cpu+other > 0 {
		rate = float64(places) / (cpu + other)
	}
	if n.Machine.CPU.Slots > 0 && cpu > 0 {
		rate = min(rate, float64(n.Machine.CPU.Slots)/cpu)
	}
	if rate < math.Inf(1) { // as many as do that rate at one after the other
		running = max(1, int(math.Round(rate*(cpu+other))))
	}
	f.perS += rate
	f.servers += running
	f.job += float64(running) * (cpu + other)
	cv := r.Worker.Demand.Variation()
	f.variance += float64(running) * cv * cv * cpu * cpu
	f.lines = append(f.lines, fmt.Sprintf("%s: %d at once on %d slots, each %.4g ms of CPU and %.4g ms for queue and store: %.4g jobs/s",
		r.Name, places, n.Machine.CPU.Slots, cpu*1e3, other*1e3, rate))
}

// storing is the mean time, in seconds, that it takes a node to store a row
// when nothing keeps it waiting, over all shards alike.
func storing(t targets.Topology, from targets.Node, tiers []*tier) float64 {
	total, n := 0.0, 0.0
	for _, s := range tiers {
		law, class := s.settings(), targets.StatementWrite
		if s.store.Kind == targets.KindKeyValue {
			class = targets.StatementSet
		}
		node := s.nodes[s.store.Name]
		own := func(node targets.Node) (took float64) {
			if node.Machine.CPU.Slots > 0 {
				took += law.Demand[class].Mean.Seconds()
			}
			if node.Machine.Disk.Slots > 0 {
				took += law.Access.Mean.Seconds()
			}
			return took
		}
		first, last := math.Inf(1), 0.0
		for _, r := range s.replicas {
			other := s.nodes[r.Name]
			took := 2*oneWay(t, node.Name, other.Name) + own(other)
			first, last = min(first, took), max(last, took)
		}
		total += 2*oneWay(t, from.Name, node.Name) + own(node)
		if len(s.replicas) > 0 && s.mode() == targets.ModeSynchronous {
			total += last
		}
		if len(s.replicas) > 0 && s.mode() == targets.ModeSemiSynchronous {
			total += first
		}
		n++
	}
	return total / max(n, 1)
}

// commits is how many rows a second the primaries can store, users being
// spread over the shards alike.
func commits(tiers []*tier) float64 {
	total := 0.0
	for _, s := range tiers {
		machine, law := s.nodes[s.store.Name].Machine, s.settings()
		most := math.Inf(1)
		class := targets.StatementWrite
		if s.store.Kind == targets.KindKeyValue {
			class = targets.StatementSet
		}
		if took := law.Demand[class].Mean.Seconds(); machine.CPU.Slots > 0 && took > 0 {
			most = float64(machine.CPU.Slots) / took
		}
		if took := law.Access.Mean.Seconds(); machine.Disk.Slots > 0 && took > 0 {
			most = min(most, float64(machine.Disk.Slots)/took)
		}
		total += most
	}
	return total
}

// behindQueues words what happens behind the queues at a rate of requests. A
// site whose workers are too few answers all the same: photos wait, so that
// the workers are never its bottleneck. The line is a warning.
func (m *model) behindQueues(rate float64) []string {
	queued := 0.0
	for _, p := range m.paths {
		for _, s := range m.workload.Mix {
			if s.Operation == targets.OpPhoto && p.queue != nil {
				queued += p.share * s.Ratio
			}
		}
	}
	if queued == 0 {
		return nil
	}
	f, err := forceOf(m.topology, m.workload)
	if err != nil {
		return []string{"photos are queued, and nobody works on them: " + err.Error()}
	}
	line := fmt.Sprintf("behind the queues: %.4g photos/s come and the workers do %.4g/s", rate*queued, f.perS)
	if rate*queued > f.perS {
		line += fmt.Sprintf(": the backlog grows by %.4g/s; they keep up until %.4g requests/s", rate*queued-f.perS, f.perS/queued)
	}
	return append(f.lines, line)
}

// Backlog is how many messages a queue holds after some time when they come
// and are worked on at rates per second, as a fluid: (rate - perS) length, not
// below 0. It starts empty.
func Backlog(rate, perS float64, length time.Duration) float64 {
	return max(0, (rate-perS)*max(length, 0).Seconds())
}

// Drain is how long a backlog of messages takes to be gone when more of them
// come, and are worked on, at rates per second, as a fluid:
// backlog / (perS - arrivals). It is an error unless the rates and the backlog
// are 0 or more, and when the backlog never ends.
func Drain(backlog, arrivals, perS float64) (time.Duration, error) {
	switch {
	case !(backlog >= 0 && arrivals >= 0 && perS >= 0) || math.IsInf(backlog+arrivals, 1):
		return 0, fmt.Errorf("drain of %v messages at %v/s and %v/s: they must be zero or positive", backlog, arrivals, perS)
	case backlog == 0 || math.IsInf(perS, 1):
		return 0, nil
	case perS <= arrivals:
		return 0, fmt.Errorf("drain of %v messages: as many come, %v/s, as are worked on, %v/s", backlog, arrivals, perS)
	}
	took := backlog / (perS - arrivals)
	if took > (100 * 365 * 24 * time.Hour).Seconds() {
		return 0, fmt.Errorf("drain of %v messages at %v/s takes more than 100 years", backlog, perS-arrivals)
	}
	return seconds(took), nil
}
