package html

import (
	"fmt"

	"rung/bench"
	"rung/reports"
)

// maxTargets bounds the rows of a table of targets.
const maxTargets = 100

// endpointSections answer, for a run that attacked something else than a
// ladder. What the run says nothing about is left out.
func (b *builder) endpointSections() ([]section, error) {
	if len(b.run.Stages) == 0 {
		return nil, nil
	}
	makers := []func(bench.StageResult) (section, error){b.thresholds, b.carries, b.waits, b.course, b.spent, b.wrong, b.asked}
	var out []section
	for _, make := range makers {
		s, err := make(b.run.Stages[0])
		if err != nil {
			return nil, err
		}
		if s.ID != "" {
			out = append(out, s)
		}
	}
	repeats, err := b.rounds()
	if err == nil && repeats.ID != "" {
		out = append(out, repeats)
	}
	if s := b.evidence(b.run.Stages[0]); s.ID != "" {
		out = append(out, s)
	}
	return out, err
}

// thresholds are the verdicts.
func (b *builder) thresholds(s bench.StageResult) (section, error) {
	t := claims(s)
	if t.empty() {
		return section{}, nil
	}
	t.Caption = "Thresholds, judged"
	t.Columns = columns("Verdict", "Threshold", "Evidence")
	return section{ID: "thresholds", Title: "Were the thresholds met?", Tables: []*table{t}}, nil
}

// carries is the capacity search.
func (b *builder) carries(s bench.StageResult) (section, error) {
	if s.Capacity == nil || len(s.Capacity.Probes) == 0 {
		return section{}, nil
	}
	out := section{ID: "breaks", Title: "How much does it carry?", How: b.howKnees(), PanelsTitle: "Offered rate against goodput, and the 99th percentile",
		Lead: fmt.Sprintf("Between %s, within %s.", reports.Bracket(s.Capacity.Passed, s.Capacity.Failed), reports.SLO(s.Capacity.SLO))}
	switch c := s.Capacity; {
	case c.Doubt != "":
		out.Lead = "It cannot be told: " + c.Doubt + "."
	case c.Passed <= 0 || c.Failed <= 0:
		out.Lead = fmt.Sprintf("%s, within %s.", reports.Bracket(c.Passed, c.Failed), reports.SLO(c.SLO))
	}
	var err error
	out.Panels, err = b.kneeFigures()
	return out, err
}

// waits shows how long users waited, for all targets and for each.
func (b *builder) waits(s bench.StageResult) (section, error) {
	if s.Common == nil {
		return section{}, nil
	}
	out := section{ID: "waits", Title: "How long did users wait?"}
	t := operations(*s.Common)
	t.Caption = "Response time by target"
	t.Columns[0].Head = "Target"
	if left := len(t.Rows) - 1 - maxTargets; left > 0 {
		t.Rows = t.Rows[:maxTargets+1]
		t.Note += " " + plural(left, "further target") + " are in run.json."
	}
	if len(s.Common.Operations) == 1 {
		t.Rows = t.Rows[:1]
	}
	out.Tables = []*table{t}
	if len(s.Common.Total.Response.Curve) == 0 {
		return out, nil
	}
	f, err := b.honestyFigure(s)
	out.Figures = []figure{f}
	return out, err
}

// course shows what changed while the attack ran.
func (b *builder) course(s bench.StageResult) (section, error) {
	if s.Common == nil {
		return section{}, nil
	}
	out := section{ID: "course", Title: "What changed while it ran?"}
	if len(s.Common.Intervals) > 0 {
		f := figure{ID: b.ids.of("figure", "timeline"), Title: "What was asked, what was answered, and how fast", Height: timelineHeight,
			Subtitle: b.sample(s.Common), How: howCourse, Table: timelineTable("The attack by time", s.Common.Intervals, b.detail.slices)}
		if slices := merged(s.Common.Intervals, maxSlices); len(slices) > 0 {
			f.Subtitle += ", in slices of " + reports.Setting(slices[0].Length)
		}
		if err := f.draw(b.timelinePlot(bench.KillRow{Measurement: *s.Common})); err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, f)
	}
	f, ok, err := b.heatFigure("attack", s.Common, "Every answer by when it was due and how long it took", b.sample(s.Common))
	if ok {
		out.Figures = append(out.Figures, f)
	}
	if len(out.Figures) == 0 {
		return section{}, err
	}
	return out, err
}

// spent is where answered requests spent their time, if the target says so.
func (b *builder) spent(bench.StageResult) (section, error) {
	s, err := b.time()
	if len(s.Figures) == 0 {
		return section{}, err
	}
	return s, err
}

// wrong are the errors by cause.
func (b *builder) wrong(s bench.StageResult) (section, error) {
	t := failures(s)
	if t.empty() {
		return section{}, nil
	}
	return section{ID: "errors", Title: "What went wrong?", Tables: []*table{t}}, nil
}

// asked is what was sent, and whether the load was as planned.
func (b *builder) asked(s bench.StageResult) (section, error) {
	out := section{ID: "asked", Title: "What was asked, and was it sent as planned?"}
	if e := b.run.Endpoint; e != nil {
		t := &table{Caption: "Targets", Columns: columns("Name", "Method", "URL", ">Weight", ">Body")}
		for i, x := range e.Targets {
			if i == maxTargets {
				t.Note = plural(len(e.Targets)-maxTargets, "further target") + " are in run.json."
				break
			}
			body := ""
			if x.BodyBytes > 0 {
				body = reports.Bytes(int64(x.BodyBytes))
			}
			t.add(text(x.Name), text(x.Method), text(x.URL), text(reports.Plain(x.Weight)), text(body))
		}
		t.prune(4, 5)
		if !t.empty() {
			out.Tables = append(out.Tables, t)
		}
	}
	if t := generators(s); !t.empty() && b.run.Kind != bench.KindReplay {
		out.Tables = append(out.Tables, t)
	}
	if len(out.Tables) == 0 {
		return section{}, nil
	}
	return out, nil
}

// evidence are the facts behind the thresholds, and warnings.
func (b *builder) evidence(s bench.StageResult) section {
	out := section{ID: "facts", Title: "Every fact", Warnings: capped(stageWarnings(s), maxWarnings)}
	if all := facts(s, b.detail.facts); !all.empty() {
		all.Caption = "Facts that thresholds may name"
		out.Tables = []*table{all}
	}
	if len(out.Tables)+len(out.Warnings) == 0 {
		return section{}
	}
	return out
}
