package html

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// builder makes the parts of the page from one run. It only reads the run.
type builder struct {
	run  bench.Run
	rows []reports.Row
	ids  anchors
	// parts are the anchors of the stages' own parts, by position.
	parts []string
	// timelines counts the kill timelines drawn so far.
	timelines int
	detail    level
	// shown are the figures of experiments, by stage.
	shown [][]figure
}

func newBuilder(run bench.Run, detail level) *builder {
	b := &builder{run: run, rows: reports.Ladder(run), ids: anchors{}, detail: detail,
		shown: make([][]figure, len(run.Stages))}
	for _, s := range run.Stages {
		b.parts = append(b.parts, b.ids.of("stage", s.Stage.ID))
	}
	return b
}

// against returns the stage that stage i is compared with, if the run has it.
func (b *builder) against(i int) (bench.StageResult, bool) {
	id := reports.Against(b.run.Stages[i].Stage)
	for j, s := range b.run.Stages {
		if s.Stage.ID == id && j != i {
			return s, true
		}
	}
	return bench.StageResult{}, false
}

// stageCell is the head of a row that stands for stage i.
func (b *builder) stageCell(i int) cell {
	return cell{Text: b.run.Stages[i].Stage.ID, Link: b.parts[i]}
}

// short is the number of a stage, for where its name has no room.
func short(stage string) string {
	if head, _, ok := strings.Cut(stage, "-"); ok && head != "" {
		return head
	}
	return stage
}

// sample says what an attack measured: "3 000 requests at 150/s, open loop".
func (b *builder) sample(m *bench.Measurement) string {
	if b.run.Kind != bench.KindLadder {
		text := fmt.Sprintf("%s requests at %s", reports.Count(m.Total.Planned), reports.Rate(m.Rate))
		if m.Plan != "" {
			text = fmt.Sprintf("%s requests, %s", reports.Count(m.Total.Planned), m.Plan)
		}
		if b.run.Kind != bench.KindReplay {
			text += ", open loop"
		}
		return text
	}
	return fmt.Sprintf("%s requests at %s, open loop, %s", reports.Count(m.Total.Planned),
		reports.Rate(m.Rate), reports.Arrivals(b.run.Workload.Arrivals))
}

// name is what a stage is called in a title: the one of a run without a ladder
// is what was attacked.
func (b *builder) name(s bench.StageResult) string {
	if b.run.Kind != bench.KindLadder {
		return "The target"
	}
	return s.Stage.ID
}

// slo is the latency of the objective, zero without one.
func (b *builder) slo() time.Duration { return max(b.run.Workload.SLO.Latency, 0) }

// plural counts a noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return reports.Count(n) + " " + noun + "s"
}

// are is the verb for a count.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
