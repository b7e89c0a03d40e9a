package sheet_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"rung/bench/sheet"
)

func example() sheet.Sheet {
	return sheet.Sheet{
		Name: "example", Title: "An example \x1b[31mwith\u202e colours", Text: strings.Repeat("long ", 40),
		Inputs: []sheet.Input{{Name: "users_of_a_month", Value: "200..300..400 M users", Note: "all\nof them"}, {Name: "active", Value: "50%"}},
		Steps:  []sheet.Step{{Line: "dau=users_of_a_month*active->users"}, {Line: "rate = dau * 2 [queries/user/day] -> queries/day -> queries/s", Text: "two each"}},
		Checks: []sheet.Check{{Line: "rate < 1 M [queries/s]", Text: "one machine"}},
		Answers: []sheet.Answer{{Of: "rate", Label: "average rate", Published: "~3,000 queries/s", Why: "rounded down"},
			{Of: "dau", Published: "150 M users", Source: "page 1"}},
		Peak: "rate",
	}
}

func TestPrint(t *testing.T) {
	r, err := example().Solve()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Print(&out, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"An example [31mwith colours\n",
		"  users_of_a_month  300 M users (200 M to 400 M) — all of them\n",
		"  dau = users_of_a_month × active\n      = 300 M users (200 M to 400 M) × 50%\n      = 150 M users (100 M to 200 M)\n",
		"  rate = dau × 2 [queries/user/day]\n       = 150 M users (100 M to 200 M) × 2 queries/user/day\n       = 300 M queries/day (200 M to 400 M)\n       ≈ 3,472 queries/s (2,315 to 4,630)\n       (two each)\n",
		"published 3,000 queries/s: -14%, over 5%\n", "rounded down\n", "published 150 M users (page 1): exact\n",
		"least and the greatest value",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestPrintFits(t *testing.T) {
	r, err := example().Solve()
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{1, 24, 40, 60, 80, 200, 1000} {
		var out bytes.Buffer
		if err := r.Print(&out, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > max(24, min(width, 200)) {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
		}
	}
}

var errDisk = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errDisk }

func TestPrintError(t *testing.T) {
	r, err := example().Solve()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Print(full{}, 80); !errors.Is(err, errDisk) {
		t.Errorf("%v", err)
	}
}
