package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

func (s *session) freshnessFacts(e bench.Experiment, f *freshness) {
	from := fmt.Sprintf("%d reads and %d own reads of %d users that were edited at %.4g/s", f.reads, f.own, edited, e.Rate)
	add := func(name string, value float64) { s.facts.Add(e.Name+"."+name, value, from) }
	add("reads_count", float64(f.reads))
	add("own_reads_count", float64(f.own))
	add("unanswered_count", float64(f.failed))
	if f.reads > 0 {
		add("stale_ratio", float64(len(f.stale))/float64(f.reads))
	}
	if f.own > 0 {
		add("own_violations_ratio", float64(f.broken)/float64(f.own))
	}
	add("stale_age_max_ns", 0)
	if len(f.stale) == 0 {
		return
	}
	slices.Sort(f.stale)
	add("stale_age_p50_ns", float64(f.stale[(len(f.stale)-1)/2]))
	add("stale_age_max_ns", float64(f.stale[len(f.stale)-1]))
	points := make([]bench.FigurePoint, 0, len(f.stale))
	const most = 200
	for i := 0; i < len(f.stale); i += max(1, len(f.stale)/most) {
		share := float64(i+1) / float64(len(f.stale))
		points = append(points, bench.FigurePoint{X: float64(f.stale[i]), Y: &share})
	}
	s.result.Figures = append(s.result.Figures, bench.Figure{ID: e.Name + "-age", Title: "How old stale reads were, " + e.Name,
		How: "The share of the stale reads that were at most so old. The age of a read is how long the value that it returned " +
			"had been replaced when the read was sent.",
		X:      bench.Axis{Label: "age", Unit: bench.UnitNs},
		Y:      bench.Axis{Label: "share of the stale reads", Unit: bench.UnitRatio},
		Series: []bench.Series{{Name: "stale reads", Mark: bench.MarkStep, Points: points}}})
}

// lagFacts states how far replicas were behind between two readings.
func (s *session) lagFacts(e bench.Experiment, before, after reading) {
	for _, kind := range []struct {
		histogram, fact, title, unit string
		axis                         bench.Unit
	}{
		{"replication_lag_ns", "lag", "Replication lag", "_ns", bench.UnitNs},
		{"replication_lag_operations", "lag_operations", "Replication lag in operations", "_count", bench.UnitCount},
	} {
		h := grown(before, after, kind.histogram)
		n := int64(0)
		for _, c := range h.Counts {
			n += c
		}
		if n == 0 {
			continue
		}
		from := fmt.Sprintf("histogram of %d writes applied by replicas", n)
		for _, q := range []struct {
			name string
			at   float64
		}{{"_p50", 0.5}, {"_p99", 0.99}} {
			s.facts.Add(e.Name+"."+kind.fact+q.name+kind.unit, quantileOf(h, q.at), from)
		}
		if e.Variant != "" {
			continue // the stage's own lag is drawn once
		}
		figure := bench.Figure{ID: e.Name + "-" + strings.ReplaceAll(kind.fact, "_", "-"), Title: kind.title + ", " + e.Name,
			How: "How many writes a replica applied with that lag behind the primary's commit; each bar reaches up to its label.",
			X:   bench.Axis{Label: "lag, at most"}, Y: bench.Axis{Label: "writes applied", Unit: bench.UnitCount},
			Series: []bench.Series{{Name: "writes applied", Mark: bench.MarkBars}}}
		bars(&figure, h, kind.axis)
		s.result.Figures = append(s.result.Figures, figure)
	}
}

// mostBars is how many bars of a histogram one can read the labels of.
const mostBars = 16

// bars draws the buckets from the first to the last that counts something,
// neighbours together where they are many.
func bars(figure *bench.Figure, h targets.Histogram, unit bench.Unit) {
	first := slices.IndexFunc(h.Counts, func(c int64) bool { return c > 0 })
	last := len(h.Counts)
	for last > first && h.Counts[last-1] == 0 {
		last--
	}
	group := (last - first + mostBars - 1) / mostBars
	for i := first; i < last; i += group {
		end := min(i+group, last)
		label := "more"
		if end <= len(h.Bounds) {
			label = strconv.FormatFloat(h.Bounds[end-1], 'g', 4, 64)
			if unit == bench.UnitNs {
				label = time.Duration(h.Bounds[end-1]).String()
			}
		}
		y := 0.0
		for _, c := range h.Counts[i:end] {
			y += float64(c)
		}
		figure.Series[0].Points = append(figure.Series[0].Points, bench.FigurePoint{X: float64(len(figure.X.Names)), Y: &y})
		figure.X.Names = append(figure.X.Names, label)
	}
}

// grown sums what was added to a histogram between two readings, over all
// roles that have it.
func grown(before, after reading, name string) targets.Histogram {
	var out targets.Histogram
	for node, is := range after.nodes {
		for role, histograms := range is.Histograms {
			h, ok := histograms[name]
			if !ok {
				continue
			}
			if out.Counts == nil {
				out.Bounds, out.Counts = h.Bounds, make([]int64, len(h.Counts))
			}
			was := before.nodes[node].Histograms[role][name]
			for i, c := range h.Counts {
				if i < len(was.Counts) {
					c -= was.Counts[i]
				}
				if i < len(out.Counts) && c > 0 {
					out.Counts[i] += c
				}
			}
		}
	}
	return out
}

// quantileOf is a quantile of a histogram, interpolated inside its bucket
// unless that is a whole number's own; the last bound when it lies above all of
// them. It is off by the width of a bucket at most.
func quantileOf(h targets.Histogram, q float64) float64 {
	total := int64(0)
	for _, c := range h.Counts {
		total += c
	}
	want, seen := q*float64(total), 0.0
	for i, c := range h.Counts {
		if c > 0 && seen+float64(c) >= want {
			if i >= len(h.Bounds) {
				break
			}
			low := 0.0
			if i > 0 {
				low = h.Bounds[i-1]
			}
			if h.Bounds[i]-low <= 1 {
				return h.Bounds[i]
			}
			return low + (h.Bounds[i]-low)*(want-seen)/float64(c)
		}
		seen += float64(c)
	}
	return h.Bounds[len(h.Bounds)-1]
}
