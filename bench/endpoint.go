package bench

import "time"

// Kind says what a run was made of.
type Kind string

// The kinds of runs.
const (
	// KindLadder is a run of stages, the zero value.
	KindLadder Kind = ""
	// KindAttack is one attack on endpoints of the user's.
	KindAttack Kind = "attack"
	// KindCapacity is a search for the highest rate that they carry.
	KindCapacity Kind = "capacity"
	// KindReplay is made from the results of another tool.
	KindReplay Kind = "replay"
)

// Endpoint says what was attacked in a run that has no topology. Such a run
// has one StageResult, whose stage has an ID and a title only; its facts are
// named as those of a stage's common load, and its thresholds are verdicts.
type Endpoint struct {
	// Targets by their names, which are the operations of the measurement.
	Targets []EndpointTarget `json:"targets"`
	// Hosts are the addresses that were attacked, "host:port".
	Hosts []string `json:"hosts"`
	// Plan in words, and Thresholds as they were given.
	Plan       string        `json:"plan"`
	Thresholds []string      `json:"thresholds,omitempty"`
	Protocol   string        `json:"protocol"`
	Timeout    time.Duration `json:"timeout_ns"`
	// Connections is the most to a host.
	Connections int `json:"connections"`
	// Warm is the load before the measurement; zero means none.
	Warm time.Duration `json:"warm_ns,omitempty"`
	// Source is the tool and encoding that results were read from.
	Source string `json:"source,omitempty"`
}

// EndpointTarget is a request that was sent again and again.
type EndpointTarget struct {
	Name   string  `json:"name"`
	Method string  `json:"method"`
	URL    string  `json:"url"`
	Weight float64 `json:"weight"`
	// BodyBytes is the size of its body.
	BodyBytes int `json:"body_bytes,omitempty"`
}
