package sheet_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/sheet"
)

func ranged(line string, values ...string) sheet.Sheet {
	s := small(line)
	for i, v := range values {
		s.Inputs = append(s.Inputs, sheet.Input{Name: string("xyz"[i]) + "1", Value: v, Signed: true})
	}
	return s
}

func TestRanges(t *testing.T) {
	for _, row := range []struct {
		line             string
		values           []string
		low, point, high float64
		outer            bool
	}{
		{"o = x1 * y1 -> 1", []string{"1..3", "10..20..40"}, 10, 40, 120, false},
		{"o = x1 - y1 -> 1", []string{"10..20", "1..3"}, 7, 13, 19, false},
		{"o = x1 / y1 -> 1", []string{"10..20", "2..5"}, 2, 30. / 7, 10, false},
		{"o = x1 * x1 -> 1", []string{"2..4"}, 4, 9, 16, false}, // repeated, and still exact
		{"o = x1 * y1 - x1 -> 1", []string{"1..2", "5"}, 4, 6, 8, true},
		{"o = (x1 + y1) / 2 + x1 * y1 -> 1", []string{"1..2", "1..2"}, 2, 3.75, 6, false},
		{"o = 1 - (1 - x1)^2 -> 1", []string{"0.9..0.99"}, 0.99, 1 - 0.055*0.055, 0.9999, false},
		{"o = x1^2 -> 1", []string{"-2..3"}, 0, 0.25, 9, true},
		{"o = x1^3 -> 1", []string{"-2..3"}, -8, 0.125, 27, false},
		{"o = ceil(x1) -> 1", []string{"1.2..3.4"}, 2, 3, 4, false},
		{"o = max(x1, y1) -> 1", []string{"1..3", "2..4"}, 2, 3, 4, false},
		{"o = keylength(62, x1) -> 1", []string{"1 M..1 bn"}, 4, 5, 6, false},
		{"o = downtime(x1, 1 day) -> s", []string{"99%..99.9%"}, 86.4, 475.2, 864, false},
		{"o = x1 -> %", []string{"20..40%"}, 20, 30, 40, false},
		{"o = x1 -> 1", []string{"5..7 M"}, 5e6, 6e6, 7e6, false},
		{"o = x1 -> 1", []string{"500 k..3 M"}, 5e5, 1.75e6, 3e6, false},
		{"o = x1 -> 1", []string{"2..2"}, 2, 2, 2, false},
	} {
		q := value(t, ranged(row.line, row.values...))
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }
		if !near(q.Value, row.point) || (q.Sampled != nil) != row.outer {
			t.Errorf("%s of %s: %+v", row.line, row.values, q)
		}
		exact := !row.outer && near(q.Low, row.low) && near(q.High, row.high)
		outer := row.outer && q.Low <= row.low && q.High >= row.high && q.Sampled.Low >= q.Low && q.Sampled.High <= q.High
		if !exact && !outer {
			t.Errorf("%s of %s is %v to %v, not %v to %v", row.line, row.values, q.Low, q.High, row.low, row.high)
		}
	}
}

// A share of a sum rises and falls with its input by signs alone: the outer
// bounds are near because the range is cut, the samples nearer.
func TestOuterBounds(t *testing.T) {
	q := value(t, ranged("o = x1 / (x1 + 10) -> 1", "10..30"))
	if q.Sampled == nil || q.Sampled.Low != 0.5 || q.Sampled.High != 0.75 || q.Low > 0.5 || q.Low < 0.48 || q.High < 0.75 || q.High > 0.77 {
		t.Errorf("%+v, %+v", q, q.Sampled)
	}
	r, err := ranged("o = x1 / (x1 + 10) -> 1", "10..30").Solve()
	if err != nil || !strings.Contains(r.Limits, "outer bounds") || !strings.Contains(r.Steps[0].Results[0].Text, "(0.5 to 0.75 sampled, ") {
		t.Errorf("%q, %+v, %v", r.Limits, r.Steps, err)
	}
}

func TestChecksOverRanges(t *testing.T) {
	for _, row := range []struct {
		check, value string
		always       bool
	}{
		{"o < 50", "1..10", true}, {"o < 12", "1..10", false}, {"o <= 20", "1..10", true}, {"o >= 2", "1..10", true},
		{"o > 5", "1..10", false}, {"o == x1 * 2", "1..10", true}, {"o ~ 11", "5.4..5.6", true}, {"o ~ 11", "1..10", false},
	} {
		s := ranged("o = x1 + x1 -> 1", row.value)
		s.Checks = []sheet.Check{{Line: row.check}}
		r, err := s.Solve()
		switch {
		case row.check == "o == x1 * 2": // it both rises and falls, so bounds cannot tell
			if err != nil || r.Checks[0].Always {
				t.Errorf("%s: %v, %v", row.check, r.Checks, err)
			}
		case err != nil || r.Checks[0].Always != row.always:
			t.Errorf("%s: %+v, %v", row.check, r.Checks, err)
		}
	}
}

// expression draws a formula over x1, y1 and z1, all above zero.
func expression(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
			return rapid.SampledFrom([]string{"x1", "y1", "z1", "2", "0.5"}).Draw(t, "name")
		}
		a, b := expression(depth-1).Draw(t, "a"), expression(depth-1).Draw(t, "b")
		form := rapid.SampledFrom([]string{"(%s + %s)", "(%s - %s)", "(%s * %s)", "(%s / ((%s)^2 + 1))", "min(%s, %s)", "max(%s, %s)", "(ceil(%s, 0.5) * %s)", "((%s)^2 - %s)", "((%s)^3 * %s)", "(floor(%s) + %s)"}).Draw(t, "form")
		return fmt.Sprintf(form, a, b)
	})
}

func TestIntervalsHoldAllPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		formula := expression(3).Draw(t, "formula")
		if len(formula) > 450 {
			t.Skip("too long")
		}
		s := small("o = " + formula + " -> 1")
		at := s
		for _, name := range []string{"x1", "y1", "z1"} {
			low := rapid.IntRange(1, 40).Draw(t, "low")
			width := rapid.IntRange(0, 40).Draw(t, "width")
			step := rapid.IntRange(0, 16).Draw(t, "step")
			s.Inputs = append(s.Inputs, sheet.Input{Name: name, Value: fmt.Sprintf("%d/8..%d/8", low, low+width)})
			at.Inputs = append(at.Inputs, sheet.Input{Name: name, Value: fmt.Sprintf("%d/128", low*16+width*step)})
			// An answer uses an input that the formula does not.
			s.Answers, at.Answers = append(s.Answers, sheet.Answer{Of: name}), append(at.Answers, sheet.Answer{Of: name})
		}
		all, err := s.Solve()
		if err != nil {
			t.Fatal(err)
		}
		finite(t, all)
		one, err := at.Solve()
		if err != nil {
			t.Fatal(err)
		}
		q, v := all.Steps[0].Results[0], one.Steps[0].Results[0].Value
		slack := 1e-12 * math.Max(1, math.Abs(v))
		if v < q.Low-slack || v > q.High+slack {
			t.Fatalf("%s: %v is outside of %v to %v (%+v)", formula, v, q.Low, q.High, at.Inputs)
		}
		if q.Sampled != nil && (q.Sampled.Low < q.Low-slack || q.Sampled.High > q.High+slack) {
			t.Fatalf("%s: samples beyond the bounds: %+v %+v", formula, q, q.Sampled)
		}
	})
}
