package configs

import (
	"fmt"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// builder turns the file types of one stage into the vocabulary, on given
// hardware and for a given workload.
type builder struct {
	library  Library
	document document
	hardware Hardware
	workload Workload

	parts []part
	// origins are the numbers in the file of the links last built.
	origins []int
	scale   float64
	periods []bench.Period
}

// part is a file whose nodes and links lie behind those of the stage, from
// these numbers on.
type part struct {
	document     document
	nodes, links int
}

// stage builds a whole stage and checks it.
func (b *builder) stage() (bench.Stage, error) {
	f, err := b.file()
	if err != nil {
		return bench.Stage{}, err
	}
	b.scale = f.TimeScale
	s := bench.Stage{ID: f.Stage, Title: f.Title, Adds: f.Adds, Previous: f.Previous, Compare: f.Compare}
	if s.Compare == "" {
		s.Compare = s.Previous
	}
	s.Topology = b.topology(f)
	s.PricePerHour = price(f.Nodes)
	if err := b.problems(s.Topology.Validate()); err != nil {
		return s, err
	}
	for i, v := range f.Variants {
		variant, err := b.variant(v, i)
		if err != nil {
			return s, err
		}
		s.Variants = append(s.Variants, variant)
	}
	for _, k := range f.Kills {
		kill := bench.Kill{Node: k.Node, DataCenter: k.DataCenter, Replace: k.Replace, Profiles: k.Profiles}
		kill.Down = b.scaled("down time of "+kill.Name(), k.Down, "the stage file: the time until a replacement starts")
		s.Kills = append(s.Kills, kill)
	}
	for _, e := range f.Experiments {
		s.Experiments = append(s.Experiments, b.experimentOf(e))
	}
	for _, c := range f.Claims {
		s.Claims = append(s.Claims, bench.Claim(c))
	}
	for _, f := range f.Figures {
		s.Figures = append(s.Figures, figure(f))
	}
	for _, f := range f.Scalings {
		s.Scalings = append(s.Scalings, scaling(f))
	}
	s.Periods = b.periods
	s.Topology = b.emulated(s.Topology)
	return s, b.checkStage(s)
}

// file reads the stage's file and lays its parts behind it, so that the paths
// of its own fields keep their numbers. Each call gives a copy of its own.
func (b *builder) file() (stageFile, error) {
	var f stageFile
	if err := b.document.into(&f); err != nil {
		return f, err
	}
	if err := b.document.likes(f.Nodes); err != nil {
		return f, err
	}
	if f.TimeScale == 0 {
		f.TimeScale = 1
	}
	b.parts = nil
	for i, name := range f.Parts {
		field := fmt.Sprintf("parts[%d]", i)
		if i >= maxParts || slices.Contains(f.Parts[:i], name) {
			return f, b.document.at(field, fmt.Sprintf("part %q is there twice, or one too many", name), fmt.Sprintf("each part once, at most %d", maxParts))
		}
		d, err := b.library.read("parts", name)
		if err != nil {
			return f, b.document.because(field, err)
		}
		var p partFile
		if err := d.into(&p); err != nil {
			return f, err
		}
		if err := d.likes(p.Nodes); err != nil {
			return f, err
		}
		b.parts = append(b.parts, part{d, len(f.Nodes), len(f.Links)})
		f.Nodes = append(f.Nodes, p.Nodes...)
		f.Links = append(f.Links, p.Links...)
	}
	return f, b.checkFile(f)
}

// scaled divides a published period by the time scale, and notes both.
func (b *builder) scaled(name string, published span, source string) time.Duration {
	if published == 0 {
		return 0
	}
	scaled := time.Duration(float64(published) / max(b.scale, 1))
	p := bench.Period{Name: name, Published: published.duration(), Scaled: scaled, Source: source}
	if !slices.Contains(b.periods, p) {
		b.periods = append(b.periods, p)
	}
	return scaled
}

func (b *builder) topology(f stageFile) targets.Topology {
	t := targets.Topology{Name: f.Stage, Site: f.Site, Entry: f.Entry, Resolver: f.Resolver, TimeScale: b.scale,
		Static: f.Static, Resolvers: f.Resolvers, Autoscale: b.autoscale(f.Autoscale), Telemetry: b.telemetry(f.Telemetry),
		Supervisor: b.supervisor(f.Supervisor)}
	for _, r := range f.Regions {
		t.Regions = append(t.Regions, targets.Region{Name: r.Name, Subnet: r.Subnet})
	}
	for _, n := range f.Nodes {
		t.Nodes = append(t.Nodes, b.node(n, f.Entry))
	}
	b.origins = nil
	for i, l := range f.Links {
		for _, from := range l.From {
			for _, to := range l.To {
				if from == to && len(l.From)+len(l.To) > 2 {
					continue
				}
				t.Links = append(t.Links, b.link(l, from, to))
				b.origins = append(b.origins, i)
			}
		}
	}
	b.replicate(&t, f.Replication)
	b.shard(&t, f.Sharding)
	b.follow(t, f.Follows)
	return t
}

const (
	maxParts     = 10
	defaultQueue = 512
	// defaultQuantum is how long Go's own scheduler lets a goroutine run
	// before it gives way (forcePreemptNS in runtime/proc.go).
	defaultQuantum = 10 * time.Millisecond
)

func (b *builder) node(f nodeFile, entry string) targets.Node {
	queue, quantum := defaultQueue, defaultQuantum
	if f.Queue != nil {
		queue = *f.Queue
	}
	if f.Quantum != nil {
		quantum = f.Quantum.duration()
	}
	n := targets.Node{Name: f.Name, Standby: f.Standby, DataCenter: f.DataCenter, Machine: targets.Machine{Quantum: quantum,
		CPU: targets.Resource{Slots: f.CPUs, Queue: queue}, Disk: targets.Resource{Slots: f.Disks, Queue: queue}}}
	for _, r := range f.Roles {
		n.Roles = append(n.Roles, b.role(r, entry))
	}
	return n
}

func (b *builder) link(f linkFile, from, to string) targets.Link {
	l := targets.Link{From: from, To: to, Jitter: f.Jitter.duration(), Bandwidth: f.Bandwidth}
	switch {
	case f.Delay != nil:
		l.OneWay, l.Source = f.Delay.duration(), "the stage file"
	case b.hardware.Bare:
		l.Jitter = 0 // there is no delay to vary
	default:
		use := useLAN
		switch f.Wire {
		case "wan":
			use = useWAN
		case "far":
			use = useFar
		}
		rtt, row := b.hardware.take(use)
		l.OneWay, l.Source = rtt/2, row
		if l.Bandwidth == 0 {
			l.Bandwidth = b.hardware.bandwidth()
		}
	}
	return l
}

// emulated takes machines and wires away again where the hardware is bare:
// what a file says of them is checked all the same.
func (b *builder) emulated(t targets.Topology) targets.Topology {
	if !b.hardware.Bare {
		return t
	}
	for i := range t.Nodes {
		t.Nodes[i].Machine = targets.Machine{}
	}
	for i, l := range t.Links {
		t.Links[i] = targets.Link{From: l.From, To: l.To}
	}
	return t
}

// price is the hourly price in USD of the machines, by the monthly rates of
// sirupsen/napkin-math (2026-03): 15 per CPU, 2 per GB of memory.
func price(nodes []nodeFile) float64 {
	total := 0.0
	for _, n := range nodes {
		if n.Standby {
			continue // paid for while it runs
		}
		total += 15*float64(n.CPUs) + 2*n.MemoryGB
	}
	return total / monthInHours
}
