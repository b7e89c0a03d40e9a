package bench

import (
	"time"

	"rung/targets"
)

// Stage is one rung of the ladder: a topology and what is asked of it.
type Stage struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Adds says what is new against the stage before.
	Adds string `json:"adds"`
	// Previous is the id of the stage before; empty for the first.
	Previous string `json:"previous,omitempty"`
	// Compare is the stage that this one is compared with: Previous, unless
	// the stage starts from another one's machines.
	Compare  string           `json:"compare,omitempty"`
	Topology targets.Topology `json:"topology"`
	// Variants are the same stage with something changed, for comparison.
	Variants []Variant `json:"variants,omitempty"`
	// Kills are the rows of the kill-one-of-each matrix.
	Kills       []Kill       `json:"kills,omitempty"`
	Experiments []Experiment `json:"experiments,omitempty"`
	Figures     []FigurePlan `json:"figures,omitempty"`
	// Scalings are capacities by the number of nodes, to be fitted.
	Scalings []ScalingPlan `json:"scalings,omitempty"`
	Claims   []Claim       `json:"claims,omitempty"`
	// PricePerHour is the money the topology's machines cost, in USD.
	PricePerHour float64 `json:"price_usd_per_hour"`
	// Periods are published periods and what the time scale made of them.
	Periods []Period `json:"periods,omitempty"`
}

// Variant is a changed topology of a stage.
type Variant struct {
	Name         string           `json:"name"`
	Text         string           `json:"text"`
	Topology     targets.Topology `json:"topology"`
	PricePerHour float64          `json:"price_usd_per_hour"`
}

// Kill is one row of the kill matrix: the node, or a whole data centre, is
// killed and, after Down, new processes take its place.
type Kill struct {
	// Node or DataCenter, not both.
	Node       string        `json:"node,omitempty"`
	DataCenter string        `json:"datacenter,omitempty"`
	Down       time.Duration `json:"down_ns"`
	// Replace says that the new process starts with an empty disk: another
	// machine, not the same one again.
	Replace bool `json:"replace,omitempty"`
	// Profiles that it is part of; empty means all.
	Profiles []string `json:"profiles,omitempty"`
}

// Name of the row: the node, or the data centre.
func (k Kill) Name() string {
	if k.Node != "" {
		return k.Node
	}
	return k.DataCenter
}

// Hot is one user who gets a share of all requests that pick a user. The zero
// value is nobody.
type Hot struct {
	User  int64   `json:"user"`
	Ratio float64 `json:"share_ratio"`
}

// Experiment is a further observation of a stage. Its facts are named
// "<name>.<fact>".
type Experiment struct {
	Name string         `json:"name"`
	Kind ExperimentKind `json:"kind"`
	// Variant to run it on; empty is the stage's own topology.
	Variant string `json:"variant,omitempty"`
	// Role that it is about, where the kind needs one.
	Role string `json:"role,omitempty"`
	// Rate of its attack in requests per second, where it has one.
	Rate float64 `json:"rate_per_s,omitempty"`
	// Operations that its attack is limited to; empty means all.
	Operations []targets.Operation `json:"operations,omitempty"`
	// Regions that its users are in; empty means the one place that has no
	// name.
	Regions []string `json:"regions,omitempty"`
	// Nodes that it strikes, all at once, and how long they are Down.
	Nodes []string      `json:"nodes,omitempty"`
	Down  time.Duration `json:"down_ns,omitempty"`
	// DataCenter that it strikes, in place of Nodes.
	DataCenter string `json:"datacenter,omitempty"`
	// Hot is a celebrity in its attack.
	Hot Hot `json:"hot,omitzero"`
	// Values that it tries in turn.
	Values []int `json:"values,omitempty"`
	// Length of its attack; zero means that the profile decides.
	Length time.Duration `json:"length_ns,omitempty"`
	// Slow is an extra one-way delay of the wires that it is about.
	Slow time.Duration `json:"slow_ns,omitempty"`
	// Count is how often it does what it does.
	Count int `json:"count,omitempty"`
	// Peak is the highest rate of a load that changes, per second.
	Peak float64 `json:"peak_per_s,omitempty"`
	// Exponent of the Zipf law in place of the workload's. Zero means the
	// workload's.
	Exponent float64 `json:"zipf_exponent,omitempty"`
	// Method tells ways apart to do one thing.
	Method string `json:"method,omitempty"`
	// Profiles that it runs in; empty means all.
	Profiles []string `json:"profiles,omitempty"`
}

// ExperimentKind says what an experiment does.
type ExperimentKind string

// The kinds of experiments.
const (
	// ExperimentLookup times cold and cached DNS lookups.
	ExperimentLookup ExperimentKind = "lookup"
	// ExperimentCapacity searches the capacity of a variant.
	ExperimentCapacity ExperimentKind = "capacity"
	// ExperimentLatency attacks a variant at Rate.
	ExperimentLatency ExperimentKind = "latency"
	// ExperimentLoad attacks at Rate with all its Operations at once.
	ExperimentLoad ExperimentKind = "load"
	// ExperimentDirect connects to the private Role as a client would.
	ExperimentDirect ExperimentKind = "direct"
	// ExperimentLimit sends Rate from one address to see the rate limit.
	ExperimentLimit ExperimentKind = "limit"
	// ExperimentKill kills Nodes, or a DataCenter, under an attack at Rate, by
	// Method.
	ExperimentKill ExperimentKind = "kill"
	// ExperimentFailover kills the primary of a replicated database Count
	// times under posts at Rate. With Slow, the wires from the primary to its
	// replicas are slowed before each kill.
	ExperimentFailover ExperimentKind = "failover"
	// ExperimentFreshness edits users and reads them again, at Rate, beside
	// an attack: how stale are reads?
	ExperimentFreshness ExperimentKind = "freshness"
	// ExperimentHits attacks a warm cache tier at Rate: how many reads hit?
	ExperimentHits ExperimentKind = "hits"
	// ExperimentStampede empties the cache tier under an attack at Rate, with
	// the wires to the store slowed by Slow.
	ExperimentStampede ExperimentKind = "stampede"
	// ExperimentPublish changes the static files and watches from every
	// region until the change is seen, by Method: "ttl", "purge" or
	// "versioned".
	ExperimentPublish ExperimentKind = "publish"
	// ExperimentTamper changes session cookies and counts what is let in, by
	// Method: "tampered" or "expired".
	ExperimentTamper ExperimentKind = "tamper"
	// ExperimentAutoscale raises the load from Rate to Peak and back, over
	// Length, while servers join and leave.
	ExperimentAutoscale ExperimentKind = "autoscale"
	// ExperimentDrain stops all workers under photos at Rate for Length, then
	// lets Count of them work until the queue is empty.
	ExperimentDrain ExperimentKind = "drain"
	// ExperimentHeal kills Nodes under an attack at Rate and leaves them to
	// the supervisor.
	ExperimentHeal ExperimentKind = "heal"
	// ExperimentDeploy brings a new version to Nodes, one after another,
	// under an attack at Rate.
	ExperimentDeploy ExperimentKind = "deploy"
	// ExperimentTrace sends Count requests with ids and looks for them in the
	// gathered logs.
	ExperimentTrace ExperimentKind = "trace"
	// ExperimentReshard gives the spare shards their part of the data, in
	// batches of Count users, under reads, posts and edits at Rate.
	ExperimentReshard ExperimentKind = "reshard"
	// ExperimentPlacement places all users on many rings with as many virtual
	// nodes as each of Values: how uneven are the shards?
	ExperimentPlacement ExperimentKind = "placement"
)

// The ways to strike by Method. An empty one kills processes.
const (
	// MethodLinks cuts every wire into and out of the data centre.
	MethodLinks = "links"
	// MethodPowerCut kills, and takes what was not synced to disk.
	MethodPowerCut = "power-cut"
)

// FigurePlan is a figure that is made of facts when they are known.
type FigurePlan struct {
	// Figure without points.
	Figure Figure `json:"figure"`
	// Points of each series, in the order of the figure's.
	Points [][]FactPoint `json:"points"`
}

// ScalingPlan is a Scaling that is made of facts when they are known.
type ScalingPlan struct {
	// Of names a group of equal nodes: "web" for web-1, web-2 and so on.
	Of string `json:"of"`
	// Points have the number of nodes as X, and the fact of their capacity.
	Points []FactPoint `json:"points"`
	// Simulate is how many nodes the simulation tries beside.
	Simulate []int `json:"simulate,omitempty"`
}

// FactPoint is the point of a fact.
type FactPoint struct {
	X    float64 `json:"x"`
	Fact string  `json:"fact"`
}

// ExperimentKinds lists the kinds of experiments.
func ExperimentKinds() []ExperimentKind {
	return []ExperimentKind{ExperimentLookup, ExperimentCapacity, ExperimentLatency, ExperimentLoad,
		ExperimentDirect, ExperimentLimit, ExperimentKill, ExperimentFailover, ExperimentFreshness, ExperimentHits,
		ExperimentStampede, ExperimentPublish, ExperimentTamper, ExperimentAutoscale, ExperimentDrain,
		ExperimentHeal, ExperimentDeploy, ExperimentTrace, ExperimentReshard, ExperimentPlacement}
}

// Period is a published default and its scaled value.
type Period struct {
	Name      string        `json:"name"`
	Published time.Duration `json:"published_ns"`
	Scaled    time.Duration `json:"scaled_ns"`
	Source    string        `json:"source"`
}

// Claim is a sentence about a stage and the checks that decide it. It passes
// when every check holds.
type Claim struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Checks are comparisons of facts, as ParseCheck reads them.
	Checks []string `json:"checks"`
	// Profiles that it is judged in; empty means all.
	Profiles []string `json:"profiles,omitempty"`
}

// Profile is how much time a run takes.
type Profile struct {
	Name string `json:"name"`
	// Rate of the common load, the same on every stage.
	Rate float64 `json:"rate_per_s"`
	// Common, Warm and Probe are the durations of the common load, of the
	// warm-up before it, and of one capacity probe.
	Common time.Duration `json:"common_ns"`
	Warm   time.Duration `json:"warm_ns"`
	Probe  time.Duration `json:"probe_ns"`
	// Probes bounds the number of capacity probes per search.
	Probes int `json:"probes"`
	// Width at which a bracket is narrow enough: (failed-passed)/passed.
	Width float64 `json:"width_ratio"`
	// Before and After surround the outage of a kill row.
	Before time.Duration `json:"before_ns"`
	After  time.Duration `json:"after_ns"`
	// Failovers bounds how often one experiment kills a primary; 0 means as
	// often as it asks for.
	Failovers int `json:"failovers,omitempty"`
	// Lanes is how many stages may run at once, as far as all their attacks
	// together need no more of the machine than one stage may.
	Lanes int `json:"lanes,omitempty"`
	// Repeats of the whole run.
	Repeats int `json:"repeats"`
	// Simulate is the time that the simulation of one stage may take; 0 means
	// no simulation.
	Simulate time.Duration `json:"simulate_ns,omitempty"`
}
