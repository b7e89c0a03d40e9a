package sheet

// Result is a solved sheet. All its numbers are finite.
type Result struct {
	Sheet  string `json:"sheet"`
	Title  string `json:"title"`
	Source string `json:"source,omitempty"`
	Text   string `json:"text,omitempty"`

	Calendar Lengths  `json:"conventions"`
	Inputs   []Given  `json:"inputs"`
	Steps    []Worked `json:"steps"`
	Checks   []Held   `json:"checks,omitempty"`
	Answers  []Solved `json:"answers,omitempty"`

	// Peak, Reads and Writes are rates of requests, nil where the sheet does
	// not name them. Storage is in bytes.
	Peak    *Rate   `json:"peak,omitempty"`
	Reads   *Rate   `json:"reads,omitempty"`
	Writes  *Rate   `json:"writes,omitempty"`
	Storage *Volume `json:"storage,omitempty"`

	// Limits say what to mind about the ranges; empty without ranges.
	Limits string `json:"limits,omitempty"`
}

// Lengths are the conventions that the sheet was solved by.
type Lengths struct {
	Day   float64 `json:"day_s"`
	Month float64 `json:"month_s"`
	Year  float64 `json:"year_s"`
	KB    int     `json:"kb_bytes"`
	Text  string  `json:"text"`
}

// Quantity is a value in a unit, with its least and greatest value over the
// ranges of the inputs. Without ranges all three are equal.
type Quantity struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Sampled is set where Low and High are outer bounds, farther out than any
	// value may be: the step both rises and falls with an input.
	Sampled *Sampled `json:"sampled,omitempty"`
	// Unit as the sheet writes it; empty for plain numbers.
	Unit string `json:"unit,omitempty"`
	// Exact has all digits of a whole number that a float64 rounds.
	Exact string `json:"exact,omitempty"`
	// Text is the value as people write it, "3,472 queries/s (2,315 to 4,630)".
	Text string `json:"text"`
	// Rounded says that Text does not have all digits of the value.
	Rounded bool `json:"rounded,omitempty"`
}

// Sampled is the least and the greatest value met at corners and random points
// of the ranges.
type Sampled struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Ranged reports whether the quantity is a range.
func (q Quantity) Ranged() bool { return q.Low != q.High }

// Given is an input.
type Given struct {
	Name string `json:"name"`
	Quantity
	Note string `json:"note,omitempty"`
}

// Worked is a step.
type Worked struct {
	Name string `json:"name"`
	// Formula is the step as it is written, Filled the same with the values.
	Formula string `json:"formula"`
	Filled  string `json:"filled"`
	// Results are the value in each unit that the step asks for, at least one.
	Results []Quantity `json:"results"`
	Text    string     `json:"text,omitempty"`
}

// Held is a check that holds at the point.
type Held struct {
	Formula string `json:"formula"`
	Filled  string `json:"filled"`
	Text    string `json:"text,omitempty"`
	// Always says that it holds all over the ranges too, as far as their
	// bounds can tell.
	Always bool `json:"always"`
}

// Solved is an answer.
type Solved struct {
	Of    string `json:"of"`
	Label string `json:"label"`
	Quantity
	Published *Published `json:"published,omitempty"`
}

// Published is the figure that a source prints, beside the exact one.
type Published struct {
	Quantity
	Source string `json:"source,omitempty"`
	// Difference is (published - exact) / exact.
	Difference float64 `json:"difference_ratio"`
	Tolerance  float64 `json:"tolerance_ratio"`
	Within     bool    `json:"within"`
	// Why it differs; never empty where it is not within the tolerance.
	Why string `json:"why,omitempty"`
	// Off is the difference as people write it: "+0.8%", "exact", "11 times".
	Off string `json:"difference"`
}

// Rate is a rate per second.
type Rate struct {
	Of    string  `json:"of"`
	Value float64 `json:"rate_per_s"`
	Low   float64 `json:"low_per_s"`
	High  float64 `json:"high_per_s"`
	// Counts is what comes at this rate, "queries"; empty when not said.
	Counts string `json:"counts,omitempty"`
}

// Volume is an amount of data.
type Volume struct {
	Of    string  `json:"of"`
	Value float64 `json:"bytes"`
	Low   float64 `json:"low_bytes"`
	High  float64 `json:"high_bytes"`
}
