package html

import (
	"fmt"
	"slices"

	"rung/bench"
	"rung/reports"
)

// method is the end of the page: how the numbers were made and what the words
// mean.
type method struct {
	Terms  []pair
	Steps  []string
	Tables []*table
	About  []pair
	// Short says that the page leaves something out to stay small.
	Short bool
}

// terms are the words of the page, in the order a reader meets them.
func terms() []pair {
	return []pair{
		{"Stage", "One architecture of the ladder, running as real processes on this machine. Each builds on the one before."},
		{"Objective (SLO)", "What a stage must keep to carry a rate: a response time at a percentile, and a share of failures. Both must hold."},
		{"Bracket", "The capacity lies between the highest rate that met the objective and the lowest one above it that did not. Headline and gain speak of the highest rate that met it; where one number has to stand for the capacity, in claims, estimates and cost, it is the middle of the bracket."},
		{"Open loop", "Requests are sent at their planned times, however slow the answers are, as independent users would. A closed loop waits for answers and so asks less exactly when the site is slow."},
		{"Response time", "From the planned send time to the last byte of the answer: what a user waits."},
		{"Service time", "From the real send time to the last byte of the answer."},
		{"Lateness", "From the planned to the real send time: what the generator itself adds. It is part of the response time."},
		{"Coordinated omission", "The error of measuring from the real send time when a slow answer holds back the next request: the waiting that users would see is left out. Response time here does not have it."},
		{"Goodput", "Rate of good answers: neither failed, nor refused by a rate limit."},
		{"Failure", "A 5xx or unexpected 4xx answer, a broken or refused connection, no answer in time, or a request never sent. A 429 counts as refused; a 401 as answered but logged out."},
		{"Availability", "Share of planned requests that did not fail."},
		{"Percentile (p99)", "The time that 99 of 100 requests stayed below. It is given only when at least ten requests lie beyond it."},
		{"Time to recover", "From the kill to the last failure before the first span without failures that is long enough. At once: requests that were under way at the kill failed, and none after it."},
		{"Detection, decision, promotion, convergence", "The parts of a recovery, one after the other: until somebody noticed, until it was settled who takes over, until the chosen one was ready, and until a client was served by it. Where nothing notices a kill, nobody decides: a replacement starts after the time that the stage file assumes."},
		{"Stale read", "A read that was answered with a value which had been replaced, by an acknowledged write, before the read was sent."},
		{"Hit ratio", "Share of the reads asked of a cache that it answered itself."},
		{"Lost write", "A write that was acknowledged and was not there when the store was read after the fault."},
		{"Estimate", "A calculation from the topology and the workload alone, made before the run, with a tolerance of its own."},
		{"Verdict", "Pass when every check holds, fail when one does not, unknown when something was not measured or is in doubt. Unknown is never a pass."},
		{"Emulated", "The size of machines (CPU slots and disk accesses with queues) and the length of wires. Protocols, stores and processes are real."},
		{"Time scale", "The number by which published periods, such as health checks and TTLs, are divided so that a run takes minutes."},
	}
}

func (b *builder) method() method {
	run := b.run
	m := method{Terms: terms(), Steps: b.steps()}
	m.Tables = []*table{b.periods("Periods, as published and as run", func(int, bench.Period) bool { return true }), b.calibration(), b.mix()}
	if run.Kind != bench.KindLadder {
		m.Terms, m.Steps, m.Tables = endpointTerms(), endpointSteps(run), []*table{b.calibration()}
	}
	m.Tables = slices.DeleteFunc(m.Tables, func(t *table) bool { return t.empty() })
	m.About = append(b.about(), pair{Term: "Finished", Text: instant(run.Finished)}, pair{Term: "Kernel", Text: orMissing(run.Host.Kernel)},
		pair{Term: "Schema of run.json", Text: fmt.Sprint(run.Schema)}, chartLibrary())
	return m
}

// chartLibrary names the library in every page.
func chartLibrary() pair {
	return pair{Term: "Chart library", Text: "Apache ECharts " + libraryVersion + ", Apache License 2.0, inside this file"}
}

// steps are how a ladder is measured.
func (b *builder) steps() []string {
	p := b.run.Profile
	return []string{
		"Before the run the generator is measured against a server that does nothing: how much it can send, how exact its clock is, what a loopback round trip and a disk sync cost.",
		fmt.Sprintf("Each stage is started and warmed up for %s, then asked for %s for %s. This common load is the same on every stage, so that response times compare.",
			reports.Setting(p.Warm), reports.Rate(p.Rate), reports.Setting(p.Common)),
		fmt.Sprintf("Capacity is searched with at most %s of %s or more each, until the bracket is no wider than %s of the rate that passed. Probes where the generator was the limit do not count.",
			plural(p.Probes, "probe"), reports.Setting(p.Probe), reports.PercentSetting(p.Width)),
		fmt.Sprintf("Each kind of node is killed once under the common load, %s after the start; what follows its return is observed for %s. A kill that did not happen makes its row void; a load that came late does not, as long as all of it came and 95%% of it by less than a tenth of the span that a recovery must settle for.",
			reports.Setting(p.Before), reports.Setting(p.After)),
		"Every request is recorded in histograms with three significant digits. Failures are kept apart from answers.",
		"Capacities are compared by their brackets: a change is named only when it holds for every pair of values inside the two brackets, of all rounds where there are several.",
	}
}

// periods are the published periods of some stages and what the time scale
// made of them. One that several stages have stands with the first.
func (b *builder) periods(caption string, of func(stage int, p bench.Period) bool) *table {
	t := &table{Caption: caption,
		Columns: columns("Stage", "Period", ">Published", ">In this run", ">Time scale", "Source")}
	seen := map[bench.Period]bool{}
	for i, s := range b.run.Stages {
		for _, p := range s.Stage.Periods {
			if seen[p] || !of(i, p) {
				continue
			}
			seen[p] = true
			t.add(b.stageCell(i), text(p.Name), text(reports.Setting(p.Published)), text(reports.Setting(p.Scaled)),
				text("1/"+reports.Plain(s.Stage.Topology.TimeScale)), text(p.Source))
		}
	}
	return t
}

func (b *builder) calibration() *table {
	c := b.run.Calibration
	if b.run.Kind != bench.KindLadder && c.ClockP99 == 0 && c.Ceiling == 0 {
		return nil
	}
	t := &table{Caption: "What the ruler measured of itself before the run",
		Columns: columns("Measure", ">Value")}
	if c.Ceiling > 0 {
		t.add(text("Highest rate against a server that does nothing"), text(reports.Rate(c.Ceiling)))
	}
	t.add(text("Wake-up error of the clock, p50"), text(reports.Duration(c.ClockP50)))
	t.add(text("Wake-up error of the clock, p99"), text(reports.Duration(c.ClockP99)))
	t.add(text("HTTP round trip over loopback, p50"), text(reports.Duration(c.LoopbackP50)))
	t.add(text("One more process on the path"), text(reports.Duration(c.HopCost)))
	t.add(text("Disk sync, p50"), text(reports.Duration(c.FsyncP50)))
	return t
}

func (b *builder) mix() *table {
	w := b.run.Workload
	t := &table{Caption: "The workload " + w.Name, Columns: columns("Operation", ">Share")}
	for _, s := range w.Mix {
		t.add(text(string(s.Operation)), text(reports.PercentSetting(s.Ratio)))
	}
	if len(t.Rows) > 0 {
		t.Note = fmt.Sprintf("Users are picked by a Zipf law with exponent %s over %s users with %s each; %s logged in; %s; no answer after %s counts as failed.",
			reports.Plain(w.Exponent), reports.Count(w.Data.Users), plural(w.Data.OrdersPerUser, "order"),
			reports.Count(w.Sessions), plural(w.Assets, "static file"), reports.Setting(w.Timeout))
	}
	return t
}
