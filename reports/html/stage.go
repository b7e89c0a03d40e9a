package html

import (
	"fmt"
	"slices"

	"rung/bench"
	"rung/reports"
	"rung/targets"
)

// stagePart is the foldable part of one stage.
type stagePart struct {
	ID, Stage, Title, Adds string
	Word                   bench.Word
	// Failed says why the stage could not be finished.
	Failed  string
	Summary string
	Drawing *drawing
	// Against is the stage compared with, and Differences what is new, gone or
	// changed against its topology, in words.
	Against     string
	Differences []string
	// Topology, Tables and More hold tables under their own heads.
	Topology []*table
	Groups   []group
	Warnings []string
}

// group is a headed group of figures and tables within a stage.
type group struct {
	Title string
	// Link is where the title leads, if anywhere.
	Link string
	// Note stands above.
	Note    string
	Figures []figure
	Tables  []*table
	// Later is a table that is made when it is opened.
	Later *later
}

// stagePart makes the part of stage i.
func (b *builder) stagePart(i int) (stagePart, error) {
	s := b.run.Stages[i]
	row := b.rows[i]
	part := stagePart{ID: b.parts[i], Stage: s.Stage.ID, Title: s.Stage.Title, Adds: s.Stage.Adds,
		Word: row.Word, Failed: s.Failed, Warnings: capped(stageWarnings(s), maxWarnings)}
	part.Summary = fmt.Sprintf("capacity %s, p99 %s", row.Capacity(), reports.DurationOf(row.P99))
	part.Drawing = draw(s.Stage.Topology, b.before(s.Stage))
	if before := b.before(s.Stage); before != nil {
		part.Against, part.Differences = reports.Against(s.Stage), difference(*before, s.Stage.Topology)
	}
	part.Topology = []*table{nodeTable(s.Stage.Topology, part.Drawing), linkTable(s.Stage.Topology)}
	part.add(group{Title: "Claims", Tables: []*table{claims(s)}})
	if s.Common != nil && len(s.Common.Total.Response.Curve) > 0 {
		f, err := b.honestyFigure(s)
		if err != nil {
			return part, err
		}
		part.add(group{Title: "Response time at the common load", Figures: []figure{f},
			Tables: []*table{operations(mixed(*s.Common))}})
	}
	if err := b.heats(&part, s); err != nil {
		return part, err
	}
	regions, err := b.regionGroup(s)
	if err != nil {
		return part, err
	}
	part.add(regions)
	part.add(group{Title: "Further observations", Tables: []*table{observations(s), variants(s), lookups(s)}})
	part.add(group{Title: "What its experiments showed", Figures: b.again(i)})
	others, left, err := b.otherKills(s)
	if err != nil {
		return part, err
	}
	note := ""
	if left > 0 {
		note = fmt.Sprintf("%s more are in run.json; the page has room for %d timelines.", plural(left,
			"timeline"), b.detail.timelines)
	}
	part.add(group{Title: "Kills and other faults", Tables: []*table{stageKills(s)}})
	part.add(group{Title: "What the other kills looked like", Note: note, Figures: others})
	part.add(group{Title: "Errors", Tables: []*table{failures(s)}})
	part.add(group{Title: "Use of resources", Tables: []*table{demands(s), uses(s)}})
	part.add(group{Title: "The generator", Tables: []*table{generators(s)}})
	if all := derivations(s); !all.empty() {
		part.add(group{Title: "Estimates", Later: postpone(b.ids.of("estimates", s.Stage.ID), "prediction", all)})
	}
	if all := facts(s, b.detail.facts); !all.empty() {
		part.add(group{Title: "Facts", Note: all.Note, Later: postpone(b.ids.of("facts", s.Stage.ID), "facts", all)})
	}
	return part, nil
}

// heats adds the heat maps of a stage: of its common load and its kills.
func (b *builder) heats(part *stagePart, s bench.StageResult) error {
	g := group{Title: "Response times over time"}
	draw := func(id, title string, m *bench.Measurement) error {
		if m == nil || len(g.Figures) == b.detail.timelines {
			return nil
		}
		f, ok, err := b.heatFigure(id, m, title, b.sample(m))
		if ok {
			g.Figures = append(g.Figures, f)
		}
		return err
	}
	if err := draw(s.Stage.ID, s.Stage.ID+", every answer at the common load", s.Common); err != nil {
		return err
	}
	for i := range s.Kills {
		k := &s.Kills[i]
		if err := draw(s.Stage.ID+"-"+k.Node, fmt.Sprintf("%s, every answer around the kill of %s", s.Stage.ID, killName(*k)), &k.Measurement); err != nil {
			return err
		}
	}
	part.add(g)
	return nil
}

// add appends a group without its empty tables, unless nothing is left.
func (p *stagePart) add(g group) {
	var full []*table
	for _, t := range g.Tables {
		if !t.empty() {
			full = append(full, t)
		}
	}
	g.Tables = full
	if len(g.Tables)+len(g.Figures) > 0 || g.Note != "" || g.Later != nil {
		p.Groups = append(p.Groups, g)
	}
}

// before is the topology of the stage that this one is compared with, if the
// run has it.
func (b *builder) before(s bench.Stage) *targets.Topology {
	against := reports.Against(s)
	for _, other := range b.run.Stages {
		if against != "" && other.Stage.ID == against {
			return &other.Stage.Topology
		}
	}
	return nil
}

// stageWarnings are the warnings of a stage and of all its attacks.
func stageWarnings(s bench.StageResult) []string {
	out := append([]string(nil), s.Warnings...)
	say := func(w string) {
		if !slices.Contains(out, w) { // a measurement may warn of its limit itself
			out = append(out, w)
		}
	}
	of := func(m bench.Measurement) {
		for _, w := range m.Warnings {
			say(m.Name + ": " + w)
		}
		if m.Generator.Limited != "" {
			say(m.Name + ": the generator was the limit: " + m.Generator.Limited)
		}
	}
	if s.Common != nil {
		of(*s.Common)
	}
	for _, v := range s.Variants {
		if v.Latency != nil {
			of(*v.Latency)
		}
	}
	for _, k := range s.Kills {
		of(k.Measurement)
	}
	return out
}

func claims(s bench.StageResult) *table {
	t := &table{Caption: "Claims and estimates, judged", Columns: columns("Verdict", "Claim", "Evidence")}
	for _, v := range s.Verdicts {
		t.add(verdict(v.Word), cell{Text: v.Text, Sub: v.ID}, lines(reports.Evidence(v)))
	}
	return t
}

// mixed is a measurement without the operations that the workload's mix does
// not ask for.
func mixed(m bench.Measurement) bench.Measurement {
	m.Operations = slices.DeleteFunc(slices.Clone(m.Operations), func(o bench.Tally) bool { return o.Planned == 0 })
	return m
}

func operations(m bench.Measurement) *table {
	t := &table{Caption: "Response time by operation",
		Columns: columns("Operation", ">Failures", ">n", ">min", ">p50", ">p90", ">p95", ">p99", ">p99.9", ">max"),
		Note:    "– where fewer than ten requests lie beyond the percentile. Failed requests are counted apart: a refused connection is fast and would flatter the rest."}
	for _, o := range append([]bench.Tally{m.Total}, m.Operations...) {
		t.add(append([]cell{text(o.Operation), text(reports.Percent(o.FailureRatio()))},
			quantileCells(o.Response)...)...)
	}
	return t
}

// observations lists the further observations of a stage with their facts.
func observations(s bench.StageResult) *table {
	t := &table{Caption: "Experiments", Columns: columns("Name", "Kind", "On", ">Rate", "Found")}
	cited := cited(s.Stage)
	for _, e := range s.Stage.Experiments {
		on := "the stage itself"
		if e.Variant != "" {
			on = "variant " + e.Variant
		}
		if e.Role != "" {
			on += ", role " + e.Role
		}
		rate := reports.Missing
		if e.Rate > 0 {
			rate = reports.Rate(e.Rate)
		}
		t.add(text(e.Name), text(string(e.Kind)), text(on), text(rate), lines(found(s, e.Name, cited)))
	}
	return t
}

func doubted(f bench.Fact) string {
	if f.Doubt == "" {
		return ""
	}
	return " (in doubt: " + f.Doubt + ")"
}

func variants(s bench.StageResult) *table {
	t := &table{Caption: "Variants, against the stage itself",
		Columns: columns("Variant", "What is different", ">Capacity", "Limit at capacity", ">p50", ">p99",
			">Failures")}
	if len(s.Variants) == 0 {
		return t
	}
	variantRow(t, s.Stage.ID, "the stage itself", s.Capacity, s.Common)
	for _, v := range s.Variants {
		variantRow(t, v.Name, v.Text, v.Capacity, v.Latency)
	}
	return t
}

func variantRow(t *table, name, what string, c *bench.Capacity, m *bench.Measurement) {
	bracket, limit := cell{Text: reports.Missing}, ""
	if c != nil {
		bracket = cell{Text: reports.Bracket(c.Passed, c.Failed)}
		if c.Doubt != "" {
			bracket.Sub = "in doubt: " + c.Doubt
		}
		limit = c.Bottleneck.String()
	}
	p50, p99, failed := reports.Missing, reports.Missing, reports.Missing
	if m != nil {
		p50, p99 = reports.DurationOf(m.Total.Response.P50), reports.DurationOf(m.Total.Response.P99)
		failed = reports.Percent(m.Total.FailureRatio())
	}
	t.add(text(name), text(what), bracket, text(limit), text(p50), text(p99), text(failed))
}

func lookups(s bench.StageResult) *table {
	t := &table{Caption: "DNS lookups by a client, in order",
		Columns: columns("Name", "Caches before", ">Took", ">Questions upstream", "Address", ">TTL left")}
	for i, l := range s.Lookups {
		if i == maxFacts {
			break
		}
		t.add(text(l.Name), text(l.State), text(reports.Duration(l.Took)), text(reports.Count(l.Asked)),
			text(l.Address), text(reports.Setting(l.TTL)))
	}
	return t
}
