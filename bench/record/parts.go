package record

import "rung/bench"

// ParseServerTiming returns the parts of a Server-Timing header that have a
// duration, in order. It is bounded: what is malformed or beyond 32 metrics
// is left out.
func ParseServerTiming(header string) []bench.Part {
	timings := parseServerTiming(header)
	parts := make([]bench.Part, len(timings))
	for i, t := range timings {
		parts[i] = bench.Part{Name: t.name, Time: t.time}
	}
	return parts
}
