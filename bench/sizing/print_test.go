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
		"The first stage that carries it is better, with more nodes than were measured: extrapolated.",
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
