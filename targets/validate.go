package targets

import (
	"fmt"
	"regexp"
	"time"
)

// Bounds of a topology: enough for 60 nodes on a laptop, small enough that a
// mistake in a file cannot take the machine down.
const (
	MaxNodes = 200
	MaxRoles = 20 // of one node
	MaxLinks = 10_000
	MaxSlots = 1024
	MaxQueue = 100_000
	// MinQuantum keeps long work from being cut into too many pieces.
	MinQuantum = 100 * time.Microsecond
)

var nodeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Validate reports everything that makes the topology impossible to run: at
// most 100 problems, always in the same order. An empty result means that it
// can be launched.
func (t Topology) Validate() []Problem {
	var ps problems
	t.checkSize(&ps)
	if len(ps) > 0 {
		return ps // too large to look at more closely
	}
	if len(t.Nodes) == 0 {
		ps.add("nodes", "at least one node", "there are none")
	}
	if !(t.TimeScale >= 1 && t.TimeScale <= 1000) { // false for NaN too
		ps.add("time_scale", "allowed is 1 to 1000", "is %v", t.TimeScale)
	}
	t.checkNames(&ps)
	t.checkRoles(&ps)
	t.checkLinks(&ps)
	t.checkUses(&ps)
	t.checkEntry(&ps)
	t.checkNameservers(&ps)
	t.checkCycles(&ps)
	t.checkRegions(&ps)
	t.checkStatic(&ps)
	t.checkAutoscale(&ps)
	t.checkResolvers(&ps)
	t.checkTelemetry(&ps)
	t.checkSupervisor(&ps)
	return ps
}

func (t Topology) checkSize(ps *problems) {
	if len(t.Nodes) > MaxNodes {
		ps.add("nodes", fmt.Sprintf("at most %d", MaxNodes), "there are %d", len(t.Nodes))
	}
	if len(t.Links) > MaxLinks {
		ps.add("links", fmt.Sprintf("at most %d", MaxLinks), "there are %d", len(t.Links))
	}
	for i, n := range t.Nodes {
		if len(n.Roles) > MaxRoles {
			ps.add(fmt.Sprintf("nodes[%d].roles", i), fmt.Sprintf("at most %d", MaxRoles), "there are %d", len(n.Roles))
		}
	}
}

func (t Topology) checkNames(ps *problems) {
	nodes, roles := map[string]string{}, map[string]string{}
	for _, name := range t.clientNames() {
		nodes[name] = "stands for the users"
	}
	for i, n := range t.Nodes {
		at := fmt.Sprintf("nodes[%d]", i)
		checkName(ps, at+".name", n.Name, nodes)
		n.Machine.check(ps, at+".machine")
		if n.DataCenter != "" && !nodeName.MatchString(n.DataCenter) {
			ps.add(at+".datacenter", "a lower-case letter, then up to 39 of a-z 0-9 -", "%q is not a name", n.DataCenter)
		}
		if len(n.Roles) == 0 {
			ps.add(at+".roles", "at least one role", "node %q has none", n.Name)
		}
		for j, r := range n.Roles {
			checkName(ps, fmt.Sprintf("%s.roles[%d].name", at, j), r.Name, roles)
		}
	}
}

func checkName(ps *problems, field, name string, taken map[string]string) {
	switch by, dup := taken[name]; {
	case !nodeName.MatchString(name):
		ps.add(field, "a lower-case letter, then up to 39 of a-z 0-9 -", "%q is not a name", name)
	case dup:
		ps.add(field, "a name that is not taken", "%q %s", name, by)
	default:
		taken[name] = "is there twice"
	}
}

func (m Machine) check(ps *problems, at string) {
	m.CPU.check(ps, at+".cpu")
	m.Disk.check(ps, at+".disk")
	if m.Quantum < 0 || (m.Quantum > 0 && m.Quantum < MinQuantum) {
		ps.add(at+".quantum", fmt.Sprintf("allowed is 0 (work is never cut), or at least %v", MinQuantum), "is %v", m.Quantum)
	}
}

func (r Resource) check(ps *problems, at string) {
	if r.Slots < 0 || r.Slots > MaxSlots {
		ps.add(at+".slots", fmt.Sprintf("allowed is 0 (not emulated) to %d", MaxSlots), "is %d", r.Slots)
	}
	if r.Queue < 0 || r.Queue > MaxQueue {
		ps.add(at+".queue", fmt.Sprintf("allowed is 0 to %d", MaxQueue), "is %d", r.Queue)
	}
}

func (t Topology) checkRoles(ps *problems) {
	for i, n := range t.Nodes {
		ports := map[int]string{}
		for j, r := range n.Roles {
			at := fmt.Sprintf("nodes[%d].roles[%d]", i, j)
			checkPort(ps, at+".port", r, ports)
			t.checkSettings(ps, at, r)
		}
	}
}

// checkPort makes sure that the roles of one node can all listen.
func checkPort(ps *problems, field string, r Role, taken map[int]string) {
	by, dup := taken[r.Port]
	switch {
	case r.Port < 0 || r.Port > 65535:
		ps.add(field, "allowed is 0 (any free port) to 65535", "is %d", r.Port)
	case dup:
		ps.add(field, "a port of its own, or 0", "role %q of this node has port %d already", by, r.Port)
	case r.Port > 0:
		taken[r.Port] = r.Name
	}
}
