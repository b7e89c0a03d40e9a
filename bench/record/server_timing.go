package record

import (
	"math"
	"strconv"
	"strings"
	"time"

	"rung/bench"
)

// Bounds of a Server-Timing header. What is beyond them is left out.
const (
	timingBytes   = 4096
	timingEntries = 32
	timingName    = 64
	timingLongest = time.Hour
)

// ParseServerTiming reads the metrics that have a duration from a
// Server-Timing header (W3C Server Timing: name;dur=<milliseconds>;desc="...",
// separated by commas), in order. Metrics without one, and malformed ones, are
// left out, as is all beyond 4 KiB or 32 metrics. Durations are 0 to one hour.
func ParseServerTiming(header string) []bench.Part {
	if len(header) > timingBytes {
		header = header[:timingBytes]
	}
	var out []bench.Part
	for header != "" && len(out) < timingEntries {
		var metric string
		metric, header = cutUnquoted(header, ',')
		if p, ok := parseMetric(metric); ok {
			out = append(out, p)
		}
	}
	return out
}

func parseMetric(metric string) (bench.Part, bool) {
	name, rest := cutUnquoted(metric, ';')
	name = strings.TrimSpace(name)
	if name == "" || len(name) > timingName || strings.ContainsAny(name, " \t\"=") {
		return bench.Part{}, false
	}
	for rest != "" {
		var parameter string
		parameter, rest = cutUnquoted(rest, ';')
		key, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "dur") {
			continue
		}
		// The first of equal parameters counts.
		ms, err := strconv.ParseFloat(strings.Trim(strings.TrimSpace(value), `"`), 64)
		if err != nil || !(ms >= 0 && ms <= float64(timingLongest/time.Millisecond)) {
			return bench.Part{}, false
		}
		return bench.Part{Name: name, Time: time.Duration(math.Round(ms * float64(time.Millisecond)))}, true
	}
	return bench.Part{}, false
}

// cutUnquoted cuts s at the first separator outside a quoted string.
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
