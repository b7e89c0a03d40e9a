package html_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/reports/html"
	"rung/reports/reportstest"
)

// A page makes no number of what was not found, and no "unnoticed" of users
// who were logged out.
func TestPageOfWhatIsNotKnown(t *testing.T) {
	run := reportstest.Run()
	run.Stages = run.Stages[:5]
	last := &run.Stages[4]
	last.Capacity = &bench.Capacity{SLO: last.Capacity.SLO, Doubt: "the real machine was the limit: 1.2 of 2 cores",
		Probes: []bench.Probe{{Rate: 700, Goodput: 690, Failures: 0.02, Word: bench.Unknown, Why: "the real machine was the limit"},
			{Rate: 600, Goodput: 590, Failures: 0.02, Slow: 0.03, Word: bench.Unknown, Why: "the real machine was the limit"}}}
	run.Stages[3].Scalings[0].Points = []bench.ScalingPoint{{Nodes: 1, Rate: 215}, {Nodes: 2, Rate: 399}, {Nodes: 4, Rate: 406}, {Nodes: 8, Rate: 400}}
	last.Scalings = []bench.Scaling{{Of: "replica", Why: "one point", Points: []bench.ScalingPoint{{Nodes: 1, Rate: 420}}}}
	zero := time.Duration(0)
	kills := run.Stages[0].Kills
	kills[0].Recovery.Total, kills[0].Recovery.NoFailure = &zero, false
	quiet := &run.Stages[1].Kills[0]
	quiet.Recovery.Total, quiet.Recovery.NoFailure, quiet.LoggedOut = &zero, true, 3
	var b bytes.Buffer
	if err := html.Render(&b, run); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for what, want := range map[string]string{
		"the ladder":                 "<td>unknown",
		"a share that is not in it":  "2.00%<td>–<td><span",
		"one point":                  "One point says nothing about a second node",
		"under way at the kill":      "only requests under way at the kill failed",
		"a recovery of no time":      "<td>at once",
		"users who were logged out":  "no request failed, 3 users logged out",
		"the sum of it":              "of these logged users out",
		"a plateau is not a best":    "gains next to nothing beyond 2 web nodes: 399/s",
		"slices have no percentiles": "Below: the slowest answer of each slice",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: the page does not say %q", what, want)
		}
	}
	for _, not := range []string{"<td>0 /s", "<td>0\u202f/s", "<td>0/s", "none tried", "recovered after 0"} {
		if strings.Contains(page, not) {
			t.Errorf("the page says %q", not)
		}
	}
}
