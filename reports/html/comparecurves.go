package html

import (
	"fmt"

	"rung/bench"
	"rung/reports"
)

// howTwoCurves explains a percentile chart of two runs.
const howTwoCurves = "Read up from 99% to find the time that 99 of 100 requests stayed below; each step to the right is a request ten times rarer. " +
	"Grey is before, coloured after. Solid where at least ten requests lie beyond the point, dashed where fewer do; the circle is the slowest."

// tails are the percentile curves of the stages, before and after.
func (p *comparison) tails() (section, error) {
	s := section{ID: "tails", Title: "How did response times move?", How: howTwoCurves}
	l := limits{rarest: 100}
	var ends []float64
	type both struct {
		id            string
		before, after *bench.Measurement
	}
	var all []both
	for _, c := range p.c.Stages {
		before, after := p.stages(c.ID)
		if before == nil || after == nil || !curved(before.Common) || !curved(after.Common) || len(all) >= maxCompared {
			continue
		}
		all = append(all, both{c.ID, before.Common, after.Common})
		for _, m := range []*bench.Measurement{before.Common, after.Common} {
			d := m.Total.Response
			ends = append(ends, float64(d.Min), float64(d.Max))
			l.rarest = max(l.rarest, float64(d.Count))
		}
	}
	if len(all) == 0 {
		return section{}, nil
	}
	if p.before.Workload.SLO == p.after.Workload.SLO {
		ends = append(ends, float64(p.b.slo()))
		s.How += " The stepped line is the objective."
	} else {
		p.b.run.Workload.SLO = bench.SLO{} // no line: there are two
	}
	l.low, l.high = decades(ends...)
	l.rarest = rarest(l.rarest)
	for _, a := range all {
		curves := []curve{{unique([]string{clipped(p.c.After, 40)}, clipped(p.c.Before, 40)), "@before", 2, a.before.Total.Response},
			{clipped(p.c.After, 40), "@one", 2.5, a.after.Total.Response}}
		f := figure{ID: p.ids.of("figure", "tails-"+a.id), Title: orMissing(a.id) + ": " + moved(a.before, a.after), Height: percentileHeight,
			Subtitle: fmt.Sprintf("%s at %s before, %s at %s after; open loop", plural64(a.before.Total.Planned), reports.Rate(a.before.Rate),
				plural64(a.after.Total.Planned), reports.Rate(a.after.Rate)),
			Table: curveTable("Response time by percentile, before and after", curves)}
		if err := f.draw(p.b.percentilePlot(curves, l)); err != nil {
			return s, err
		}
		s.Panels = append(s.Panels, f)
	}
	return s, nil
}

// curved says that there is a percentile curve.
func curved(m *bench.Measurement) bool { return m != nil && len(m.Total.Response.Curve) > 0 }

func plural64(n uint64) string {
	if n == 1 {
		return "1 request"
	}
	return reports.Count(n) + " requests"
}

// moved says the 99th percentiles, or else the medians, of two measurements. It
// does not judge: the verdicts are above.
func moved(before, after *bench.Measurement) string {
	a, b := before.Total.Response, after.Total.Response
	switch {
	case a.P99 != nil && b.P99 != nil:
		return fmt.Sprintf("p99 %s before, %s after", reports.Duration(*a.P99), reports.Duration(*b.P99))
	case a.P50 != nil && b.P50 != nil:
		return fmt.Sprintf("p50 %s before, %s after", reports.Duration(*a.P50), reports.Duration(*b.P50))
	}
	return "too few requests for a percentile"
}
