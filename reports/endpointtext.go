package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rung/bench"
)

// maxCauses and maxTargets are how many groups of errors and how many targets
// a summary shows.
const (
	maxCauses  = 8
	maxTargets = 20
)

// Pair is a term and what it says.
type Pair struct{ Term, Text string }

// EndpointFacts are how a run without a ladder was made, for a reader: what
// was asked, by what plan, over how many connections.
func EndpointFacts(run bench.Run) []Pair {
	e := run.Endpoint
	if e == nil {
		return nil
	}
	var out []Pair
	add := func(term, text string) {
		if text != "" {
			out = append(out, Pair{term, text})
		}
	}
	add("Target", Attacked(run))
	add("Plan", e.Plan)
	if len(e.Thresholds) > 0 {
		add("Thresholds", strings.Join(e.Thresholds, ", "))
	}
	how := e.Protocol
	if e.Connections > 0 {
		how = strings.TrimPrefix(fmt.Sprintf("%s, at most %s to a host", how, plural(e.Connections, "connection")), ", ")
	}
	add("Protocol", how)
	if e.Timeout > 0 {
		add("Timeout", Setting(e.Timeout))
	}
	if e.Warm > 0 {
		add("Warm-up", Setting(e.Warm))
	}
	add("Read from", e.Source)
	return out
}

// endpoint writes what a run without a ladder found.
func (s *summary) endpoint(run bench.Run) {
	for _, r := range run.Stages {
		s.thresholds(r)
		if r.Capacity != nil {
			s.wrap(fmt.Sprintf("Capacity: %s within %s, by %s.", ladderRow(r).Capacity(),
				SLO(r.Capacity.SLO), plural(len(r.Capacity.Probes), "probe")), "", "  ")
			s.line("")
		}
		if r.Common != nil {
			s.targets(*r.Common)
			s.causes(r.Common.Errors)
		}
		if r.Failed != "" {
			s.wrap("Could not be finished: "+r.Failed, "! ", "  ")
		}
	}
	s.warnings(run)
}

// thresholds writes every verdict with its evidence.
func (s *summary) thresholds(r bench.StageResult) {
	for _, v := range r.Verdicts {
		text := v.Text
		if text == "" {
			text = v.ID
		}
		s.wrap(text, s.word(v.Word)+" ", "  ")
		for _, e := range Evidence(v) {
			s.wrap(e, "    ", "    ")
		}
	}
	if len(r.Verdicts) > 0 {
		s.line("")
	}
}

// targets writes a line for each target, and for all of them.
func (s *summary) targets(m bench.Measurement) {
	all := []bench.Tally{m.Total}
	if len(m.Operations) > 1 {
		all = append(all, m.Operations[:min(len(m.Operations), maxTargets)]...)
	}
	left := len(m.Operations) - maxTargets
	quantiles := func(d bench.Distribution) []string {
		longest := Missing
		if d.Count > 0 {
			longest = Duration(d.Max)
		}
		return []string{DurationOf(d.P50), DurationOf(d.P90), DurationOf(d.P99), DurationOf(d.P999), longest}
	}
	if s.width < wideWidth {
		for _, o := range all {
			q := quantiles(o.Response)
			s.wrap(fmt.Sprintf("%s: %s requests, %s failed; p50 %s, p90 %s, p99 %s, p99.9 %s, max %s", o.Operation,
				Count(o.Planned), shortPercent(o.FailureRatio()), q[0], q[1], q[2], q[3], q[4]), "", "  ")
		}
		s.line("")
		return
	}
	name := 0
	for _, o := range all {
		name = max(name, utf8.RuneCountInString(o.Operation))
	}
	// 56 characters are the other columns with their spaces.
	name = min(max(name, 6), s.width-56)
	line := func(first, count string, rest ...string) {
		text := pad(first, name, true) + pad(count, 13, false)
		for _, cell := range rest {
			text += pad(tight(cell), 7, false)
		}
		s.line(text)
	}
	line("target", "requests", "fail", "p50", "p90", "p99", "p99.9", "max")
	for _, o := range all {
		line(o.Operation, Count(o.Planned), append([]string{shortPercent(o.FailureRatio())}, quantiles(o.Response)...)...)
	}
	if left > 0 {
		s.line(plural(left, "more target") + " in run.json")
	}
	s.wrap("Response times count from when a request was due. – is too few requests to tell: a percentile needs ten beyond it.", "", "")
	s.line("")
}

// causes writes the errors by cause, the most frequent first.
func (s *summary) causes(all []bench.ErrorGroup) {
	if len(all) == 0 {
		return
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b bench.ErrorGroup) int { return cmp.Compare(b.Count, a.Count) })
	s.line("Errors")
	for i, e := range sorted {
		if i == maxCauses {
			s.line(fmt.Sprintf("  %d more groups", len(sorted)-maxCauses))
			break
		}
		s.wrap(fmt.Sprintf("%s: %s, %s", Count(e.Count), e.Operation, e.Cause), "  ", "    ")
	}
	s.line("")
}

// warnings writes those of a run, its ruler, its stages and their attacks, but
// not that the generator was the limit: the headline says so.
func (s *summary) warnings(run bench.Run) {
	all := append(slices.Clone(run.Warnings), run.Calibration.Warnings...)
	for _, r := range run.Stages {
		all = append(all, r.Warnings...)
		if r.Common != nil {
			all = append(all, slices.DeleteFunc(slices.Clone(r.Common.Warnings), func(w string) bool {
				return r.Common.Generator.Limited != "" && strings.HasSuffix(w, r.Common.Generator.Limited)
			})...)
		}
	}
	for _, w := range all {
		s.wrap(w, "! ", "  ")
	}
}
