package configs

import (
	"fmt"
	"slices"
	"strings"
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

	scale   float64
	periods []bench.Period
}

// stage builds a whole stage and checks it.
func (b *builder) stage() (bench.Stage, error) {
	var f stageFile
	if err := b.document.into(&f); err != nil {
		return bench.Stage{}, err
	}
	if f.Stage == "" {
		return bench.Stage{}, b.document.at("stage", "the stage's id is missing", `for example "stage: my-site"`)
	}
	if f.TimeScale == 0 {
		f.TimeScale = 1
	}
	b.scale = f.TimeScale
	own := len(f.Nodes)
	if err := b.addParts(&f); err != nil {
		return bench.Stage{}, err
	}
	s := bench.Stage{ID: f.Stage, Title: f.Title, Adds: f.Adds, Previous: f.Previous, Compare: f.Compare}
	if s.Compare == "" {
		s.Compare = s.Previous
	}
	s.Topology = b.topology(f)
	s.PricePerHour = price(f.Nodes)
	if err := b.problems(s.Topology.Validate(), own); err != nil {
		return s, err
	}
	for i, v := range f.Variants {
		variant, err := b.variant(f, v, i)
		if err != nil {
			return s, err
		}
		s.Variants = append(s.Variants, variant)
	}
	for _, k := range f.Kills {
		s.Kills = append(s.Kills, bench.Kill{Node: k.Node, Down: b.scaled("down time of "+k.Node, k.Down, "the stage file: the time until a replacement starts")})
	}
	for _, e := range f.Experiments {
		x := bench.Experiment{Name: e.Name, Kind: bench.ExperimentKind(e.Kind), Variant: e.Variant, Role: e.Role, Rate: e.Rate, Profiles: e.Profiles}
		for _, op := range e.Operations {
			x.Operations = append(x.Operations, targets.Operation(op))
		}
		s.Experiments = append(s.Experiments, x)
	}
	for _, c := range f.Claims {
		s.Claims = append(s.Claims, bench.Claim(c))
	}
	s.Periods = b.periods
	return s, b.checkStage(s)
}

// addParts lays the shared parts behind the stage's own nodes and links, so
// that the paths of its own fields keep their numbers.
func (b *builder) addParts(f *stageFile) error {
	for i, name := range f.Parts {
		d, err := b.library.read("parts", name)
		if err != nil {
			return b.document.at(fmt.Sprintf("parts[%d]", i), err.Error(), "")
		}
		var part partFile
		if err := d.into(&part); err != nil {
			return err
		}
		f.Nodes = append(f.Nodes, part.Nodes...)
		f.Links = append(f.Links, part.Links...)
	}
	return nil
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
	t := targets.Topology{Name: f.Stage, Site: f.Site, Entry: f.Entry, Resolver: f.Resolver, TimeScale: b.scale}
	for _, n := range f.Nodes {
		t.Nodes = append(t.Nodes, b.node(n, f.Entry))
	}
	for _, l := range f.Links {
		t.Links = append(t.Links, b.link(l))
	}
	return t
}

const (
	defaultQueue = 512
	// defaultQuantum is how long Go's own scheduler lets a goroutine run
	// before it gives way (forcePreemptNS in runtime/proc.go).
	defaultQuantum = 10 * time.Millisecond
)

func (b *builder) node(f nodeFile, entry string) targets.Node {
	n := targets.Node{Name: f.Name}
	if !b.hardware.Bare {
		queue, quantum := defaultQueue, defaultQuantum
		if f.Queue != nil {
			queue = *f.Queue
		}
		if f.Quantum != nil {
			quantum = f.Quantum.duration()
		}
		n.Machine = targets.Machine{CPU: targets.Resource{Slots: f.CPUs, Queue: queue},
			Disk: targets.Resource{Slots: f.Disks, Queue: queue}, Quantum: quantum}
	}
	for _, r := range f.Roles {
		n.Roles = append(n.Roles, b.role(r, entry))
	}
	return n
}

func (b *builder) link(f linkFile) targets.Link {
	l := targets.Link{From: f.From, To: f.To, Jitter: f.Jitter.duration(), Bandwidth: f.Bandwidth}
	if b.hardware.Bare {
		return targets.Link{From: f.From, To: f.To}
	}
	if f.Delay != nil {
		l.OneWay, l.Source = f.Delay.duration(), "the stage file"
		return l
	}
	use := useLAN
	if f.Wire == "wan" {
		use = useWAN
	}
	rtt, row := b.hardware.take(use)
	l.OneWay, l.Source = rtt/2, row
	if l.Bandwidth == 0 {
		l.Bandwidth = b.hardware.bandwidth()
	}
	return l
}

// price is the hourly price in USD of the machines, by the monthly rates of
// sirupsen/napkin-math (2026-03): 15 per CPU, 2 per GB of memory.
func price(nodes []nodeFile) float64 {
	total := 0.0
	for _, n := range nodes {
		total += 15*float64(n.CPUs) + 2*n.MemoryGB
	}
	return total / monthInHours
}

// problems gives a topology's problems their lines. Fields of parts have none
// in this file.
func (b *builder) problems(ps []targets.Problem, own int) error {
	if len(ps) == 0 {
		return nil
	}
	var es Errors
	for _, p := range ps {
		es = append(es, b.document.at(p.Field, p.What, p.Allowed))
	}
	return es
}

// checkStage checks what a stage asks for beyond its topology.
func (b *builder) checkStage(s bench.Stage) error {
	var es Errors
	bad := func(field, problem, allowed string) { es = append(es, b.document.at(field, problem, allowed)) }
	for i, k := range s.Kills {
		if _, ok := s.Topology.Node(k.Node); !ok {
			bad(fmt.Sprintf("kills[%d].node", i), fmt.Sprintf("there is no node %q", k.Node), "a node of this stage")
		}
		if k.Down < 100*time.Millisecond || k.Down > time.Minute {
			bad(fmt.Sprintf("kills[%d].down", i), fmt.Sprintf("is %v after the time scale", k.Down), "100ms to 1m")
		}
	}
	variants := map[string]bool{"": true}
	for _, v := range s.Variants {
		variants[v.Name] = true
	}
	names := map[string]bool{}
	for i, e := range s.Experiments {
		at := fmt.Sprintf("experiments[%d]", i)
		if e.Name == "" || names[e.Name] {
			bad(at+".name", fmt.Sprintf("%q is missing or there twice", e.Name), "a name of its own")
		}
		names[e.Name] = true
		if !slices.Contains(bench.ExperimentKinds(), e.Kind) {
			bad(at+".kind", fmt.Sprintf("%q is not a kind", e.Kind), fmt.Sprint("allowed is ", bench.ExperimentKinds()))
		}
		if !variants[e.Variant] {
			bad(at+".variant", fmt.Sprintf("there is no variant %q", e.Variant), "a variant of this stage")
		}
		if _, _, ok := s.Topology.Role(e.Role); !ok && (e.Role != "" || e.Kind == bench.ExperimentDirect) {
			bad(at+".role", fmt.Sprintf("there is no role %q", e.Role), "a role of this stage")
		}
		if wants := e.Kind == bench.ExperimentLatency || e.Kind == bench.ExperimentLimit; e.Rate < 0 || e.Rate > 100_000 || (wants && e.Rate == 0) {
			bad(at+".rate", fmt.Sprintf("is %v", e.Rate), "more than 0, at most 100000 per second")
		}
		for j, op := range e.Operations {
			if !slices.Contains(targets.Operations(), op) {
				bad(fmt.Sprintf("%s.operations[%d]", at, j), fmt.Sprintf("%q is not an operation", op), fmt.Sprint("allowed is ", targets.Operations()))
			}
		}
	}
	for i, c := range s.Claims {
		at := fmt.Sprintf("claims[%d]", i)
		if c.ID == "" || c.Text == "" || len(c.Checks) == 0 {
			bad(at, "a claim needs id, text and checks", "")
		}
		for j, check := range c.Checks {
			if _, err := bench.ParseCheck(check); err != nil {
				bad(fmt.Sprintf("%s.checks[%d]", at, j), strings.TrimPrefix(err.Error(), "check "), "")
			}
		}
	}
	if len(es) > 0 {
		return es
	}
	return nil
}
