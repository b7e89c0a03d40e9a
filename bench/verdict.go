package bench

// Word is the outcome of a comparison.
type Word string

// The verdict words. Unknown is what a missing, doubtful or too small
// measurement gives: never a pass.
const (
	Pass    Word = "pass"
	Fail    Word = "fail"
	Unknown Word = "unknown"
)

// Verdict compares one claim or estimate with what was observed.
type Verdict struct {
	// ID of the claim, or "estimate." and the fact.
	ID   string `json:"id"`
	Text string `json:"text"`
	Word Word   `json:"verdict"`
	// Evidence is the comparison with its numbers, for a reader.
	Evidence []string `json:"evidence"`
	// Expected and Measured are set for estimates. Ratio is measured over
	// expected.
	Expected float64 `json:"expected,omitempty"`
	Measured float64 `json:"measured,omitempty"`
	Ratio    float64 `json:"ratio,omitempty"`
}

// Worst sums verdicts up: fail when any failed, else unknown when any is
// unknown or there is none, else pass.
func Worst(verdicts []Verdict) Word {
	worst := Pass
	if len(verdicts) == 0 {
		return Unknown
	}
	for _, v := range verdicts {
		switch v.Word {
		case Fail:
			return Fail
		case Unknown:
			worst = Unknown
		}
	}
	return worst
}
