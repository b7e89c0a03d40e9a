package html

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	// maxRatio is where the ratio axis ends; what is further off is drawn
	// there and told in its tooltip.
	maxRatio = 16
	// ratioHeight is the height of one row of the ratio chart.
	ratioHeight = 26
)

// judged is one estimate with its verdict.
type judged struct {
	stage    int
	estimate bench.Estimate
	verdict  bench.Verdict
}

// judged returns every estimate of the run, in order.
func (b *builder) judged() []judged {
	var out []judged
	for i, s := range b.run.Stages {
		for _, e := range s.Prediction.Estimates {
			j := judged{stage: i, estimate: e}
			for _, v := range s.Verdicts {
				if v.ID == "estimate."+e.Fact {
					j.verdict = v
				}
			}
			out = append(out, j)
		}
	}
	return out
}

// estimateFigure shows how far every estimate was off.
func (b *builder) estimateFigure() (figure, error) {
	all := b.judged()
	f := figure{ID: b.ids.of("figure", "estimates"), Title: estimateTitle(all),
		Subtitle: "Measured value over the estimate made before the run, on a log axis",
		How: "On the middle line the estimate was exact. The short bar is the tolerance that the estimate itself stated; " +
			"the shaded bands are a factor of 2 and of 10. ● within tolerance, ◆ outside, △ could not be judged.",
		Height: rowsAround + ratioHeight*len(all), Table: estimateTable(b, all)}
	var names []string
	var dots, allowed []item
	for i, j := range all {
		names = append(names, short(b.run.Stages[j.stage].Stage.ID)+" "+factName(j.estimate.Fact))
		allowed = append(allowed, item{Value: []any{octaves(1 - j.estimate.Tolerance),
			octaves(1 + j.estimate.Tolerance), i}})
		if j.verdict.Ratio <= 0 {
			continue
		}
		dot := probeLook(j.verdict.Word)
		dot.Value = []any{octaves(j.verdict.Ratio), i}
		dot.Tip = append([]string{b.run.Stages[j.stage].Stage.ID + " " + j.estimate.Fact,
			"estimated " + reports.Value(j.estimate.Fact, j.estimate.Value),
			"measured " + reports.Value(j.estimate.Fact,
				j.verdict.Measured) + ", " + reports.Ratio(j.verdict.Ratio)}, j.verdict.Evidence...)
		dots = append(dots, dot)
	}
	if len(all) == 0 {
		f.Empty = "No estimate was made."
		return f, nil
	}
	span := octaves(maxRatio)
	p := newPlot("item",
		[]opts.XAxis{{Type: "value", Min: -4, Max: span, MinInterval: 1, Name: "measured / estimated",
			NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: names, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "22", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"octaves"}, []string{"name"})
	p.shaped("tolerance", charts.SingleSeries{Name: "tolerance", Data: allowed,
		ItemStyle: &opts.ItemStyle{Color: "@before"},
		MarkAreas: ratioBands()}, []int{0, 1}, 2)
	p.add("", charts.SingleSeries{Name: "ratio", Type: "scatter", Data: dots, SymbolSize: 11, MarkLines: exactly()})
	return f, f.draw(p)
}

// octaves is the place of a ratio on the log axis, cut at maxRatio.
func octaves(ratio float64) any {
	end := math.Log2(maxRatio)
	if ratio <= 0 {
		return -end
	}
	return number(min(max(math.Log2(ratio), -end), end))
}

// ratioBands shade a factor of 10 and, on top, of 2.
func ratioBands() *opts.MarkAreas {
	band := func(factor float64, color string) []any {
		return []any{map[string]any{"xAxis": octaves(1 / factor), "itemStyle": map[string]any{"color": color}},
			map[string]any{"xAxis": octaves(factor)}}
	}
	return &opts.MarkAreas{Data: []any{band(10, "@far"), band(2, "@near")}}
}

// exactly is the line of an exact estimate.
func exactly() *opts.MarkLines {
	return &opts.MarkLines{Data: []any{map[string]any{"xAxis": 0}}, MarkLineStyle: opts.MarkLineStyle{
		Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(false)},
		LineStyle: &opts.LineStyle{Color: "@baseline", Width: 1, Type: "solid"}}}
}

func estimateTitle(all []judged) string {
	held, unknown := 0, 0
	worst := 1.0
	for _, j := range all {
		switch reports.Word(j.verdict.Word) {
		case bench.Pass:
			held++
		case bench.Unknown:
			unknown++
		}
		if r := j.verdict.Ratio; r > 0 {
			worst = max(worst, r, 1/r)
		}
	}
	text := fmt.Sprintf("%s of %s held", reports.Count(held), plural(len(all), "estimate"))
	if unknown > 0 {
		text += fmt.Sprintf(", %s could not be judged", reports.Count(unknown))
	}
	if worst > 1 {
		text += "; the furthest is off by a factor of " + strings.TrimSuffix(reports.Ratio(worst), "×")
	}
	return text
}

// factName says a fact without its unit: "common p50" for "common.p50_ns".
func factName(fact string) string {
	for _, unit := range []string{"_per_s", "_ns", "_ratio", "_bytes", "_usd_per_million"} {
		if short, ok := strings.CutSuffix(fact, unit); ok {
			fact = short
			break
		}
	}
	return strings.NewReplacer(".", " ", "_", " ").Replace(fact)
}

func estimateTable(b *builder, all []judged) *table {
	t := &table{Caption: "Estimates, made before the run, and what was measured",
		Columns: columns("Stage", "Fact", ">Estimated", ">Measured", ">Measured / estimated", ">Tolerance",
			"Verdict")}
	for _, j := range all {
		measured, ratio := reports.Missing, reports.Missing
		if j.verdict.Ratio > 0 {
			measured, ratio = reports.Value(j.estimate.Fact, j.verdict.Measured), reports.Ratio(j.verdict.Ratio)
		}
		t.add(b.stageCell(j.stage), text(j.estimate.Fact), text(reports.Value(j.estimate.Fact,
			j.estimate.Value)), text(measured), text(ratio),
			text("±"+reports.PercentSetting(j.estimate.Tolerance)), verdict(j.verdict.Word))
	}
	if len(t.Rows) > 0 {
		t.Note = "Model, calculation and evidence of each are in the part of its stage."
	}
	return t
}

// derivations are the calculations of one stage's estimates.
func derivations(s bench.StageResult) *table {
	t := &table{Caption: "How the estimates of " + s.Stage.ID + " were made",
		Columns: columns("Fact", ">Estimated", "Calculation", "Model", "Holds")}
	for _, e := range s.Prediction.Estimates {
		limits := e.Limits
		if e.Outside != "" {
			limits = "outside the model: " + e.Outside
		}
		t.add(text(e.Fact), text(reports.Value(e.Fact, e.Value)), lines(e.Derivation), text(e.Model), text(limits))
	}
	return t
}
