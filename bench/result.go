package bench

import (
	"time"

	"rung/targets"
)

// Schema is the version of run.json. It changes when a field changes its
// meaning or goes.
const Schema = 1

// Run is everything one run found: the whole of run.json, from which every
// report is made.
type Run struct {
	Schema int    `json:"schema"`
	Tool   string `json:"tool"`
	// Kind of the run: a ladder, or an attack on something else.
	Kind     Kind      `json:"kind,omitempty"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Partial says why the run ended early. Empty when it is whole.
	Partial  string   `json:"partial,omitempty"`
	Seed     uint64   `json:"seed"`
	Profile  Profile  `json:"profile"`
	Hardware Hardware `json:"hardware"`
	// Baseline is the latency-number set that measured times are shown with.
	// Nil means the rows of Hardware.
	Baseline *NumberSet `json:"baseline,omitempty"`
	// Endpoint says what was attacked where Kind is not the ladder.
	Endpoint    *Endpoint     `json:"endpoint,omitempty"`
	Host        Host          `json:"host"`
	Calibration Calibration   `json:"calibration"`
	Workload    Workload      `json:"workload"`
	Stages      []StageResult `json:"stages"`
	Warnings    []string      `json:"warnings,omitempty"`
	Verdict     Word          `json:"verdict"`
}

// Hardware names the latency-number set that the emulation used.
type Hardware struct {
	Name string `json:"name"`
	// Rows of the set; Use is filled in for those that the emulation used.
	Rows []Number `json:"rows,omitempty"`
}

// Host is the real machine.
type Host struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	Memory int64  `json:"memory_bytes"`
	Kernel string `json:"kernel,omitempty"`
	CPU    string `json:"cpu,omitempty"`
	Go     string `json:"go"`
	Commit string `json:"commit,omitempty"`
}

// Calibration is what the ruler measured of itself before the run.
type Calibration struct {
	// ClockP50 and ClockP99 are wake-up errors of the harness's clock.
	ClockP50 time.Duration `json:"clock_p50_ns"`
	ClockP99 time.Duration `json:"clock_p99_ns"`
	// LoopbackP50 is an HTTP round trip to a null server, unloaded.
	LoopbackP50 time.Duration `json:"loopback_p50_ns"`
	// Ceiling is the highest rate the generator kept up against a null
	// server in another process of this machine.
	Ceiling float64 `json:"ceiling_per_s"`
	// HopCost is the real time one more process on the path adds.
	HopCost  time.Duration `json:"hop_cost_ns"`
	FsyncP50 time.Duration `json:"fsync_p50_ns"`
	Warnings []string      `json:"warnings,omitempty"`
}

// StageResult is what a run found on one stage.
type StageResult struct {
	Stage      Stage      `json:"stage"`
	Prediction Prediction `json:"prediction"`
	// Simulation of the common load in virtual time.
	Simulation *Simulation  `json:"simulation,omitempty"`
	Common     *Measurement `json:"common,omitempty"`
	Capacity   *Capacity    `json:"capacity,omitempty"`
	// Repeats are further rounds of the same, in the order they ran; Common
	// and Capacity are the first round. Empty without repeats.
	Repeats []Repeat `json:"repeats,omitempty"`
	// Scalings are capacities by the number of nodes.
	Scalings []Scaling `json:"scalings,omitempty"`
	Kills    []KillRow `json:"kills,omitempty"`
	// Lookups are DNS lookups in order.
	Lookups []Lookup `json:"lookups,omitempty"`
	// Variants hold what experiments measured on changed topologies.
	Variants []VariantResult `json:"variants,omitempty"`
	// Figures are relations that experiments measured.
	Figures  []Figure  `json:"figures,omitempty"`
	Facts    []Fact    `json:"facts"`
	Verdicts []Verdict `json:"verdicts"`
	Warnings []string  `json:"warnings,omitempty"`
	// Failed says why the stage could not be finished.
	Failed string `json:"failed,omitempty"`
	Word   Word   `json:"verdict"`
	// Startup is the time from the first process to the last one serving.
	Startup time.Duration `json:"startup_ns"`
	// Processes, and their real CPU and memory at the common load.
	Processes  int           `json:"processes"`
	ProcessCPU time.Duration `json:"process_cpu_ns"`
	Memory     int64         `json:"memory_bytes"`
	// CostPerMillion requests at capacity, in USD. Null without a capacity.
	CostPerMillion *float64 `json:"cost_usd_per_million,omitempty"`
}

// Repeat is one more round of a stage's common load and capacity search. The
// rounds of several stages take turns (A B A B), so that a slow change of the
// machine falls on all alike.
type Repeat struct {
	Round    int          `json:"round"` // 2 is the first repeat
	Common   *Measurement `json:"common,omitempty"`
	Capacity *Capacity    `json:"capacity,omitempty"`
}

// VariantResult is what was measured on a changed topology.
type VariantResult struct {
	Name       string       `json:"name"`
	Text       string       `json:"text"`
	Prediction Prediction   `json:"prediction"`
	Capacity   *Capacity    `json:"capacity,omitempty"`
	Latency    *Measurement `json:"latency,omitempty"`
}

// Capacity is the highest rate that meets the SLO, as a bracket.
type Capacity struct {
	SLO SLO `json:"slo"`
	// Passed is the highest rate that passed, Failed the lowest above it
	// that did not. Zero Failed means that no rate tried failed.
	Passed float64 `json:"passed_per_s"`
	Failed float64 `json:"failed_per_s"`
	Probes []Probe `json:"probes"`
	// Bottleneck by node metrics at the lowest rate that failed, or else at
	// the highest that passed.
	Bottleneck Bottleneck `json:"bottleneck"`
	// Doubt says why the bracket must not be trusted.
	Doubt string `json:"doubt,omitempty"`
}

// Breaking is the probe at which the stage broke, where its limit shows: that of
// the lowest rate that failed, or else of the highest that passed; nil when
// there is neither, or no search.
func (c *Capacity) Breaking() *Probe {
	if c == nil {
		return nil
	}
	var at *Probe
	for i := range c.Probes {
		p := &c.Probes[i]
		switch {
		case p.Word == Fail && p.Rate == c.Failed:
			return p
		case p.Word == Pass && p.Rate == c.Passed:
			at = p
		}
	}
	return at
}

// Probe is one try of a capacity search.
type Probe struct {
	Rate    float64        `json:"rate_per_s"`
	Goodput float64        `json:"goodput_per_s"`
	P50     *time.Duration `json:"p50_ns"`
	P99     *time.Duration `json:"p99_ns"`
	// Failures is the failure ratio.
	Failures float64 `json:"failures_ratio"`
	// Slow is the share of planned requests that failed or took longer than
	// the SLO's latency: the probe passes when it is at most 1 - quantile.
	Slow float64 `json:"slower_than_slo_ratio"`
	Word Word    `json:"verdict"`
	// Why the probe failed or does not count.
	Why string `json:"why,omitempty"`
	// Uses are the shares of slot time in use during the probe.
	Uses []Use `json:"uses"`
}

// Use is the use of one resource of one node over a time.
type Use struct {
	Node     string  `json:"node"`
	Resource string  `json:"resource"`
	Ratio    float64 `json:"use_ratio"`
	// Queue is the longest queue seen when sampled.
	Queue int `json:"queue"`
	// Roles is the ratio by role.
	Roles map[string]float64 `json:"roles_ratio,omitempty"`
}

// KillRow is one row of the kill matrix.
type KillRow struct {
	// Node names the row: the node that was killed, or what was done.
	Node string `json:"node"`
	// Nodes that were killed, when they are not just Node, and the Variant
	// of the stage that it was done on.
	Nodes   []string `json:"nodes,omitempty"`
	Variant string   `json:"variant,omitempty"`
	// Asked and Happened: an injected fault that did not happen makes the
	// row unknown.
	Fault    targets.Fault `json:"fault"`
	Happened bool          `json:"happened"`
	// Killed and Restarted are measured times from the start of the attack.
	Killed    time.Duration `json:"killed_ns"`
	Restarted time.Duration `json:"restarted_ns"`
	// Availability over the whole attack, and while the node was down.
	Availability     float64 `json:"availability_ratio"`
	AvailabilityDown float64 `json:"availability_while_down_ratio"`
	// LoggedOut counts users who lost their session.
	LoggedOut uint64   `json:"logged_out"`
	Recovery  Recovery `json:"recovery"`
	// Ledger of the posts, and Photos of the photos where a queue takes them.
	Ledger Audit  `json:"ledger"`
	Photos *Audit `json:"photos,omitempty"`
	// Measurement of the attack around the fault.
	Measurement Measurement `json:"measurement"`
	Doubt       string      `json:"doubt,omitempty"`
}

// Recovery is the time to recover and its parts, as far as the stage has
// them. A null part does not exist there, or was not observed.
type Recovery struct {
	// Total is from the kill to the last failure before the first span, as
	// long as Settled, without one. Null when that did not come.
	Total *time.Duration `json:"total_ns"`
	// Settled is how long it must stay without failures to count.
	Settled time.Duration `json:"settled_ns"`
	// Detection: until somebody noticed. Decision: until it was settled who
	// takes over. Promotion: until the chosen one was ready. Convergence:
	// until a client was served by it. Each counts from the end of the one
	// before. Restart: from the kill until the killed node's replacement
	// served again.
	Detection   *time.Duration `json:"detection_ns"`
	Decision    *time.Duration `json:"decision_ns"`
	Promotion   *time.Duration `json:"promotion_ns"`
	Convergence *time.Duration `json:"convergence_ns"`
	Restart     *time.Duration `json:"restart_ns"`
	// Seeded is how long a replacement with an empty disk took, once it
	// ran, until it had all the data of its group.
	Seeded *time.Duration `json:"seeded_ns,omitempty"`
	// NoFailure says that users saw no failure at all.
	NoFailure bool `json:"no_failure"`
}

// Audit is what a ledger found when it compared promises with the store.
type Audit struct {
	// Acknowledged writes; Attempted includes those without an answer.
	Attempted    uint64 `json:"attempted"`
	Acknowledged uint64 `json:"acknowledged"`
	// Lost are acknowledged writes that are not there.
	Lost uint64 `json:"lost"`
	// Unacknowledged writes that are there all the same: no error, but the
	// client does not know.
	Unacknowledged uint64 `json:"unacknowledged"`
	// Duplicated counts rows beyond the first one of a write.
	Duplicated uint64 `json:"duplicated,omitempty"`
	// Checked is false when the store could not be read; Lost is then void.
	Checked bool   `json:"checked"`
	Why     string `json:"why,omitempty"`
}

// Lookup is one DNS lookup by the client.
type Lookup struct {
	Name string `json:"name"`
	// State of the caches before it: "cold", "stub", "resolver", "expired".
	State   string        `json:"state"`
	Took    time.Duration `json:"took_ns"`
	Address string        `json:"address"`
	TTL     time.Duration `json:"ttl_ns"`
	// Asked counts the questions the resolver sent upstream for it.
	Asked int `json:"asked"`
}
