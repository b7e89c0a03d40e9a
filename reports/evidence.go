package reports

import (
	"slices"
	"strings"

	"rung/bench"
)

// nobodyBusiest begins a line of evidence that names no resource. Its use of
// zero was not measured.
const nobodyBusiest = "busiest where the stage breaks: ,"

// Evidence is the evidence of one verdict, line by line, without lines that
// say something of a resource which was not found.
func Evidence(v bench.Verdict) []string {
	return slices.DeleteFunc(slices.Clone(v.Evidence), func(line string) bool { return strings.HasPrefix(line, nobodyBusiest) })
}
