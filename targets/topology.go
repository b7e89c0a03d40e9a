package targets

import "time"

// Clients is the name that stands for the users of a site in a Link. It is
// not a node: the attacker plays it.
const Clients = "clients"

// Topology is one architecture: which machines there are, what runs on each,
// and how long the wires between them are. It is validated by Validate.
type Topology struct {
	// Name identifies the topology, for example "04-load-balancer".
	Name string `json:"name"`
	// Site is the fully qualified DNS name that clients resolve.
	Site string `json:"site"`
	// Entry names the role that answers HTTP for Site.
	Entry string `json:"entry"`
	// Resolver names the DNS resolver role that clients ask. Empty means
	// that clients know the entry's address.
	Resolver string `json:"resolver,omitempty"`
	// TimeScale is the number by which published periods (health checks,
	// TTLs, reboots) were divided. 1 means real time. Always at least 1.
	TimeScale float64 `json:"time_scale"`
	// Resolvers are further DNS resolvers, asked in turn when Resolver does
	// not answer.
	Resolvers []string `json:"resolvers,omitempty"`
	// Static is the fully qualified DNS name that static files are asked of.
	// Empty means Site.
	Static string `json:"static,omitempty"`
	// Regions are where the users are. None means one place, named by
	// [Clients].
	Regions []Region `json:"regions,omitempty"`
	Nodes   []Node   `json:"nodes"`
	Links   []Link   `json:"links"`
	// Autoscale may be nil: all nodes run all the time.
	Autoscale *Autoscale `json:"autoscale,omitempty"`
	// Telemetry may be nil: nodes tell only the harness of themselves.
	Telemetry *Telemetry `json:"telemetry,omitempty"`
	// Supervisor may be nil: nobody replaces a dead node.
	Supervisor *Supervisor `json:"supervisor,omitempty"`
}

// Node is a machine: one operating-system process on an address of its own,
// whose roles share its CPU slots and its disk.
type Node struct {
	Name    string  `json:"name"`
	Machine Machine `json:"machine"`
	Roles   []Role  `json:"roles"`
	// DataCenter is where it stands. Empty means that the topology has one.
	DataCenter string `json:"datacenter,omitempty"`
	// Standby nodes are not started with the others.
	Standby bool `json:"standby,omitempty"`
}

// Machine is the emulated size of a node.
type Machine struct {
	CPU  Resource `json:"cpu"`
	Disk Resource `json:"disk"`
	// Quantum is the longest time a piece of work holds a CPU slot before it
	// goes to the back of the queue. Zero means that work is never cut: plain
	// first in, first out.
	Quantum time.Duration `json:"quantum_ns"`
}

// Resource is a set of identical slots with one first-in-first-out queue.
type Resource struct {
	// Slots is how many pieces of work are served at once. Zero means that
	// the resource is not emulated: work takes no emulated time.
	Slots int `json:"slots"`
	// Queue is how many pieces of work may wait. Work that finds the queue
	// full is refused.
	Queue int `json:"queue"`
}

// Link is the wire from the node that dials (From) to the node that listens
// (To), in both directions. Two nodes without a Link cannot talk.
type Link struct {
	From string `json:"from"`
	To   string `json:"to"`
	// OneWay is the delay of each direction; half a round trip.
	OneWay time.Duration `json:"one_way_ns"`
	// Jitter is the half-width of a uniform law around OneWay. Data never
	// overtakes earlier data of the same connection and direction.
	Jitter time.Duration `json:"jitter_ns,omitempty"`
	// Bandwidth of each direction of each connection in bytes per second.
	// Zero means unlimited.
	Bandwidth int64 `json:"bandwidth_bytes_per_s,omitempty"`
	// Source names the latency-number row the delay comes from.
	Source string `json:"source,omitempty"`
}

// Node returns the node of that name.
func (t Topology) Node(name string) (Node, bool) {
	for _, n := range t.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// Role returns the role of that name and the node it runs on.
func (t Topology) Role(name string) (Role, Node, bool) {
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Name == name {
				return r, n, true
			}
		}
	}
	return Role{}, Node{}, false
}

// RolesOf returns every role of that kind, in the order of the topology.
func (t Topology) RolesOf(kind Kind) []Role {
	var out []Role
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Kind == kind {
				out = append(out, r)
			}
		}
	}
	return out
}

// Link returns the link between two nodes, as dialled by from. Roles of one
// node talk over its loopback: the link of a node to itself is the zero Link
// and exists always.
func (t Topology) Link(from, to string) (Link, bool) {
	if from == to {
		return Link{From: from, To: to}, true
	}
	for _, l := range t.Links {
		if l.From == from && l.To == to {
			return l, true
		}
	}
	return Link{}, false
}

// DataCenters lists the data centres in the order of their first nodes.
func (t Topology) DataCenters() []string {
	var names []string
	for _, n := range t.Nodes {
		names = append(names, n.DataCenter)
	}
	return once(names)
}

// Spread lists the regions that users of the site are in: all of them where
// there are several data centres to be near to; none stands for the one place
// without a name.
func (t Topology) Spread() []string {
	if len(t.DataCenters()) < 2 {
		return nil
	}
	var names []string
	for _, r := range t.Regions {
		names = append(names, r.Name)
	}
	return names
}

// NodesIn lists the nodes of a data centre.
func (t Topology) NodesIn(datacenter string) []string {
	var names []string
	for _, n := range t.Nodes {
		if n.DataCenter == datacenter {
			names = append(names, n.Name)
		}
	}
	return names
}
