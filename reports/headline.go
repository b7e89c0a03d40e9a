package reports

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rung/bench"
)

// Headline says in a few sentences what a run found. A run that ended early
// says so first.
func Headline(run bench.Run) string {
	sentences := Sentences(run)
	if run.Partial != "" {
		sentences = append([]string{fmt.Sprintf("PARTIAL RUN (%s).", strings.TrimRight(run.Partial, ". "))},
			sentences...)
	}
	return strings.Join(sentences, " ")
}

// Sentences are the parts of the headline: how much the stages carried, of how
// many that is not known and why, then the largest step, if there is one, and how the verdicts fell. Of a run
// without a ladder: what came back, and whether the thresholds were met.
func Sentences(run bench.Run) []string {
	if run.Kind != bench.KindLadder {
		return endpointSentences(run)
	}
	out := []string{carried(run) + "."}
	if text := uncarried(run); text != "" {
		out = append(out, text+".")
	}
	if step := bestStep(run); step != "" {
		out = append(out, step+".")
	}
	return append(out, verdictSentence(Verdicts(run)))
}

// carried says how much the stages carried.
func carried(run bench.Run) string {
	if len(run.Stages) == 0 {
		return "No stage was measured"
	}
	var low, high float64
	sound := 0
	for _, row := range Ladder(run) {
		if !row.Sound() {
			continue
		}
		if sound == 0 || row.Passed < low {
			low = row.Passed
		}
		high = max(high, row.Passed)
		sound++
	}
	all := plural(len(run.Stages), "stage")
	switch {
	case sound == 0:
		return all + " ran, and none has a capacity that can be trusted"
	case sound == 1 && len(run.Stages) == 1:
		return fmt.Sprintf("1 stage carried %s within %s", perSecond(high), SLO(run.Workload.SLO))
	}
	who := all
	if sound < len(run.Stages) {
		who = fmt.Sprintf("%d of %s", sound, all)
	}
	if low == high {
		return fmt.Sprintf("%s carried %s within %s", who, perSecond(high), SLO(run.Workload.SLO))
	}
	return fmt.Sprintf("%s carried %s to %s within %s", who,
		strings.TrimSuffix(Rate(low), "/s"), perSecond(high), SLO(run.Workload.SLO))
}

// uncarried says of how many stages the capacity was searched for and cannot be
// trusted, and why, when it is one reason.
func uncarried(run bench.Run) string {
	var why []string
	for _, row := range Ladder(run) {
		if row.HasCapacity && row.Doubt != "" {
			why = append(why, Clause(row.Doubt))
		}
	}
	switch one := len(slices.Compact(slices.Clone(why))) == 1 && why[0] != ""; {
	case len(why) == 0:
		return ""
	case one && len(why) == len(run.Stages):
		return capital(why[0])
	case one:
		return fmt.Sprintf("The capacity of %s is in doubt: %s", plural(len(why), "stage"), why[0])
	}
	return fmt.Sprintf("The capacity of %s is in doubt", plural(len(why), "stage"))
}

// Clause is the first clause of a doubt: what was the matter, without figures.
func Clause(doubt string) string {
	head, _, _ := strings.Cut(doubt, ":")
	return strings.TrimRight(strings.TrimSpace(head), ".")
}

// capital writes the first letter large.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// bestStep names the step that raised the capacity most, if one did beyond
// what the brackets leave open.
func bestStep(run bench.Run) string {
	best := Row{}
	for _, row := range Ladder(run) {
		if row.Change.Significant() && row.Change.Ratio > 1 && row.Change.Ratio > best.Change.Ratio {
			best = row
		}
	}
	if best.Stage == "" {
		return ""
	}
	return fmt.Sprintf("The largest step was %s with %s the capacity of %s", best.Stage,
		Ratio(best.Change.Ratio), best.Against)
}

func verdictSentence(t Tally) string {
	switch {
	case t.All() == 0:
		return "Nothing was judged."
	case t.Pass == 1 && t.All() == 1:
		return "The one verdict passed."
	case t.Pass == t.All():
		return fmt.Sprintf("All %s passed.", plural(t.All(), "verdict"))
	}
	parts := []string{fmt.Sprintf("%d passed", t.Pass)}
	if t.Fail > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", t.Fail))
	}
	if t.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", t.Unknown))
	}
	return fmt.Sprintf("Of %s %s.", plural(t.All(), "verdict"), strings.Join(parts, ", "))
}

// SLO says a service-level objective in short: "p99 ≤ 250 ms and failures ≤
// 0.1%".
func SLO(s bench.SLO) string {
	if s.Latency <= 0 {
		return "no objective"
	}
	return fmt.Sprintf("%s ≤ %s and failures ≤ %s", Quantile(s.Quantile), Setting(s.Latency),
		PercentSetting(s.Failures))
}

func perSecond(rate float64) string {
	return strings.TrimSuffix(Rate(rate), "/s") + " requests per second"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
