package estimate

import (
	"slices"
	"time"

	"rung/bench/simulate"
	"rung/targets"
)

// draft is the network of a model's nodes, as its routes are made. The zero
// draft is empty.
type draft struct {
	network  simulate.Network
	groups   map[string]int    // by the key of the place
	stations map[[2]string]int // by that and the resource
	appliers map[*part]int
}

// group is the index of a place's group. Who picks by no policy picks by key.
// A store's members hold data, so that more of them are more cells.
func (d *draft) group(at place) int {
	i, known := d.groups[at.key()]
	if known {
		return i
	}
	if d.groups == nil {
		d.groups, d.stations, d.appliers = map[string]int{}, map[[2]string]int{}, map[*part]int{}
	}
	i = len(d.network.Groups)
	d.groups[at.key()] = i
	g := simulate.Group{Name: at.title(), Servers: len(at.names), Policy: simulate.PolicyKey}
	d.network.Groups = append(d.network.Groups, g)
	if at.member != nil {
		d.divide(i)
	}
	return i
}

// divide says that a group holds data.
func (d *draft) divide(group int) { d.network.Groups[group].Cells = 1 }

// title names a place for people.
func (at place) title() string {
	if len(at.names) == 1 {
		return at.names[0]
	}
	name := Group(at.node.Name)
	if at.label != "" {
		name += " " + at.label
	}
	return name
}

// station is the index of a resource of a place.
func (d *draft) station(at place, resource string) int {
	key := [2]string{at.key(), resource}
	i, known := d.stations[key]
	group := d.group(at)
	if known {
		return i
	}
	machine := at.node.Machine
	s := simulate.Station{Name: at.title() + " " + resource, Group: group, Slots: machine.CPU.Slots, Queue: machine.CPU.Queue, Quantum: machine.Quantum}
	if resource == "disk" {
		s.Slots, s.Queue, s.Quantum = machine.Disk.Slots, machine.Disk.Queue, 0
	}
	i = len(d.network.Stations)
	d.stations[key] = i
	d.network.Stations = append(d.network.Stations, s)
	return i
}

// balance notes how requests are spread over the servers of a place. Where a
// balancer is sticky only those with a session go back to their server, a few
// of all, and short ones: they are spread like the others.
func (d *draft) balance(at place, b targets.Balancer) {
	policy := map[targets.Policy]simulate.Policy{
		targets.PolicyRoundRobin:       simulate.PolicyRoundRobin,
		targets.PolicyLeastConnections: simulate.PolicyLeastConnections,
		targets.PolicyRandomTwo:        simulate.PolicyRandomTwo,
	}[b.Policy]
	if policy == "" {
		policy = simulate.PolicyKey
	}
	d.network.Groups[d.group(at)].Policy = policy
}

// choose notes that callers pick one of a store's members by two choices, and
// that each counts its own calls.
func (d *draft) choose(at, callers place) {
	group, own := d.group(at), d.group(callers)+1
	d.divide(group)
	g := &d.network.Groups[group]
	if g.Policy == simulate.PolicyRandomTwo && g.Callers != own {
		own = 0 // several tiers ask: one count stands for all
	}
	g.Policy, g.Callers = simulate.PolicyRandomTwo, own
}

// applier is the index of what applies writes at the replicas of a part.
func (d *draft) applier(x *part, item, access targets.Law) int {
	group := d.group(x.place)
	i, known := d.appliers[x]
	if known {
		return i
	}
	d.divide(group)
	a := simulate.Applier{Group: group, Station: -1, Disk: -1, Item: item, Access: access}
	if x.node.Machine.CPU.Slots > 0 && item.Mean > 0 {
		a.Station = d.station(x.place, "cpu")
	}
	if x.node.Machine.Disk.Slots > 0 && access.Mean > 0 {
		a.Disk = d.station(x.place, "disk")
	}
	i = len(d.network.Appliers)
	d.appliers[x] = i
	d.network.Appliers = append(d.network.Appliers, a)
	return i
}

// took adds a step to what the simulation plays of a route.
func (r *route) took(s ...simulate.Step) { r.steps = append(r.steps, s...) }

// ship is what a write does at the replicas of a tier.
func (m *model) ship(s *tier, class targets.Statement) []simulate.Step {
	var branches []simulate.Branch
	settings := s.settings()
	for _, x := range s.parts {
		if x.primary {
			continue
		}
		applier, group := m.draft.applier(x, settings.Demand[class], settings.Access), m.draft.group(x.place)
		trip := seconds(m.trip(s.primary().node.Name, x.node.Name))
		for i := range x.names {
			branches = append(branches, simulate.Branch{Chance: 1,
				Steps: []simulate.Step{simulate.HoldServer(group, i), simulate.Delay(trip), simulate.Apply(applier)}})
		}
	}
	switch s.mode() {
	case targets.ModeSynchronous:
		return []simulate.Step{simulate.Fork(0, branches...)}
	case targets.ModeSemiSynchronous:
		return []simulate.Step{simulate.Fork(1, branches...)}
	}
	return []simulate.Step{simulate.Background(branches...)}
}

// asking is one of several questions to shards at once.
func (m *model) asking(x *part, chance float64, demand, access targets.Law, more ...simulate.Step) simulate.Branch {
	group := m.draft.group(x.place)
	steps := []simulate.Step{simulate.Hold(group), simulate.Delay(seconds(m.trip(m.path.home().Name, x.node.Name)))}
	if x.node.Machine.CPU.Slots > 0 {
		steps = append(steps, simulate.Work(m.draft.station(x.place, "cpu"), demand))
	}
	if x.node.Machine.Disk.Slots > 0 && access.Mean > 0 {
		steps = append(steps, simulate.Work(m.draft.station(x.place, "disk"), access))
	}
	return simulate.Branch{Chance: min(chance, 1), Steps: append(append(steps, simulate.Leave(group)), more...)}
}

// carry is the time of a static file's bytes over the slowest of some wires:
// each file is as likely.
func (m *model) carry(ways ...[2]string) simulate.Step {
	sizes := m.path.web().Web.AssetSizes
	total, times := 0, []time.Duration{}
	for _, size := range sizes {
		total += size
	}
	mean := m.transfer(ways...)
	if total == 0 || mean == 0 {
		return simulate.Delay(0)
	}
	for _, size := range sizes {
		times = append(times, seconds(mean*float64(size)*float64(len(sizes))/float64(total)))
	}
	return simulate.DelayOneOf(times...)
}

// work on a photo that has been put into a queue: by the first worker that is
// free, who then stores the row by one of some routes.
func (m *model) workOff(r *route, stored []*route) {
	q := m.path.queue.Name
	places, law, key := 0, targets.Law{}, "workers of "+q
	for _, n := range m.topology.Nodes {
		for _, w := range n.Roles {
			if w.Worker == nil || n.Standby || !slices.Contains(w.Worker.Queues, q) {
				continue
			}
			if n.Machine.CPU.Slots > 0 {
				places += min(n.Machine.CPU.Slots, max(1, w.Worker.Concurrency))
				law = w.Worker.Demand
			}
		}
	}
	if places > 0 {
		at := place{node: targets.Node{Name: key, Machine: targets.Machine{CPU: targets.Resource{Slots: places, Queue: -1}}}, names: []string{key}}
		r.jobs = append(r.jobs, simulate.Work(m.draft.station(at, "cpu"), law))
	}
	r.stored = stored
}
