package bench

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Check is one comparison of facts: "capacity_per_s >= 1.1 * previous.capacity_per_s"
// or "lookup.cached_ns <= 1ms".
type Check struct {
	Left     Term
	Relation string
	Right    Term
	text     string
}

// Term is a number, a fact, or a number times a fact.
type Term struct {
	// Factor multiplies Fact; it is the number itself when Fact is empty.
	Factor float64
	Fact   string
}

var (
	checkForm  = regexp.MustCompile(`^\s*(.+?)\s*(<=|>=|<|>|==)\s*(.+?)\s*$`)
	numberForm = regexp.MustCompile(`^(-?[0-9]+(?:\.[0-9]+)?)\s*(ns|us|ms|s|%)?$`)
	factForm   = regexp.MustCompile(`^[a-z][a-z0-9-]*(?:[._][a-z0-9-]+)*$`)
	scale      = map[string]float64{"": 1, "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "%": 0.01}
)

// ParseCheck reads a comparison: TERM RELATION TERM, where a term is a number
// with an optional unit (ns, us, ms, s make nanoseconds, % a ratio), a fact,
// or NUMBER * FACT, and the relation one of <= >= < > ==.
func ParseCheck(text string) (Check, error) {
	m := checkForm.FindStringSubmatch(text)
	if m == nil || len(text) > 500 {
		return Check{}, fmt.Errorf("check %.100q: want TERM RELATION TERM with one of <= >= < > ==", text)
	}
	left, err := parseTerm(m[1])
	if err != nil {
		return Check{}, fmt.Errorf("check %q: %w", text, err)
	}
	right, err := parseTerm(m[3])
	if err != nil {
		return Check{}, fmt.Errorf("check %q: %w", text, err)
	}
	return Check{Left: left, Relation: m[2], Right: right, text: strings.TrimSpace(text)}, nil
}

func parseTerm(text string) (Term, error) {
	if m := numberForm.FindStringSubmatch(text); m != nil {
		value, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return Term{}, fmt.Errorf("number %q: %w", text, err)
		}
		return Term{Factor: value * scale[m[2]]}, nil
	}
	if number, fact, ok := strings.Cut(text, "*"); ok {
		n, err := parseTerm(strings.TrimSpace(number))
		if err != nil {
			return Term{}, err
		}
		f, err := parseTerm(strings.TrimSpace(fact))
		if err != nil {
			return Term{}, err
		}
		if n.Fact != "" || f.Fact == "" || f.Factor != 1 {
			return Term{}, fmt.Errorf("term %q: want NUMBER * FACT", text)
		}
		return Term{Factor: n.Factor, Fact: f.Fact}, nil
	}
	if !factForm.MatchString(text) {
		return Term{}, fmt.Errorf("term %q is neither a number with a unit (ns us ms s %%) nor the name of a fact", text)
	}
	return Term{Factor: 1, Fact: text}, nil
}

// String returns the check as it was written.
func (c Check) String() string { return c.text }

// Needs lists the facts that the check compares.
func (c Check) Needs() []string {
	var names []string
	for _, t := range []Term{c.Left, c.Right} {
		if t.Fact != "" {
			names = append(names, t.Fact)
		}
	}
	return names
}

// Judge decides the check by the facts and says what it saw. A missing,
// doubtful or non-finite fact gives Unknown; but a lower bound that is large
// enough for the greater side is as good as the value. A fact that the real
// machine may have spoilt can hold the check, but not fail it.
func (c Check) Judge(facts Facts) (Word, string) {
	left, leftText, doubt := c.Left.value(facts, c.Right.Fact)
	right, rightText, other := c.Right.value(facts, c.Left.Fact)
	if doubt = cmp.Or(doubt, other); doubt != "" {
		if bound, ok := c.bounded(facts); ok {
			if word, evidence := c.Judge(bound); word == Pass {
				return Pass, evidence + ", by the lower bound"
			}
		}
		return Unknown, doubt
	}
	var holds bool
	switch c.Relation {
	case "<=":
		holds = left <= right
	case ">=":
		holds = left >= right
	case "<":
		holds = left < right
	case ">":
		holds = left > right
	case "==":
		holds = left == right
	default:
		return Unknown, fmt.Sprintf("unknown relation %q", c.Relation)
	}
	if holds {
		return Pass, fmt.Sprintf("%s %s %s", leftText, c.Relation, rightText)
	}
	missed := fmt.Sprintf("%s is not %s %s", leftText, c.Relation, rightText)
	if strain := cmp.Or(facts[c.Left.Fact].Strain, facts[c.Right.Fact].Strain); strain != "" {
		return Unknown, missed + ", but " + strain
	}
	return Fail, missed
}

// bounded are the facts with a lower bound taken for the value, if the greater
// side of the check has one: whatever the value is, it asks for no more.
func (c Check) bounded(facts Facts) (Facts, bool) {
	var greater Term
	switch c.Relation {
	case ">=", ">":
		greater = c.Left
	case "<=", "<":
		greater = c.Right
	}
	f := facts[greater.Fact]
	if !f.AtLeast || greater.Factor < 0 {
		return nil, false
	}
	out := maps.Clone(facts)
	out.Add(f.Name, f.Value, f.From)
	return out, true
}

// value of the term, in words too; a plain number has the unit of the fact
// that it is compared with.
func (t Term) value(facts Facts, other string) (value float64, text, doubt string) {
	if t.Fact == "" {
		return t.Factor, Quantity(other, t.Factor), ""
	}
	fact, ok := facts[t.Fact]
	if !ok {
		return 0, "", fmt.Sprintf("%s was not measured", t.Fact)
	}
	if fact.Doubt != "" {
		return 0, "", fmt.Sprintf("%s is in doubt: %s", t.Fact, fact.Doubt)
	}
	value = t.Factor * fact.Value
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, "", fmt.Sprintf("%s is not a finite number", t.Fact)
	}
	text = fmt.Sprintf("%s (%s)", t.Fact, Quantity(t.Fact, fact.Value))
	if t.Factor != 1 {
		text = fmt.Sprintf("%s x %s = %s", strconv.FormatFloat(t.Factor, 'g', 4, 64), text, Quantity(t.Fact, value))
	}
	return value, text, ""
}

// Quantity words a number by the unit suffix of its fact's name.
func Quantity(fact string, value float64) string {
	switch {
	case strings.HasSuffix(fact, "_ns"):
		switch abs := math.Abs(value); {
		case abs >= 1e9:
			return fmt.Sprintf("%.3g s", value/1e9)
		case abs >= 1e6:
			return fmt.Sprintf("%.3g ms", value/1e6)
		case abs >= 1e3:
			return fmt.Sprintf("%.3g µs", value/1e3)
		}
		return fmt.Sprintf("%.3g ns", value)
	case strings.HasSuffix(fact, "_per_s"):
		return fmt.Sprintf("%.4g/s", value)
	case strings.HasSuffix(fact, "_ratio"):
		return fmt.Sprintf("%.4g%%", value*100)
	case strings.HasSuffix(fact, "_usd"):
		return fmt.Sprintf("$%.4g", value)
	}
	return strconv.FormatFloat(value, 'g', 6, 64)
}
