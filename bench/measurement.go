package bench

import "time"

// Measurement is what one attack observed.
type Measurement struct {
	// Name of the attack within its stage: "common", "probe-03", "kill-db".
	Name string `json:"name"`
	// Plan in words.
	Plan     string        `json:"plan"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	// Rate planned, on average over Duration.
	Rate float64 `json:"rate_per_s"`
	// Goodput is the rate of OK answers that came while the plan lasted.
	// Answers to what was still in flight then do not count: at a rate that a
	// system keeps up with they are few, and beyond it they are its backlog.
	Goodput    float64 `json:"goodput_per_s"`
	Total      Tally   `json:"total"`
	Operations []Tally `json:"operations"`
	// Regions are tallies of "<region>/<operation>", where users are in
	// several regions.
	Regions   []Tally    `json:"regions,omitempty"`
	Intervals []Interval `json:"intervals"`
	// Heat is the response time over time. Nil when it was not asked for.
	Heat      *Heat     `json:"heat,omitempty"`
	Generator Generator `json:"generator"`
	// Breakdown is where answered requests spent their time.
	Breakdown []Breakdown  `json:"breakdown,omitempty"`
	Errors    []ErrorGroup `json:"errors,omitempty"`
	// Log is the path of the .hlog file, relative to the run directory.
	Log      string   `json:"log,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// Tally counts the requests of one operation, or of all ("total").
// Planned = Sent + Unsent; Sent = OK + Failed + Refused + LoggedOut.
type Tally struct {
	Operation string `json:"operation"`
	Planned   uint64 `json:"planned"`
	Sent      uint64 `json:"sent"`
	Unsent    uint64 `json:"unsent"`
	OK        uint64 `json:"ok"`
	Failed    uint64 `json:"failed"`
	Refused   uint64 `json:"refused"`
	LoggedOut uint64 `json:"logged_out"`
	// Response, Service and Lateness of all OK and LoggedOut requests.
	Response Distribution `json:"response"`
	Service  Distribution `json:"service"`
	Lateness Distribution `json:"lateness"`
	// Failures is the response time of the Failed, kept apart: a refused
	// connection is fast and would flatter the rest.
	Failures Distribution `json:"failures"`
}

// FailureRatio is the share of planned requests that failed or were never
// sent: the user saw no answer. 0 when nothing was planned.
func (t Tally) FailureRatio() float64 {
	if t.Planned == 0 {
		return 0
	}
	return float64(t.Failed+t.Unsent) / float64(t.Planned)
}

// Availability is 1 - FailureRatio.
func (t Tally) Availability() float64 { return 1 - t.FailureRatio() }

// Distribution sums up a histogram. A quantile that has fewer than ten
// samples beyond it is null: there is not enough data to name it.
type Distribution struct {
	Count uint64         `json:"count"`
	Min   time.Duration  `json:"min_ns"`
	Mean  time.Duration  `json:"mean_ns"`
	Max   time.Duration  `json:"max_ns"`
	P50   *time.Duration `json:"p50_ns"`
	P90   *time.Duration `json:"p90_ns"`
	P95   *time.Duration `json:"p95_ns"`
	P99   *time.Duration `json:"p99_ns"`
	P999  *time.Duration `json:"p999_ns"`
	// Curve are points of the distribution for drawing, by rising quantile,
	// ending at the maximum (quantile 1).
	Curve []Point `json:"curve,omitempty"`
}

// Point of a percentile curve.
type Point struct {
	// Quantile in [0, 1].
	Quantile float64       `json:"quantile"`
	Value    time.Duration `json:"value_ns"`
	// Beyond counts the samples above the point.
	Beyond uint64 `json:"beyond"`
}

// Interval is one slice of an attack. A request belongs to the interval in
// which it was planned.
type Interval struct {
	// Start from the beginning of the attack, and Length.
	Start  time.Duration `json:"start_ns"`
	Length time.Duration `json:"length_ns"`

	Planned   uint64 `json:"planned"`
	OK        uint64 `json:"ok"`
	Failed    uint64 `json:"failed"`
	Refused   uint64 `json:"refused"`
	LoggedOut uint64 `json:"logged_out"`
	Unsent    uint64 `json:"unsent"`
	// P50 and P99 of the response time; null without samples. Max of the
	// interval stands beside them because few samples make a p99 a max.
	P50 *time.Duration `json:"p50_ns"`
	P99 *time.Duration `json:"p99_ns"`
	Max *time.Duration `json:"max_ns"`
}

// Generator says whether the load was what was asked.
type Generator struct {
	// Workers is the most that ran at once; Ceiling the most allowed.
	Workers int `json:"workers"`
	Ceiling int `json:"ceiling"`
	// Late counts requests sent more than LateAfter behind their plan.
	Late      uint64        `json:"late"`
	LateAfter time.Duration `json:"late_after_ns"`
	// CPU is the real CPU time the harness process used, over Wall time.
	CPU  time.Duration `json:"cpu_ns"`
	Wall time.Duration `json:"wall_ns"`
	// Pauses is the summed stop-the-world time of the garbage collector.
	Pauses time.Duration `json:"gc_pauses_ns"`
	// Sockets is the most open connections, and Files the most open file
	// descriptors of the process, when sampled; FileLimit is how many it may
	// have. Zero means unknown.
	Sockets   int    `json:"sockets,omitempty"`
	Files     int    `json:"open_files,omitempty"`
	FileLimit uint64 `json:"open_files_limit,omitempty"`
	// Dials counts connections opened during the attack.
	Dials int64 `json:"dials"`
	// Precise says whether the precise clock paced the attack.
	Precise bool `json:"precise_clock"`
	// Limited is why the generator, not the target, limited the result.
	// Empty when it did not.
	Limited string `json:"limited,omitempty"`
}

// Breakdown is where requests near one quantile of the response time spent
// it: means over the same requests, so the parts add up.
type Breakdown struct {
	// Quantile the requests lie around, for example 0.5.
	Quantile float64 `json:"quantile"`
	// Requests that the means are over.
	Requests int           `json:"requests"`
	Response time.Duration `json:"response_ns"`
	Parts    []Part        `json:"parts"`
}

// Part of a breakdown. Names are those of the Server-Timing header, and
// "late" (generator) and "rest" (network and everything unnamed).
type Part struct {
	Name string        `json:"name"`
	Time time.Duration `json:"time_ns"`
}

// ErrorGroup counts failures of one cause.
type ErrorGroup struct {
	Operation string `json:"operation"`
	Cause     string `json:"cause"`
	Count     uint64 `json:"count"`
}
