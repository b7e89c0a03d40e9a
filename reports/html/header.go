package html

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// header is the top of the page.
type header struct {
	// Headline is the result in one sentence, Lead what else is to say.
	Headline string
	Lead     string
	Word     bench.Word
	Partial  string
	// Invalid warns when an item of the strip speaks against the numbers.
	Invalid  bool
	Strip    []reports.Item
	About    []pair
	Warnings []string
}

// pair is a term and what it says.
type pair struct{ Term, Text string }

func (b *builder) header() header {
	run := b.run
	strip := reports.Validity(run)
	sentences := reports.Sentences(run)
	return header{Headline: sentences[0], Lead: strings.Join(sentences[1:], " "), Word: reports.Overall(run),
		Partial: run.Partial,
		Invalid: !reports.Valid(strip), Strip: strip, About: b.about(),
		Warnings: capped(append(append([]string(nil), run.Warnings...), run.Calibration.Warnings...), maxWarnings)}
}

func (b *builder) about() []pair {
	run := b.run
	out := []pair{{"Started", instant(run.Started)}}
	if run.Finished.After(run.Started) {
		out = append(out, pair{Term: "Took", Text: reports.Duration(run.Finished.Sub(run.Started))})
	}
	if run.Kind != bench.KindLadder {
		for _, p := range reports.EndpointFacts(run) {
			out = append(out, pair(p))
		}
		if run.Kind != bench.KindReplay {
			out = append(out, pair{Term: "Seed", Text: fmt.Sprint(run.Seed)})
		}
		return append(out, pair{Term: "Machine", Text: machineText(run.Host)}, pair{Term: "Made by", Text: toolText(run)})
	}
	return append(out,
		pair{Term: "Profile", Text: fmt.Sprintf("%s, common load %s", orMissing(run.Profile.Name), reports.Rate(run.Profile.Rate))},
		pair{Term: "Objective", Text: reports.SLO(run.Workload.SLO)},
		pair{Term: "Workload", Text: orMissing(run.Workload.Name)},
		pair{Term: "Hardware set", Text: orMissing(run.Hardware.Name)},
		pair{Term: "Seed", Text: fmt.Sprint(run.Seed)},
		pair{Term: "Machine", Text: machineText(run.Host)},
		pair{Term: "Made by", Text: toolText(run)})
}

// instant is a moment in UTC; the zero moment is missing.
func instant(t time.Time) string {
	if t.IsZero() {
		return reports.Missing
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func machineText(h bench.Host) string {
	var parts []string
	for _, p := range []string{h.CPU, strings.Trim(h.OS+"/"+h.Arch, "/")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if h.CPUs > 0 {
		parts = append(parts, plural(h.CPUs, "CPU"))
	}
	if h.Memory > 0 {
		parts = append(parts, reports.Bytes(h.Memory))
	}
	return orMissing(strings.Join(parts, ", "))
}

func toolText(run bench.Run) string {
	parts := []string{}
	for _, p := range []string{run.Tool, run.Host.Go} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if run.Host.Commit != "" {
		parts = append(parts, "commit "+run.Host.Commit)
	}
	return orMissing(strings.Join(parts, ", "))
}
