package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
)

// relationFigure draws a figure of the run.
func (b *builder) relationFigure(id string, in bench.Figure) (figure, error) {
	r := newRelation(in, b.detail.points)
	f := figure{ID: id, Title: relationTitle(in), Subtitle: r.subtitle(), Table: relationTable(in, b.detail.rows)}
	how := []string{in.How}
	if slices.ContainsFunc(in.Series, func(s bench.Series) bool { return s.Predicted }) {
		how = append(how, "Dashed or hollow is an estimate, not a measurement.")
	}
	if slices.ContainsFunc(r.series, func(l line) bool { return l.ranges }) {
		how = append(how, "Thin bars with caps are intervals.")
	}
	f.How = strings.TrimSpace(strings.Join(append(how, r.notes...), " "))
	if r.empty() {
		f.Empty = "No data."
		return f, nil
	}
	f.Height = r.height()
	return f, f.draw(r.plot())
}

// experiments makes the section of the figures that experiments measured,
// under the stage of each.
func (b *builder) experiments() (section, error) {
	s := section{ID: "experiments", Title: "What did the experiments show?"}
	count := 0
	for i, stage := range b.run.Stages {
		if len(stage.Figures) == 0 {
			continue
		}
		g := group{Title: stage.Stage.ID, Link: b.parts[i]}
		all := stage.Figures[:min(len(stage.Figures), b.detail.figures)]
		if left := len(stage.Figures) - len(all); left > 0 {
			g.Note = plural(left, "further figure") + " of this stage " + are(left) + " in run.json."
		}
		for _, in := range all {
			f, err := b.relationFigure(b.ids.of("figure", stage.Stage.ID+"-"+in.ID), in)
			if err != nil {
				return s, err
			}
			g.Figures = append(g.Figures, f)
		}
		b.shown[i] = g.Figures
		s.Groups = append(s.Groups, g)
		count += len(g.Figures)
	}
	if count == 0 {
		s.Lead = "No experiment of this run drew a figure."
		return s, nil
	}
	s.Lead = fmt.Sprintf("Beside load, capacity and kills, a stage is asked what it alone can answer. %s, by stage; what was expected of them is under the claims of each.",
		plural(count, "figure"))
	return s, nil
}

// again repeats the figures of a stage's experiments in its own part. The
// data is there once.
func (b *builder) again(i int) []figure {
	var out []figure
	for _, f := range b.shown[i] {
		if f.Block == nil {
			continue
		}
		out = append(out, figure{ID: b.ids.of("again", strings.TrimPrefix(f.ID, "figure-")), Of: f.ID, Title: f.Title,
			Subtitle: f.Subtitle, Height: f.Height})
	}
	return out
}
