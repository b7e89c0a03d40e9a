package volume

import (
	"strconv"
	"strings"
	"time"

	"rung/targets/store"
)

// Bounds of what a volume can say of itself.
const (
	longest    = time.Hour
	mostMisses = 1000
)

// readTiming adds a volume's own word, a Server-Timing header as spent.seal
// writes it, to a Timing. Known is set when both durations are there. What is
// of another form is left out.
func readTiming(header string, took *store.Timing) {
	var queued, served time.Duration
	var queue, work bool
	for metric := range strings.SplitSeq(header, ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(metric), ";")
		switch name {
		case metricQueue:
			queued, queue = parseDuration(parameter)
		case metricWork:
			served, work = parseDuration(parameter)
		case metricMiss:
			took.Misses = parseMisses(parameter)
		}
	}
	if !queue || !work {
		took.Misses = 0
		return
	}
	took.Queued, took.Served, took.Known = queued, served, true
}

// parseDuration reads dur=<milliseconds>.
func parseDuration(parameter string) (time.Duration, bool) {
	text, ok := strings.CutPrefix(parameter, "dur=")
	ms, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(ms >= 0 && ms <= float64(longest/time.Millisecond)) { // NaN is refused too
		return 0, false
	}
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Microsecond), true
}

// parseMisses reads desc="<count>".
func parseMisses(parameter string) int {
	text, _ := strings.CutPrefix(parameter, `desc="`)
	text, ok := strings.CutSuffix(text, `"`)
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 0 || n > mostMisses {
		return 0
	}
	return n
}
