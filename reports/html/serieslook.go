package html

import (
	"slices"
	"strings"

	"rung/bench"
)

// symbols tell series apart where colour does not.
var symbols = []string{"circle", "diamond", "triangle", "rect", "roundRect", "pin"}

// seriesHues are the colours of series, in order. estimateHue is that of an
// estimate which belongs to no series, and of what is marked over bars.
var seriesHues = []string{"@one", "@two", "@three", "@four", "@before"}

const estimateHue = "@baseline"

// seriesLabel is the name of a series; an estimate says so.
func seriesLabel(s bench.Series) string {
	name := orMissing(s.Name)
	if s.Predicted && !strings.Contains(strings.ToLower(name), "estimate") {
		name += " (estimate)"
	}
	return name
}

// hues gives every series a colour. An estimate has that of the series that
// it is about, when one's name begins with the other's; the first that is
// about none is black.
func hues(series []bench.Series) []string {
	out := make([]string, len(series))
	next := 0
	fresh := func() string {
		next++
		return seriesHues[(next-1)%len(seriesHues)]
	}
	over := slices.ContainsFunc(series, func(s bench.Series) bool { return bars(s.Mark) })
	for i, s := range series {
		switch {
		case s.Predicted:
		case over && !bars(s.Mark) && !slices.Contains(out, estimateHue):
			out[i] = estimateHue // seen on every bar
		default:
			out[i] = fresh()
		}
	}
	for i, s := range series {
		if !s.Predicted {
			continue
		}
		at := slices.IndexFunc(series, func(o bench.Series) bool {
			return !o.Predicted && o.Name != "" && s.Name != "" &&
				(strings.HasPrefix(s.Name, o.Name) || strings.HasPrefix(o.Name, s.Name))
		})
		switch {
		case at >= 0:
			out[i] = out[at]
		case !slices.Contains(out, estimateHue):
			out[i] = estimateHue
		default:
			out[i] = fresh()
		}
	}
	return out
}
