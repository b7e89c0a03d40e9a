package sheet

import (
	"fmt"
	"slices"
)

// Sheet is an estimate as it is written down. The zero value has no steps and
// is refused by Solve.
type Sheet struct {
	// Name is the sheet's id, Title one line for people, Source where the case
	// comes from, Text a paragraph about it. All but the steps may be empty.
	Name, Title, Source, Text string
	Conventions               Conventions
	Inputs                    []Input
	Steps                     []Step
	Checks                    []Check
	Answers                   []Answer
	// Peak, Reads and Writes name steps that are rates of requests, and Storage
	// one in bytes; later sizing starts from them. Empty where there is none.
	Peak, Reads, Writes, Storage string
}

// Input is a quantity that is given: "300 M users", "50%", "2 tweets/user/day",
// "$0.01/GB-month", or a range: "10..40 servers" (its point is the middle) and
// "10..15..40 servers" (low, point, high).
type Input struct {
	Name, Value, Note string
	// Signed allows values below zero.
	Signed bool
}

// Step is one line of the calculation, "name = formula -> unit -> unit". The
// first unit is the one that the formula must give; each further unit shows
// the result once more. "-> 1" is for plain numbers.
type Step struct {
	Line, Text string
	// Signed allows results below zero.
	Signed bool
}

// Check is a comparison that must hold, "friendships == users * friends / 2",
// with ==, <, <=, >, >= or ~ (equal within the tolerance).
type Check struct {
	Line, Text string
	// Tolerance of ~ as a share, "5%". Empty is 5%.
	Tolerance string
}

// Answer is a step or an input that the sheet was written for.
type Answer struct {
	Of, Label string
	// Unit to show it in; empty is the step's last one.
	Unit string
	// Published is the figure that the source prints, "~7,000 queries/s".
	// Empty where there is none.
	Published, Source string
	// Tolerance is the greatest share by which the published figure may differ
	// from the exact one without a reason. Empty is 5%. Why is the reason.
	Tolerance, Why string
}

// Bounds of a sheet.
const (
	maxInputs  = 100
	maxSteps   = 100
	maxChecks  = 100
	maxAnswers = 100
	maxFormula = 500 // bytes of a line
	maxText    = 2000
	maxRanged  = 16 // inputs that are ranges
)

// With returns a copy of the sheet with another value of an input, and without
// the published figures, which are those of the old value. The error is an
// Error and names the inputs there are.
func (s Sheet) With(input, value string) (Sheet, error) {
	s.Inputs, s.Answers = slices.Clone(s.Inputs), slices.Clone(s.Answers)
	for i := range s.Answers {
		s.Answers[i].Published = ""
	}
	names := make([]string, len(s.Inputs))
	for i := range s.Inputs {
		if s.Inputs[i].Name == input {
			s.Inputs[i].Value = value
			return s, nil
		}
		names[i] = s.Inputs[i].Name
	}
	return s, Error{Field: "inputs." + input, Problem: "there is no input " + quote(input) + didYouMean(input, names), Allowed: listed(names)}
}

// sizes refuses a sheet that is empty or too large.
func (s Sheet) sizes() (es Errors) {
	for _, part := range []struct {
		field string
		have  int
		most  int
	}{
		{"inputs", len(s.Inputs), maxInputs}, {"steps", len(s.Steps), maxSteps},
		{"checks", len(s.Checks), maxChecks}, {"answers", len(s.Answers), maxAnswers},
	} {
		if part.have > part.most {
			es = append(es, Error{part.field, fmt.Sprintf("has %d entries", part.have), fmt.Sprintf("at most %d", part.most)})
		}
	}
	if len(s.Steps) == 0 {
		es = append(es, Error{"steps", "there are none", `at least one line like "peak = rate * 2 -> queries/s"`})
	}
	text := func(field, text string) {
		if len(text) > maxText {
			es = append(es, Error{field, fmt.Sprintf("is %d bytes long", len(text)), fmt.Sprintf("at most %d", maxText)})
		}
	}
	text("title", s.Title)
	text("source", s.Source)
	text("text", s.Text)
	for _, in := range s.Inputs {
		text("inputs."+in.Name, in.Note)
	}
	for i, st := range s.Steps {
		text(fmt.Sprintf("steps[%d]", i), st.Text)
	}
	for i, c := range s.Checks {
		text(fmt.Sprintf("checks[%d]", i), c.Text)
	}
	for i, a := range s.Answers {
		text(fmt.Sprintf("answers[%d]", i), a.Label+a.Source+a.Why)
	}
	return es
}
