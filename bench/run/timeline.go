package run

import (
	"time"

	"rung/bench"
)

// timeline is a figure of an attack over time: what was answered and what
// failed each interval, and the p99 on the axis on the right.
func timeline(id, title, how string, o *seen) bench.Figure {
	figure := bench.Figure{ID: id, Title: title, How: how,
		X: bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "requests per second", Unit: bench.UnitPerS},
		Second: bench.Axis{Label: "p99", Unit: bench.UnitNs}}
	answered := bench.Series{Name: "answered", Mark: bench.MarkLine}
	failed := bench.Series{Name: "failed", Mark: bench.MarkLine}
	for _, i := range o.measurement.Intervals {
		middle, seconds := float64(i.Start+i.Length/2), i.Length.Seconds()
		good, bad := float64(i.OK+i.LoggedOut)/seconds, float64(i.Failed+i.Unsent)/seconds
		answered.Points = append(answered.Points, bench.FigurePoint{X: middle, Y: &good, Count: i.OK})
		failed.Points = append(failed.Points, bench.FigurePoint{X: middle, Y: &bad, Count: i.Failed})
	}
	figure.Series = []bench.Series{answered, failed, tails(o)}
	return figure
}

// tails are the p99 of the intervals of an attack, on the second axis.
func tails(o *seen) bench.Series {
	p99 := bench.Series{Name: "p99", Mark: bench.MarkLine, Second: true}
	for _, i := range o.measurement.Intervals {
		point := bench.FigurePoint{X: float64(i.Start + i.Length/2), Count: i.OK}
		if i.P99 != nil {
			y := float64(*i.P99)
			point.Y = &y
		}
		p99.Points = append(p99.Points, point)
	}
	return p99
}

// band is a span of an attack between two times of the wall clock.
func (o *seen) band(label string, from, to time.Time) bench.Band {
	within := func(at time.Time) time.Duration { return min(max(at.Sub(o.began), 0), o.measurement.Duration) }
	return bench.Band{Label: label, From: within(from), To: within(to)}
}
