package html

import (
	"fmt"
	"math"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

const (
	timelineHeight = 400
	// maxSlices bounds the slices of one timeline.
	maxSlices = 60
)

// howTimeline explains the charts of a kill.
const howTimeline = "Above: requests per second by when they were due; the dashed line is what was planned, so the gap below it is users without an answer. " +
	"Below: the slowest answer of each slice on a log axis, and its p99 where that stands on ten requests beyond it; a gap means that nobody was answered. The shaded band is the time without the node. " +
	"What never happened has no column in the table."

// howCourse explains the chart of an attack without a fault.
const howCourse = "Above: requests per second by when they were due; the dashed line is what was planned, so the gap below it is users without an answer. " +
	"Below: the slowest answer of each slice on a log axis, and its p99 where that stands on ten requests beyond it; a gap means that nobody was answered."

// timelineFigure shows one kill over time.
func (b *builder) timelineFigure(s bench.StageResult, k bench.KillRow) (figure, error) {
	f := figure{ID: b.ids.of("figure", "kill-"+s.Stage.ID+"-"+k.Node), Title: killTitle(s.Stage, k),
		Subtitle: b.sample(&k.Measurement), Height: timelineHeight,
		Table: timelineTable(fmt.Sprintf("%s, kill of %s, by time", s.Stage.ID, killName(k)), k.Measurement.Intervals, b.detail.slices)}
	if parts := merged(k.Measurement.Intervals, maxSlices); len(parts) > 0 {
		f.Subtitle += ", in slices of " + reports.Setting(parts[0].Length)
	}
	if why := killDoubt(k); why != "" {
		f.Subtitle += "; does not count: " + why
	}
	if len(k.Measurement.Intervals) == 0 {
		f.Empty = "No intervals were recorded."
		return f, nil
	}
	b.timelines++
	return f, f.draw(b.timelinePlot(k))
}

// killTitle says what a kill did to users.
func killTitle(s bench.Stage, k bench.KillRow) string {
	how := manner(s, k)
	what := fmt.Sprintf("%s, %s %s", s.ID, killName(k), how)
	switch {
	case len(k.Nodes) > 1 && how == "links cut":
		what = fmt.Sprintf("%s, %s: links of %s cut", s.ID, killName(k), plural(len(k.Nodes), "node"))
	case len(k.Nodes) > 1:
		what = fmt.Sprintf("%s, %s: %s %s", s.ID, killName(k), plural(len(k.Nodes), "node"), how)
	}
	switch {
	case !k.Happened:
		return what + ": the kill did not happen"
	case k.Recovery.NoFailure && k.LoggedOut > 0:
		return fmt.Sprintf("%s: no request failed, %s logged out", what, plural(int(min(k.LoggedOut, math.MaxInt32)), "user"))
	case k.Recovery.NoFailure:
		return what + ": users saw no failure"
	case k.Recovery.Total != nil && *k.Recovery.Total == 0:
		return what + ": only requests under way at the kill failed"
	case k.Recovery.Total == nil:
		return fmt.Sprintf("%s: %s answered while it was down, no recovery seen", what,
			reports.Percent(k.AvailabilityDown))
	}
	return fmt.Sprintf("%s: %s answered while it was down, recovered after %s", what,
		reports.Percent(k.AvailabilityDown), reports.Duration(*k.Recovery.Total))
}

// killDoubt is why a kill row does not count, or "".
func killDoubt(k bench.KillRow) string {
	switch {
	case k.Doubt != "":
		return k.Doubt
	case !k.Happened:
		return "the kill did not happen"
	}
	return ""
}

// slices of an attack, merged so that there are at most most. Counts add up;
// of the times the slowest stays, because quantiles do not add.
func merged(intervals []bench.Interval, most int) []bench.Interval {
	group := (len(intervals) + most - 1) / most
	if group <= 1 {
		return intervals
	}
	var out []bench.Interval
	for i, in := range intervals {
		if i%group == 0 {
			out = append(out, in)
			continue
		}
		m := &out[len(out)-1]
		m.Length += in.Length
		m.Planned, m.OK, m.Failed = m.Planned+in.Planned, m.OK+in.OK, m.Failed+in.Failed
		m.Refused, m.LoggedOut, m.Unsent = m.Refused+in.Refused, m.LoggedOut+in.LoggedOut, m.Unsent+in.Unsent
		m.P50, m.P99, m.Max = slower(m.P50, in.P50), slower(m.P99, in.P99), slower(m.Max, in.Max)
	}
	return out
}

func slower(a, b *time.Duration) *time.Duration {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// timelinePlot stacks rates and times over the same seconds.
func (b *builder) timelinePlot(k bench.KillRow) *plot {
	intervals := merged(named(k.Measurement.Intervals), maxSlices)
	end := 0.0
	var values []float64
	for _, in := range intervals {
		end = max(end, (in.Start + in.Length).Seconds())
		for _, d := range []*time.Duration{in.P99, in.Max} {
			if d != nil {
				values = append(values, float64(*d))
			}
		}
	}
	low, high := decades(values...)
	p := newPlot("axis",
		[]opts.XAxis{{Type: "value", Min: 0, Max: number(end), AxisLabel: &opts.AxisLabel{Show: opts.Bool(false)}},
			{Type: "value", Min: 0, Max: number(end), GridIndex: 1,
				Name: "seconds since the start of the attack", NameLocation: "middle", NameGap: 28}},
		[]opts.YAxis{{Type: "value", Min: 0, Name: "requests per second", NameLocation: "end", NameGap: 24},
			{Type: "log", Min: low, Max: high, GridIndex: 1, Name: "response time", NameLocation: "end"}},
		opts.Grid{Left: "62", Right: "20", Top: "74", Height: "150"},
		opts.Grid{Left: "62", Right: "20", Top: "262", Height: "86"})
	p.formats([]string{"seconds", "seconds"}, []string{"rate", "ns"})
	var names []string
	for _, line := range rateLines(intervals) {
		style := &opts.LineStyle{Color: line.color, Width: 2}
		series := charts.SingleSeries{Name: line.name, Type: "line", Step: "end", ShowSymbol: opts.Bool(false),
			Data: steps(intervals, line.of), LineStyle: style, ItemStyle: &opts.ItemStyle{Color: line.color}}
		if line.name == "planned" {
			style.Type, style.Width = "dashed", 1.2
			series.MarkAreas = outage(k, k.Node+" down")
		}
		names = append(names, line.name)
		if line.name == "failed" {
			series.AreaStyle = &opts.AreaStyle{Color: line.color, Opacity: opts.Float(0.18)}
		}
		p.add("rate", series)
	}
	for i, line := range tailLines(intervals) {
		series := charts.SingleSeries{Name: line.name, Type: "line", Step: "end", ShowSymbol: opts.Bool(false),
			XAxisIndex: 1, YAxisIndex: 1,
			Data:      steps(intervals, func(i bench.Interval) any { return nanoseconds(line.of(i)) }),
			LineStyle: &opts.LineStyle{Color: "@three", Width: 2, Type: line.kind},
			ItemStyle: &opts.ItemStyle{Color: "@three"}}
		if i == 0 {
			series.MarkAreas = outage(k, "")
		}
		names = append(names, line.name)
		p.add("ns", series)
	}
	p.legend(names...)
	return p
}

// rateLine is one line of the upper panel.
type rateLine struct {
	name, color string
	of          func(bench.Interval) any
}

// rateLines are the outcomes that occurred, and always what was answered and
// planned. The last is drawn on top.
func rateLines(intervals []bench.Interval) []rateLine {
	rate := func(count func(bench.Interval) uint64) func(bench.Interval) any {
		return func(i bench.Interval) any {
			if i.Length <= 0 {
				return nil
			}
			return number(float64(count(i)) / i.Length.Seconds())
		}
	}
	all := []struct {
		name, color string
		always      bool
		count       func(bench.Interval) uint64
	}{
		{"failed", "@two", false, func(i bench.Interval) uint64 { return i.Failed + i.Unsent }},
		{"answered", "@one", true, func(i bench.Interval) uint64 { return i.OK }},
		{"refused", "@four", false, func(i bench.Interval) uint64 { return i.Refused }},
		{"logged out", "@before", false, func(i bench.Interval) uint64 { return i.LoggedOut }},
		{"planned", "@baseline", true, func(i bench.Interval) uint64 { return i.Planned }},
	}
	var out []rateLine
	for _, line := range all {
		var sum uint64
		for _, i := range intervals {
			sum += line.count(i)
		}
		if line.always || sum > 0 {
			out = append(out, rateLine{line.name, line.color, rate(line.count)})
		}
	}
	return out
}

// steps are the points of a step line: a value holds from the start of its
// slice to the next, and the last one to the end.
func steps(intervals []bench.Interval, of func(bench.Interval) any) [][]any {
	var out [][]any
	for i, in := range intervals {
		out = append(out, []any{number(in.Start.Seconds()), of(in)})
		if i == len(intervals)-1 {
			out = append(out, []any{number((in.Start + in.Length).Seconds()), of(in)})
		}
	}
	return out
}

// outage shades the time without the node.
func outage(k bench.KillRow, name string) *opts.MarkAreas {
	if !k.Happened || k.Restarted <= k.Killed {
		return nil
	}
	if name != "" {
		name += " " + reports.Duration(k.Restarted-k.Killed)
	}
	return &opts.MarkAreas{
		Data: []any{[]any{map[string]any{"name": name, "xAxis": number(k.Killed.Seconds())},
			map[string]any{"xAxis": number(k.Restarted.Seconds())}}},
		MarkAreaStyle: opts.MarkAreaStyle{ItemStyle: &opts.ItemStyle{Color: "@band"},
			Label: &opts.Label{Show: opts.Bool(name != ""), Position: "top", Color: "@text"}}}
}

// timelineTable is the twin of a timeline.
func timelineTable(caption string, all []bench.Interval, most int) *table {
	intervals := merged(named(all), most)
	t := &table{Caption: caption,
		Columns: columns(">From", ">Planned", ">Answered", ">Failed", ">Refused", ">Logged out", ">p99", ">max")}
	if len(intervals) < len(all) {
		t.Note = "Neighbouring slices are merged: counts are summed, of the times the slowest stays."
	}
	for _, i := range intervals {
		t.add(text(reports.Plain(i.Start.Seconds())+reports.Thin+"s"), text(reports.Count(i.Planned)),
			text(reports.Count(i.OK)), text(reports.Count(i.Failed+i.Unsent)),
			text(reports.Count(i.Refused)), text(reports.Count(i.LoggedOut)), text(reports.DurationOf(i.P99)),
			text(reports.DurationOf(i.Max)))
	}
	t.prune(6, 7)
	t.dropAll("0", 4, 6)
	return t
}
