package sizing_test

import (
	"strings"
	"testing"

	"rung/bench"
	"rung/bench/sizing"
)

func TestPrintFitsAndSaysWhatIsExtrapolated(t *testing.T) {
	one := site(300, 0.01, 0.35, 0.6, 0.6, 0.6)
	two := site(300, 0.01, 0.05, 0.6, 0.6, 0.6)
	two.Stage.ID = "better"
	three := site(1, 1, 1, 1)
	three.Stage.ID, three.Capacity = "unmeasured", nil
	d := sizing.Demand{Name: "test", Peak: sizing.Rate{Low: 1000, Point: 1500, High: 2000}}
	p, err := sizing.On(d, bench.Run{Stages: []bench.StageResult{one, two, three}})
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{0, 40, 80, 200} {
		var b strings.Builder
		if err := sizing.Print(&b, p, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > max(width, 40) {
				t.Errorf("width %d: a line of %d: %q", width, n, line)
			}
		}
	}
	var b strings.Builder
	if err := sizing.Print(&b, p, 200); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"test at its peak: 1,500/s (1,000/s to 2,000/s)",
		"No stage carried it as it was measured. The first that carries it with no resource more than 70% used is better, with more nodes than were measured: extrapolated.",
		"✗ site (measured 300/s) does not: db disk is 70% used at 600/s; what moves it: replicas for reads",
		"13 web (9 to 18) for its cpu; 3 were measured",
		"next limit: db disk is 70% used at 4,200/s",
		"? unmeasured: nothing can be said",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// TestAnswersDoNotContradictTheTable: a stage that carried the peak with a
// resource nearly full is not called one that cannot, nor one with room.
func TestAnswersDoNotContradictTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		stage bench.StageResult
		peak  float64
		want  string
	}{
		"full database":    {site(300, 0.01, 0.9, 0.5), 290, "The first stage that carried it as it was measured is site. With no resource more than 70% used, no stage of the run carries it, however many nodes it has."},
		"full web servers": {site(300, 0.01, 0.2, 0.9), 290, "The first stage that carried it as it was measured is site. The first that carries it with no resource more than 70% used is site, with more nodes than were measured: extrapolated."},
		"room":             {site(300, 0.01, 0.2, 0.5), 290, "The first stage that carries it is site, as it was measured, with no resource more than 70% used."},
		"a rate of 999.6":  {site(999.6, 0.01, 0.2, 0.5), 500, "(measured 999.6/s)"},
	} {
		p, err := sizing.On(point(c.peak), bench.Run{Stages: []bench.StageResult{c.stage}})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := sizing.Print(&b, p, 400); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("%s: %q is missing in\n%s", name, c.want, b.String())
		}
	}
}
