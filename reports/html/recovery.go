package html

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// recoveryFigure shows what each recovery is made of, one bar for every kill
// that has parts, beside the published periods of its stage.
func (b *builder) recoveryFigure() (figure, bool, error) {
	in := bench.Figure{ID: "recovery", Title: "What a recovery is made of",
		How: "One bar for each kill of the matrix that something noticed and acted on; each part starts where the one before ends. " +
			"The dot is the time to recover as users saw it: it can lie before the end of the bar, when others answered in the meantime, or beyond it. Without a dot users saw no failure.",
		X: bench.Axis{Label: "kill"}, Y: bench.Axis{Label: "time since the kill", Unit: bench.UnitNs}}
	stages := map[int]bool{}
	var series [4]bench.Series
	seen := bench.Series{Name: "time to recover", Mark: bench.MarkDots}
	for i, s := range b.run.Stages {
		for _, k := range s.Kills {
			if !reports.HasParts(k) || !reports.Sound(k) || !reports.OneOfEach(s.Stage, k) {
				continue
			}
			stages[i] = true
			x := float64(len(in.X.Names))
			in.X.Names = append(in.X.Names, short(s.Stage.ID)+" "+killName(k))
			for j, part := range reports.Parts(k.Recovery) {
				series[j].Name, series[j].Mark = part.Name, bench.MarkStack
				series[j].Points = append(series[j].Points, bench.FigurePoint{X: x, Y: inNs(part.Took)})
			}
			total := inNs(k.Recovery.Total)
			if k.Recovery.NoFailure {
				total = nil
			}
			seen.Points = append(seen.Points, bench.FigurePoint{X: x, Y: total})
		}
	}
	if len(in.X.Names) == 0 {
		return figure{}, false, nil
	}
	in.Series = append(series[:], seen)
	f, err := b.relationFigure(b.ids.of("figure", "recovery"), in)
	f.Subtitle = "Kills at the common load that something noticed; the others are in the table of kills below. A part that was not observed is missing from its bar"
	f.Beside = b.periods("Published periods behind these times", func(i int, p bench.Period) bool {
		return stages[i] && (strings.Contains(p.Name, "lease") || strings.Contains(p.Name, "heartbeat") || strings.Contains(p.Name, "health-check"))
	})
	if f.Beside.empty() {
		f.Beside = nil
	}
	return f, true, err
}

// inNs is a time as a value of a figure.
func inNs(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	v := float64(*d)
	return &v
}

// killName names a row of the kill matrix.
func killName(k bench.KillRow) string {
	if k.Variant == "" {
		return orMissing(k.Node)
	}
	return fmt.Sprintf("%s (%s)", orMissing(k.Node), k.Variant)
}

// killedCell is the head of a row: what was killed, and on what.
func killedCell(k bench.KillRow) cell {
	out := text(k.Node)
	var sub []string
	if len(k.Nodes) > 0 && strings.Join(k.Nodes, "") != k.Node {
		sub = append(sub, strings.Join(capped(k.Nodes, maxErrors), ", "))
	}
	if k.Variant != "" {
		sub = append(sub, "on variant "+k.Variant)
	}
	out.Sub = strings.Join(sub, "; ")
	return out
}
