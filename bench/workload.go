package bench

import (
	"net/http"
	"time"

	"rung/targets"
)

// Workload is what users do, and what they expect.
type Workload struct {
	Name string `json:"name"`
	// Mix is the share of each operation; the ratios sum to 1.
	Mix []Share `json:"mix"`
	// Exponent of the Zipf law by which users are picked: user of rank k is
	// asked for in proportion to k^-Exponent. 0 is uniform.
	Exponent float64 `json:"zipf_exponent"`
	// Data is the size of the data set that requests range over.
	Data targets.Data `json:"data"`
	// Assets is how many static files there are.
	Assets int `json:"assets"`
	// Sessions is how many users are logged in at once.
	Sessions int `json:"sessions"`
	// Arrivals is the law of the gaps between requests.
	Arrivals Arrivals `json:"arrivals"`
	// Timeout after which a request counts as failed.
	Timeout time.Duration `json:"timeout_ns"`
	SLO     SLO           `json:"slo"`
}

// Share is the part of an operation in a mix.
type Share struct {
	Operation targets.Operation `json:"operation"`
	Ratio     float64           `json:"ratio"`
}

// Arrivals is the law of the gaps between planned requests.
type Arrivals string

// The arrival laws.
const (
	ArrivalsConstant Arrivals = "constant"
	ArrivalsPoisson  Arrivals = "poisson"
)

// SLO is a service-level objective: a latency quantile and a failure ratio
// that must both be met.
type SLO struct {
	// Quantile in (0, 1), for example 0.99.
	Quantile float64 `json:"quantile"`
	// Latency that the response time at Quantile must not exceed.
	Latency time.Duration `json:"latency_ns"`
	// Failures is the largest failure ratio allowed.
	Failures float64 `json:"failures_ratio"`
}

// Plan says when requests are due: a pure function from the number of a
// request to its offset from the start of the attack. Safe for concurrent
// use.
type Plan interface {
	// At returns the offset of request n, 0-based. It never falls with n.
	At(n uint64) time.Duration
	// Count is the number of requests planned.
	Count() uint64
	// Duration of the attack. Every offset is below it.
	Duration() time.Duration
	// String states the plan in words, with units.
	String() string
}

// Request is one request of an attack.
type Request struct {
	// Operation indexes Source.Operations.
	Operation int
	Method    string
	// Path with query, from "/".
	Path   string
	Header http.Header
	Body   []byte
	// Region of the user who sends it. Empty means the one place there is.
	Region string
	// Static says that it is sent to the topology's Static name.
	Static bool
	// Key names what the request promises to store when it is acknowledged;
	// empty for all but writes.
	Key string
}

// Source gives the requests of an attack by number. It is safe for
// concurrent use. The same seed and number give the same request, except
// that a user whose session was lost logs in instead.
type Source interface {
	Operations() []string
	Request(n uint64) Request
	// Observe is told of every answer. Code is 0 when there was none.
	Observe(n uint64, r Request, code int, header http.Header)
}
