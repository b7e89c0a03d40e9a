package html

import (
	"strings"

	"rung/bench"
	"rung/reports"
)

// cited are the facts that the claims and the figures of a stage name.
func cited(s bench.Stage) map[string]bool {
	out := map[string]bool{}
	for _, c := range s.Claims {
		for _, text := range c.Checks {
			check, err := bench.ParseCheck(text)
			if err != nil {
				continue // the verdict says so
			}
			for _, name := range check.Needs() {
				out[name] = true
			}
		}
	}
	for _, f := range s.Figures {
		for _, points := range f.Points {
			for _, p := range points {
				out[p.Fact] = true
			}
		}
	}
	return out
}

// found are the facts of an experiment: those of the experiment as a whole, and
// of its parts those that are cited, with those of one part in one line:
// "user: p50_ns = 1.2 ms, p99_ns = 3.4 ms". The others are among all facts.
func found(s bench.StageResult, experiment string, cited map[string]bool) []string {
	var out []string
	head, left := "", 0
	for _, f := range s.Facts {
		name, ok := strings.CutPrefix(f.Name, experiment+".")
		if !ok {
			continue
		}
		of, what := "", name
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			of, what = name[:i], name[i+1:]
		}
		if of != "" && !cited[f.Name] {
			left++
			continue
		}
		what += " = " + reports.Value(f.Name, f.Value) + doubted(f)
		if of != "" && of == head && len(out) > 0 {
			out[len(out)-1] += ", " + what
			continue
		}
		if head = of; of != "" {
			what = of + ": " + what
		}
		out = append(out, what)
	}
	if left > 0 {
		out = append(out, plural(left, "more fact")+" of its parts: under Facts")
	}
	return out
}
