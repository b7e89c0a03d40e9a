package reports

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
)

// maxTarget is how many characters of a target a sentence shows.
const maxTarget = 72

// Attacked names what a run without a ladder attacked: "GET http://a.example/",
// or "3 targets on a.example:80".
func Attacked(run bench.Run) string {
	e := run.Endpoint
	switch {
	case e == nil || len(e.Targets)+len(e.Hosts) == 0:
		if len(run.Stages) > 0 && run.Stages[0].Stage.Title != "" {
			return short(run.Stages[0].Stage.Title)
		}
		return "The endpoint"
	case len(e.Targets) == 1:
		return short(strings.TrimSpace(e.Targets[0].Method + " " + e.Targets[0].URL))
	case len(e.Targets) == 0:
		return short(shortList(e.Hosts))
	case len(e.Hosts) == 0:
		return plural(len(e.Targets), "target")
	}
	return short(plural(len(e.Targets), "target") + " on " + shortList(e.Hosts))
}

func short(text string) string {
	if runes := []rune(text); len(runes) > maxTarget {
		return string(runes[:maxTarget-1]) + "…"
	}
	return text
}

// endpointSentences are the headline of a run without a ladder: what was asked
// and what came back, the capacity where one was searched, and the thresholds.
func endpointSentences(run bench.Run) []string {
	if len(run.Stages) == 0 {
		return []string{Attacked(run) + " was not measured.", "Nothing was judged."}
	}
	s := run.Stages[0]
	var out []string
	if s.Capacity != nil {
		out = append(out, Attacked(run)+" "+endpointCarried(*s.Capacity)+".")
	}
	if s.Common != nil {
		who := Attacked(run)
		if len(out) > 0 {
			who = "It"
		}
		out = append(out, who+" "+answered(*s.Common)+".")
		if why := s.Common.Generator.Limited; why != "" {
			out = append(out, "The generator was the limit, not the target: "+strings.TrimRight(why, ". ")+".")
		}
	}
	if len(out) == 0 {
		out = append(out, Attacked(run)+" was not measured.")
	}
	if run.Kind == bench.KindCapacity {
		return out // what was found is the judgement
	}
	return append(out, thresholdSentence(run))
}

// answered says what came back: "answered 9 998 of 10 000 requests at 1.00 k/s,
// p50 1.20 ms and p99 4.30 ms; 0.02% failed".
func answered(m bench.Measurement) string {
	t := m.Total
	if t.Planned == 0 {
		return "was asked nothing"
	}
	got := t.OK + t.LoggedOut + t.Refused
	count := Count(got) + " of " + Count(t.Planned)
	switch got {
	case t.Planned:
		count = "all " + Count(t.Planned)
	case 0:
		count = "none of " + Count(t.Planned)
	}
	text := fmt.Sprintf("answered %s requests at %s", count, Rate(m.Rate))
	if t.Response.P50 != nil {
		text += ", p50 " + Duration(*t.Response.P50)
		if t.Response.P99 != nil {
			text += " and p99 " + Duration(*t.Response.P99)
		}
	}
	if ratio := t.FailureRatio(); ratio > 0 {
		text += fmt.Sprintf("; %s failed", Percent(ratio))
	}
	if t.Refused > 0 {
		text += fmt.Sprintf("; %s were refused (429)", Percent(float64(t.Refused)/float64(t.Planned)))
	}
	return text
}

// endpointCarried says the capacity that was found.
func endpointCarried(c bench.Capacity) string {
	within := SLO(c.SLO)
	switch {
	case c.Doubt != "":
		return "has no capacity that can be trusted: " + strings.TrimRight(c.Doubt, ". ")
	case c.Passed <= 0 && c.Failed > 0:
		return fmt.Sprintf("does not carry %s within %s", perSecond(c.Failed), within)
	case c.Passed <= 0:
		return "was not asked for a rate that counts"
	case c.Failed <= 0:
		return fmt.Sprintf("carries at least %s within %s; no rate tried failed", perSecond(c.Passed), within)
	}
	return fmt.Sprintf("carries %s within %s, and not %s", perSecond(c.Passed), within, Rate(c.Failed))
}

func thresholdSentence(run bench.Run) string {
	t := thresholds(run)
	switch {
	case t.All() == 0:
		return "No threshold was set: nothing was judged."
	case t.All() == 1 && t.Pass == 1:
		return "The threshold was met."
	case t.All() == 1 && t.Fail == 1:
		return "The threshold was not met."
	case t.All() == 1:
		return "The threshold could not be judged."
	case t.Pass == t.All():
		return fmt.Sprintf("All %d thresholds were met.", t.All())
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{t.Pass, "met"}, {t.Fail, "not met"}, {t.Unknown, "not judged"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return fmt.Sprintf("Of %d thresholds: %s.", t.All(), strings.Join(parts, ", "))
}

// thresholds counts the verdicts on what the user asked for, without those on
// the generator and on an endpoint that does not answer.
func thresholds(run bench.Run) Tally {
	only := run
	only.Stages = nil
	for _, s := range run.Stages {
		s.Verdicts = slices.DeleteFunc(slices.Clone(s.Verdicts), func(v bench.Verdict) bool { return !strings.HasPrefix(v.ID, "slo-") })
		only.Stages = append(only.Stages, s)
	}
	return Verdicts(only)
}
