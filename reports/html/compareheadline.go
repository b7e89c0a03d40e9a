package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
)

// chance marks, in the reason of a verdict, one that may be chance because so
// many numbers are compared.
const chance = "it may be chance"

// tally counts the verdicts of a comparison.
type tally struct {
	all, same, better, worse, unknown int
	// chance counts those of better and worse that may be chance.
	chance int
}

func tallied(c bench.Comparison) tally {
	var t tally
	for _, s := range c.Stages {
		for _, d := range s.Rows {
			t.all++
			if (d.Word == bench.DeltaBetter || d.Word == bench.DeltaWorse) && strings.Contains(d.Why, chance) {
				t.chance++
			}
			switch d.Word {
			case bench.DeltaSame, bench.DeltaNoise:
				t.same++
			case bench.DeltaBetter:
				t.better++
			case bench.DeltaWorse:
				t.worse++
			default:
				t.unknown++
			}
		}
	}
	return t
}

// comparisonHeadline is a comparison in one sentence, in the words of the
// terminal.
func comparisonHeadline(c bench.Comparison) string {
	t := tallied(c)
	all := plural(t.all, "number")
	switch {
	case t.all == t.unknown:
		return fmt.Sprintf("Nothing can be said of %s.", all)
	case t.better+t.worse == 0:
		return fmt.Sprintf("No detectable difference: of %s %d are the same or within noise, %d unknown.", all, t.same, t.unknown)
	}
	return fmt.Sprintf("Of %s %d are worse, %d better, %d the same or within noise, %d unknown.", all, t.worse, t.better, t.same, t.unknown)
}

// mostTold is how many changes are told in the lead.
const mostTold = 3

// lead tells the largest changes, and what only one run has.
func (p *comparison) lead() []string {
	type change struct {
		stage string
		d     bench.Delta
	}
	var worse, better []change
	for _, s := range p.c.Stages {
		for _, d := range s.Rows {
			switch d.Word {
			case bench.DeltaWorse:
				worse = append(worse, change{s.ID, d})
			case bench.DeltaBetter:
				better = append(better, change{s.ID, d})
			}
		}
	}
	tell := func(word string, all []change) string {
		slices.SortStableFunc(all, func(a, b change) int { return cmp.Compare(size(b.d), size(a.d)) })
		var parts []string
		for _, c := range all[:min(len(all), mostTold)] {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s of %s %s %s", deltaName(c.d.Fact), c.stage, deltaText(c.d), bracketed(deltaInterval(c.d)))))
		}
		text := word + ": " + strings.Join(parts, "; ")
		if left := len(all) - mostTold; left > 0 {
			text += fmt.Sprintf("; and %d more", left)
		}
		return text + "."
	}
	var out []string
	if t := tallied(p.c); t.chance > 0 {
		changed := t.better + t.worse
		out = append(out, fmt.Sprintf("When all are counted together, %d of the %d changes hold (Holm).", changed-t.chance, changed))
	}
	if len(worse) > 0 {
		out = append(out, tell("Worse", worse))
	}
	if len(better) > 0 {
		out = append(out, tell("Better", better))
	}
	for _, one := range []struct {
		name   string
		stages []string
	}{{p.c.Before, p.c.OnlyBefore}, {p.c.After, p.c.OnlyAfter}} {
		if len(one.stages) > 0 {
			out = append(out, fmt.Sprintf("Only %s has %s.", one.name, strings.Join(capped(one.stages, maxLines), ", ")))
		}
	}
	return out
}

// size orders changes: the distance of a ratio from one, either way. A share
// without a ratio comes last.
func size(d bench.Delta) float64 {
	if d.Ratio <= 0 {
		return 0
	}
	return math.Abs(math.Log(d.Ratio))
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

// deltaName is a fact without its unit: "p99", "capacity".
func deltaName(fact string) string {
	return orMissing(factName(strings.TrimPrefix(fact, "common.")))
}

// isShare says that a fact is a share: it is compared by its difference.
func isShare(d bench.Delta) bool {
	return strings.HasSuffix(d.Fact, "_ratio") && d.Low <= 0 && d.High <= 0
}

// sideText is a number of one side. A time, size or capacity of zero was not
// measured.
func sideText(fact string, v float64) string {
	if v == 0 && (strings.HasSuffix(fact, "_ns") || strings.HasSuffix(fact, "_bytes") || strings.HasSuffix(fact, capacityFact)) {
		return reports.Missing
	}
	return reports.Value(fact, v)
}

// deltaText is how much a number changed: "1.042×", or "+0.40 pp" of a share.
func deltaText(d bench.Delta) string {
	switch {
	case isShare(d):
		return points100(d.After - d.Before)
	case d.Ratio <= 0:
		return reports.Missing
	}
	return times(d.Ratio) + "×"
}

// points100 is a difference of two shares in percentage points.
func points100(difference float64) string {
	if difference == 0 {
		return "0" + reports.Thin + "pp"
	}
	sign := "+"
	if difference < 0 {
		sign = "−"
	}
	return sign + strings.TrimSuffix(reports.Ratio(math.Abs(difference)*100), "×") + reports.Thin + "pp"
}

// times is a ratio: three places near one, where they matter, else three
// digits.
func times(ratio float64) string {
	if ratio >= 0.1 && ratio < 2 {
		return fmt.Sprintf("%.3f", ratio)
	}
	return strings.TrimSuffix(reports.Ratio(ratio), "×")
}

// deltaInterval is the interval of a ratio: "1.012–1.074", "…" for an open
// end, or empty.
func deltaInterval(d bench.Delta) string {
	if d.Low <= 0 && d.High <= 0 {
		return ""
	}
	low, high := "…", "…"
	if d.Low > 0 {
		low = times(d.Low)
	}
	if d.High > 0 {
		high = times(d.High)
	}
	return low + "–" + high
}

// deltaWord is a verdict with its sign, so that colour is never the only
// difference.
func deltaWord(w bench.DeltaWord) string {
	switch w {
	case bench.DeltaSame:
		return "~ same"
	case bench.DeltaNoise:
		return "≈ within noise"
	case bench.DeltaBetter:
		return "✓ better"
	case bench.DeltaWorse:
		return "✗ worse"
	}
	return "? unknown"
}
