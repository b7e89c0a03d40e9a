package html

import (
	"slices"

	"rung/bench"
)

// endpointWords are the words that a page without a ladder uses.
var endpointWords = [...]string{"Objective (SLO)", "Bracket", "Open loop", "Response time", "Service time", "Lateness", "Coordinated omission",
	"Goodput", "Failure", "Percentile (p99)", "Verdict"}

func endpointTerms() []pair {
	return slices.DeleteFunc(terms(), func(p pair) bool { return !slices.Contains(endpointWords[:], p.Term) })
}

// endpointSteps are how such a run was made.
func endpointSteps(run bench.Run) []string {
	const recorded = "Every request is recorded in histograms with three significant digits. Failures are kept apart from answers."
	switch run.Kind {
	case bench.KindReplay:
		return []string{"The results of another tool were read; nothing was sent for this report.",
			"Where they do not say when a request was due, its response time counts from when it was sent.", recorded}
	case bench.KindCapacity:
		return []string{"The target is asked at one rate after another, each over warmed connections, with requests sent when they are due.",
			"A rate passes when it meets the objective. The search narrows the bracket between the highest rate that passed and the lowest that did not.",
			"Rates at which the generator was the limit do not count.", recorded}
	}
	return []string{"The plan fixes when each request is due before the first is sent; requests are sent when they are due, whether or not earlier ones have answered.",
		"Redirects are not followed, and bodies are read and thrown away.", recorded,
		"A threshold is judged on the facts below. Where the generator was the limit, nothing passes."}
}
