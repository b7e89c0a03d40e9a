package bench

// Estimate is a prediction of a Fact, made before the run from the topology
// and the workload alone.
type Estimate struct {
	// Fact that it predicts, for example "capacity_per_s".
	Fact  string  `json:"fact"`
	Value float64 `json:"value"`
	// Tolerance is how far a measurement may be off, as a ratio of Value,
	// for the estimate to count as right: 0.15 is 15%.
	Tolerance float64 `json:"tolerance_ratio"`
	// Model names the formula, for example "M/M/c" or "sum of demands".
	Model string `json:"model"`
	// Derivation is the calculation line by line, as a person would write it.
	Derivation []string `json:"derivation"`
	// Limits says where the model stops to hold. Outside says that this
	// case lies there; its verdict is then unknown.
	Limits  string `json:"limits,omitempty"`
	Outside string `json:"outside,omitempty"`
}

// Bottleneck is the resource that limits a stage.
type Bottleneck struct {
	// Node names the node, or the group of equal nodes ("web").
	Node string `json:"node"`
	// Resource is "cpu" or "disk".
	Resource string `json:"resource"`
	// Use is the share of its slot time in use, 0 to 1, at capacity.
	Use float64 `json:"use_ratio"`
}

// String returns "node/resource", or "" for none.
func (b Bottleneck) String() string {
	if b.Node == "" {
		return ""
	}
	return b.Node + "/" + b.Resource
}

// Prediction is all that is said of a stage before its run.
type Prediction struct {
	Estimates  []Estimate `json:"estimates"`
	Bottleneck Bottleneck `json:"bottleneck"`
	// Demands is the load that one request of the mix puts on each resource.
	Demands []Demand `json:"demands"`
}

// Demand is the mean slot time that one request of the mix asks of a
// resource, over all nodes of the group.
type Demand struct {
	Node     string  `json:"node"`
	Resource string  `json:"resource"`
	Slots    int     `json:"slots"`
	TimeNs   float64 `json:"time_ns"`
	// Ceiling is Slots / Time: the rate at which the resource is always
	// busy.
	Ceiling float64 `json:"ceiling_per_s"`
}

// Estimate returns the estimate of a fact.
func (p Prediction) Estimate(fact string) (Estimate, bool) {
	for _, e := range p.Estimates {
		if e.Fact == fact {
			return e, true
		}
	}
	return Estimate{}, false
}
