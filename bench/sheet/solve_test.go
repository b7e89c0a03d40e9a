package sheet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"rung/bench/sheet"
)

// small is a sheet of one step over a few inputs.
func small(line string) sheet.Sheet {
	return sheet.Sheet{Name: "small", Steps: []sheet.Step{{Line: line, Signed: true}}}
}

func value(t *testing.T, s sheet.Sheet) sheet.Quantity {
	t.Helper()
	r, err := s.Solve()
	if err != nil {
		t.Fatalf("%s: %v", s.Steps[0].Line, err)
	}
	w := r.Steps[len(r.Steps)-1]
	return w.Results[len(w.Results)-1]
}

func TestFormulas(t *testing.T) {
	for _, row := range []struct{ formula, want string }{
		{"1 + 2 * 3 -> 1", "7"},
		{"(1 + 2) * 3 -> 1", "9"},
		{"10 - 4 - 3 -> 1", "3"},
		{"100 / 5 / 2 -> 1", "10"},
		{"2^3^2 -> 1", "512"},
		{"-2^2 -> 1", "-4"},
		{"2^-2 -> 1", "0.25"},
		{"-(-3) -> 1", "3"},
		{"0^0 -> 1", "1"},
		{"5 M users * 2 -> users", "10 M users"},
		{"1.5e3 -> 1", "1,500"},
		{"86_400 s -> days", "1 days"},
		{"10 [KB/query] * 100 queries -> MB", "1 MB"},
		{"20% * 50% -> %", "10%"},
		{"2 bn [reads/month] * 3 months -> reads", "6 bn reads"},
		{"1 GB / 1 [Gbit/s] -> s", "8 s"},
		{"min(3, 2, 5) + max(1, 4) -> 1", "6"},
		{"ceil(2.1 / 0.7) -> 1", "3"}, // 4 in floating point
		{"ceil(-2.5) + floor(-2.5) -> 1", "-5"},
		{"ceil(2.5 TB, 1 TB) -> TB", "3 TB"},
		{"floor(2500 MB, 1 GB) -> GB", "2 GB"},
		{"ceil(2.1 users) -> users", "3 users"},
		{"sqrt(16 [s^2]) -> s", "4 s"},
		{"sqrt(2) -> 1", "1.414"},
		{"ceil(log(1000, 10)) -> 1", "3"},
		{"log(8, 2) -> 1", "3"},
		{"pow(2, 10) -> 1", "1,024"},
		{"pow(3 s, 2) / 3 s -> s", "3 s"},
		{"62^7 -> 1", "3,521,614,606,208"},
		{"62^10 -> 1", "839,299,365,868,340,224"},
		{"peak(100 [queries/s], 2) -> queries/s", "200 queries/s"},
		{"servers(1001 [req/s], 100 [req/s/server]) -> servers", "11 servers"},
		{"servers(1000 [req/s], 100 [req/s/server]) -> servers", "10 servers"},
		{"keylength(62, 365 bn urls) -> 1", "7"},
		{"keylength(62, 62^6) -> 1", "6"},
		{"keylength(62, 62^6 + 1) -> 1", "7"},
		{"keylength(2, 1) -> 1", "1"},
		{"series(99%, 99.9%) -> %", "98.901%"},
		{"either(99%, 99.9%) -> %", "99.999%"},
		{"parallel(99%, 3) -> %", "99.9999%"},
		{"parallel(99.9%, 4) -> 1", "0.999999999999"},
		{"kofn(2, 3, 99%) -> 1", "0.999702"},
		{"kofn(1, 2, 90%) - parallel(90%, 2) -> 1", "0"},
		{"kofn(3, 3, 90%) - 0.9^3 -> 1", "0"},
		{"kofn(50, 100, 50%) -> 1", "0.5398"},
		{"kofn(1, 3, 100%) -> 1", "1"},
		{"kofn(1, 3, 0%) -> 1", "0"},
		{"kofn(2, 3, sqrt(0.5)) -> 1", "0.7929"}, // 3a^2 - 2a^3
		{"(kofn(61, 200, sqrt(0.09)) - kofn(61, 200, 0.3)) -> 1", "0"},
		{"ceil((kofn(61, 200, sqrt(0.0900001)) - kofn(61, 200, 0.3)) * 1000000) -> 1", "3"},
		{"nines(99.9%) -> 1", "3"},
		{"nines(99.95%) -> 1", "3.301"},
		{"downtime(99.9%, 1 day) -> s", "86.4 s"},
		{"3 users - 5 users -> users", "-2 users"},
	} {
		if got := value(t, small("x1 = "+row.formula)).Text; got != row.want {
			t.Errorf("%s = %s, not %s", row.formula, got, row.want)
		}
	}
}

func TestRefusedFormulas(t *testing.T) {
	for _, row := range []struct{ formula, want string }{
		{"1 s + 1 GB -> s", "adds bytes to time"},
		{"1 s - 1 -> s", "subtracts a plain number from time"},
		{"1 / 0 -> 1", "divides by zero"},
		{"1 / (2 - 2) -> 1", "divides by zero"},
		{"0^-1 -> 1", "divides by zero"},
		{"10^400 -> 1", "not finite"},
		{"10^-400 -> 1", "too near to zero"},
		{"((2^1000)^1000)^1000 -> 1", "not finite"},
		{"2^1001 -> 1", "the exponent is 1,001"},
		{"2^0.5 -> 1", "the exponent is 0.5"},
		{"2^(1 s / 1 s * 1 user) -> 1", "the exponent"},
		{"max(1 s, 1) -> s", "compares a plain number with time"},
		{"ceil(2.5 GB) -> GB", "rounded to whole what"},
		{"ceil(2.5 GB, 1 s) -> GB", "in steps of"},
		{"sqrt(0 - 1) -> 1", "sqrt of -1"},
		{"sqrt(1 s) -> s", "sqrt of time"},
		{"log(0, 2) -> 1", "log of 0"},
		{"log(2, 1) -> 1", "to the base 1"},
		{"log(1 s, 2) -> 1", "has a unit"},
		{"peak(10, 0.5) -> 1", "not below its average"},
		{"servers(10, 0) -> 1", "more than zero"},
		{"keylength(1, 10) -> 1", "number of symbols is 1"},
		{"keylength(62, 10 s) -> 1", "(time)"},
		{"series(1.1, 1) -> 1", "0% to 100%"},
		{"kofn(4, 3, 99%) -> 1", "k is 4"},
		{"kofn(1, 2000, 99%) -> 1", "n is 2,000"},
		{"parallel(99%, 1.5) -> 1", "number of parts is 1.5"},
		{"nines(100%) -> 1", "not finite"},
		{"downtime(99%, 5) -> s", "the period is a plain number"},
		{"2 * -> 1", `the end behind "*"`},
		{"(2 -> 1", `the end behind "2"`},
		{"2 3 -> 1", `"3" behind "2"`},
		{"2 ) -> 1", `")" behind "2"`},
		{"min(1) -> 1", "min has 1 argument (min(a, b, ...))"},
		{"mix(1, 2) -> 1", "did you mean max?"},
		{"users -> 1", `there is no "users"`},
		{"2 ? 3 -> 1", "not part of a formula"},
		{"1e101 -> 1", "power of ten"},
		{"1 [GB -> 1", `"[" without "]"`},
		{"365 * 2 -> 1", "looks like a conversion"},
		{"24 h -> users", "gives time, not users"},
		{"2", "has no unit behind ->"},
		{"2 -> ", "has no unit behind ->"},
		{"2 -> 1 -> s", "gives a plain number, not s (time)"},
		{strings.Repeat("(", 50) + "1" + strings.Repeat(")", 50) + " -> 1", "nested too deep"},
		{strings.Repeat("-", 100) + "1 -> 1", "nested too deep"},
		{strings.Repeat("1+", 300) + "1 -> 1", "at most 500"},
		{strings.Repeat("1", 61) + " -> 1", "61 digits"},
		{"(1 [ab^9])^20 -> 1", "very high power"},
	} {
		_, err := small("x1 = " + row.formula).Solve()
		var es sheet.Errors
		if !errors.As(err, &es) || !strings.Contains(err.Error(), row.want) || es[0].Field != "steps[0]" {
			t.Errorf("%s: %v, want %q", row.formula, err, row.want)
		}
	}
}

func TestRefusedSheets(t *testing.T) {
	one := []sheet.Step{{Line: "out = in1 * 2 -> users"}}
	users := sheet.Input{Name: "in1", Value: "2 users"}
	many := make([]sheet.Step, 101)
	for _, row := range []struct {
		name  string
		sheet sheet.Sheet
		want  string
	}{
		{"empty", sheet.Sheet{}, "steps: there are none"},
		{"too many steps", sheet.Sheet{Steps: many}, "steps: has 101 entries (at most 100)"},
		{"too long a title", sheet.Sheet{Steps: one, Title: strings.Repeat("x", 2001)}, "title: is 2001 bytes long"},
		{"unused", sheet.Sheet{Inputs: []sheet.Input{users, {Name: "size", Value: "1 KB"}}, Steps: one}, "inputs.size: no step uses it"},
		{"twice", sheet.Sheet{Inputs: []sheet.Input{users, users}, Steps: one}, "the name in1 is there twice"},
		{"bad name", sheet.Sheet{Inputs: []sheet.Input{{Name: "In 1", Value: "1"}}, Steps: one}, "is not a name"},
		{"name of a unit", sheet.Sheet{Inputs: []sheet.Input{{Name: "days", Value: "1"}}, Steps: one}, "a function or a unit"},
		{"name of a function", sheet.Sheet{Inputs: []sheet.Input{{Name: "peak", Value: "1"}}, Steps: one}, "a function or a unit"},
		{"backwards", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "5..2 users"}}, Steps: one}, "is not in order"},
		{"four", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "1..2..3..4 users"}}, Steps: one}, "more than three numbers"},
		{"no number", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "many users"}}, Steps: one}, "does not start with a number"},
		{"dollars of users", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "$5 users"}}, Steps: one}, "dollars and something else"},
		{"negative at the low end", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "-1..2 users"}}, Steps: one}, "is negative"},
		{"zero below", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "1/0 users"}}, Steps: one}, "divides by zero"},
		{"itself", sheet.Sheet{Steps: []sheet.Step{{Line: "aa = aa * 2 -> 1"}}}, "need one another: aa -> aa"},
		{"negative result", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: []sheet.Step{{Line: "out = in1 - 3 users -> users"}}}, "steps[0]: out is negative, -1 users"},
		{"negative within", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "1..9 users"}}, Steps: []sheet.Step{{Line: "out = in1 - 3 users -> users"}}}, "out can be negative, -2 users"},
		{"negative bound", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "1..9 users"}}, Steps: []sheet.Step{{Line: "out = in1 - in1 -> users"}}}, "out is nowhere negative that was tried, but its outer bound is, -0.125 users"},
		{"zero within", sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "0..9 users"}}, Steps: []sheet.Step{{Line: "out = 1 / in1 -> 1/user"}}}, "divides by a range with zero in it"},
		{"no equals sign", sheet.Sheet{Steps: []sheet.Step{{Line: "2 -> 1"}}}, "has no ="},
		{"bad check", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Checks: []sheet.Check{{Line: "out"}}}, "checks[0]: the end behind"},
		{"check of units", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Checks: []sheet.Check{{Line: "out < 5 s"}}}, "checks[0]: subtracts time from users"},
		{"check with a bad tolerance", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Checks: []sheet.Check{{Line: "out ~ 4 users", Tolerance: "5 s"}}}, "checks[0].tolerance"},
		{"check that fails", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Checks: []sheet.Check{{Line: "out ~ 5 users"}}}, "does not hold: out ~ 5 users, that is 4 users ~ 5 users"},
		{"answer of nothing", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Answers: []sheet.Answer{{Of: "uot"}}}, `answers[0].of: there is no "uot", did you mean out?`},
		{"answer in another unit", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Answers: []sheet.Answer{{Of: "out", Unit: "GB"}}}, "answers[0].unit: out is users, but GB is bytes"},
		{"published in another unit", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Answers: []sheet.Answer{{Of: "out", Published: "4 GB"}}}, "answers[0].published"},
		{"published without a reason", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Answers: []sheet.Answer{{Of: "out", Published: "5 users"}}}, "5 users against 4 users as the sheet works it out: +25%, beyond 5%"},
		{"storage of users", sheet.Sheet{Inputs: []sheet.Input{users}, Steps: one, Storage: "out"}, "storage: out is users (bytes)"},
	} {
		if _, err := row.sheet.Solve(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

// All that is wrong is said at once, and what depends on it is not said again.
func TestManyErrors(t *testing.T) {
	s := sheet.Sheet{Steps: []sheet.Step{{Line: "aa = 1 / 0 -> 1"}, {Line: "bb = aa + 1 -> 1"}, {Line: "cc = 1 s -> GB"}}}
	_, err := s.Solve()
	var es sheet.Errors
	if !errors.As(err, &es) || len(es) != 2 || es[0].Field != "steps[0]" || es[1].Field != "steps[2]" {
		t.Errorf("%v", err)
	}
}

func TestStepsInAnyOrder(t *testing.T) {
	s := sheet.Sheet{Steps: []sheet.Step{{Line: "last = first * 2 -> 1"}, {Line: "first = 4 -> 1"}}}
	r, err := s.Solve()
	if err != nil || r.Steps[0].Name != "first" || r.Steps[1].Results[0].Value != 8 {
		t.Errorf("%+v, %v", r.Steps, err)
	}
}

func TestExactNumbers(t *testing.T) {
	q := value(t, small("x1 = 62^10 -> 1"))
	if q.Exact != "839299365868340224" || q.Rounded {
		t.Errorf("%+v", q)
	}
	third := value(t, small("x1 = 1 / 3 * 3 -> 1"))
	if third.Value != 1 || third.Rounded {
		t.Errorf("%+v", third)
	}
}

func TestWith(t *testing.T) {
	s := sheet.Sheet{Inputs: []sheet.Input{{Name: "in1", Value: "2 users"}}, Steps: []sheet.Step{{Line: "out = in1 * 2 -> users"}},
		Answers: []sheet.Answer{{Of: "out", Published: "4 users"}}}
	more, err := s.With("in1", "5 users")
	if err != nil || value(t, more).Value != 10 || value(t, s).Value != 4 || s.Answers[0].Published == "" {
		t.Errorf("%+v, %v", more, err)
	}
	if _, err := s.With("in2", "5"); err == nil || !strings.Contains(err.Error(), "did you mean in1?") {
		t.Errorf("%v", err)
	}
}

// Long fractions are rounded, not refused, and the work is bounded.
func TestBounds(t *testing.T) {
	s := sheet.Sheet{Inputs: []sheet.Input{{Name: "part", Value: "0.123456789"}}, Steps: []sheet.Step{{Line: "st0 = part^100 -> 1"}}}
	for i := range 20 {
		s.Steps = append(s.Steps, sheet.Step{Line: fmt.Sprintf("st%d = sqrt(st%d) + part^100 -> 1", i+1, i)})
	}
	if q := value(t, s); !(q.Value > 0.99 && q.Value < 1) {
		t.Errorf("%+v", q)
	}
	slow := ranged("o = x1 + "+strings.Repeat("kofn(99, 199, sqrt(x1)) - ", 12)+"x1 -> 1", "0.3..0.4")
	if _, err := slow.Solve(); err == nil || !strings.Contains(err.Error(), "too many operations") {
		t.Errorf("%v", err)
	}
	heavy := sheet.Sheet{}
	for i := range 16 {
		heavy.Inputs = append(heavy.Inputs, sheet.Input{Name: fmt.Sprintf("in%d", i), Value: "1..2"})
	}
	sum := "in0"
	for i := range 40 {
		sum += fmt.Sprintf(" + in%d", i%16)
	}
	heavy.Steps = []sheet.Step{{Line: "st0 = " + sum + " -> 1"}}
	for i := range 99 {
		heavy.Steps = append(heavy.Steps, sheet.Step{Line: fmt.Sprintf("st%d = st%d / (st%d + in0) + %s -> 1", i+1, i, i, sum)})
	}
	if _, err := heavy.Solve(); err == nil || !strings.Contains(err.Error(), "too many operations") {
		t.Errorf("%v", err)
	}
}

// finite checks what any solved sheet promises.
func finite(t interface{ Errorf(string, ...any) }, r sheet.Result) {
	for _, s := range r.Steps {
		for _, q := range s.Results {
			for _, v := range []float64{q.Low, q.Value, q.High} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s is %+v", s.Formula, q)
				}
			}
			if q.Low > q.Value || q.Value > q.High || q.Text == "" {
				t.Errorf("%s is not in order: %+v", s.Formula, q)
			}
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("%v", err)
	}
}

func FuzzSolve(f *testing.F) {
	for _, seed := range [][2]string{
		{"in1 * 2 -> users", "300 M users"}, {"keylength(62, in1) -> 1", "1..2 bn"}, {"in1^2 / (in1 + 1) -> 1", "2..3"},
		{"log(in1, 10) -> 1 -> %", "1/3"}, {"-in1 -> $/GB-month", "$0.01/GB-month"}, {"kofn(2, 3, in1) -> %", "99%..99.9%"},
		{"1 [s/day] * in1 -> s", "1e5 s/day"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, formula, input string) {
		s := small("out1 = " + formula)
		s.Inputs = []sheet.Input{{Name: "in1", Value: input, Signed: true}}
		s.Answers = []sheet.Answer{{Of: "in1"}}
		r, err := s.Solve()
		if err != nil {
			var es sheet.Errors
			if !errors.As(err, &es) || es[0].Problem == "" {
				t.Errorf("%v", err)
			}
			return
		}
		finite(t, r)
	})
}

// The exact value of a random sum of fractions is that of math/big.
func TestAgainstFractions(t *testing.T) {
	sum, text := new(big.Rat), "0"
	for i := int64(1); i <= 12; i++ {
		sum.Add(sum, big.NewRat(i, i*i+2))
		text += fmt.Sprintf(" + %d / (%d * %d + 2)", i, i, i)
	}
	want, _ := sum.Float64()
	if got := value(t, small("x1 = "+text+" -> 1")).Value; got != want {
		t.Errorf("%v, not %v", got, want)
	}
}
