package bench

// Comparison says of two runs, number by number, whether they differ.
type Comparison struct {
	// Before and After name the runs, for example by their folders.
	Before string  `json:"before"`
	After  string  `json:"after"`
	Level  float64 `json:"confidence_ratio"` // of the intervals, for example 0.95
	// Noise is the change that counts as none, even where it is significant.
	Noise  float64           `json:"noise_ratio"`
	Stages []StageComparison `json:"stages"`
	// Only are stages that one run has and the other has not.
	OnlyBefore []string `json:"only_before,omitempty"`
	OnlyAfter  []string `json:"only_after,omitempty"`
	// Warnings name what makes the two hard to compare: another machine,
	// profile, seed or workload.
	Warnings []string `json:"warnings,omitempty"`
}

// StageComparison compares one stage.
type StageComparison struct {
	ID   string  `json:"id"`
	Rows []Delta `json:"rows"`
}

// Delta is the change of one number.
type Delta struct {
	// Fact is its name, for example "common.p99_ns".
	Fact   string  `json:"fact"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Ratio is After / Before, with an interval. Zero Low and High mean that
	// there is no interval.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low_ratio,omitempty"`
	High  float64 `json:"high_ratio,omitempty"`
	// Word says what can be said of the change.
	Word DeltaWord `json:"word"`
	// Samples are the windows or repeats on each side.
	SamplesBefore int `json:"samples_before,omitempty"`
	SamplesAfter  int `json:"samples_after,omitempty"`
	// Method names the interval: "bootstrap over windows", "brackets".
	Method string `json:"method,omitempty"`
	// Why nothing can be said, or what to mind.
	Why string `json:"why,omitempty"`
}

// DeltaWord is a verdict on a change.
type DeltaWord string

// The verdicts on a change.
const (
	// DeltaSame: the interval covers no change, "~".
	DeltaSame DeltaWord = "same"
	// DeltaNoise: a change that is there but smaller than the noise bound.
	DeltaNoise  DeltaWord = "within noise"
	DeltaBetter DeltaWord = "better"
	DeltaWorse  DeltaWord = "worse"
	// DeltaUnknown: too few samples, or one side is in doubt.
	DeltaUnknown DeltaWord = "unknown"
)
