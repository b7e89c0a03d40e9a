package record

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of a Server-Timing header. What is beyond them is left out.
const (
	timingBytes   = 4096
	timingEntries = 32
	timingName    = 64
	timingLongest = time.Hour
)

// timing is one metric of a Server-Timing header that has a duration.
type timing struct {
	name string
	time time.Duration
}

// parseServerTiming reads the metrics that have a duration from a
// Server-Timing header (W3C Server Timing: name;dur=<milliseconds>;desc="...",
// separated by commas), in order. Metrics without one, and malformed ones, are
// left out. Durations are 0 to one hour.
func parseServerTiming(header string) []timing {
	if len(header) > timingBytes {
		header = header[:timingBytes]
	}
	var out []timing
	for header != "" && len(out) < timingEntries {
		var metric string
		metric, header = cutUnquoted(header, ',')
		if t, ok := parseMetric(metric); ok {
			out = append(out, t)
		}
	}
	return out
}

func parseMetric(metric string) (timing, bool) {
	name, rest := cutUnquoted(metric, ';')
	name = strings.TrimSpace(name)
	if name == "" || len(name) > timingName || strings.ContainsAny(name, " \t\"=") {
		return timing{}, false
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
			return timing{}, false
		}
		return timing{name, time.Duration(math.Round(ms * float64(time.Millisecond)))}, true
	}
	return timing{}, false
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
