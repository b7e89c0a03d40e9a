package keyvalue

import (
	"context"
	"time"

	"rung/targets"
	"rung/targets/trace"
)

// record takes down a command that has been answered. One that is part of a
// sampled trace is logged, by its name alone: keys and values are the
// clients'.
func (s *Server) record(ctx context.Context, verb string, took time.Duration) {
	s.durations.observe(took)
	if c, traced := trace.Of(ctx); traced && c.Sampled {
		fields := []any{"verb", verb, "took_ns", took.Nanoseconds()}
		s.config.Log.InfoContext(ctx, "command", append(fields, c.Attrs()...)...)
	}
}

// Histograms returns request_duration_seconds: how long commands took in the
// server, whatever the answer, from their last byte to their reply. INFO,
// unknown commands and those about the connection are not in it.
func (s *Server) Histograms() map[string]targets.Histogram {
	return map[string]targets.Histogram{"request_duration_seconds": s.durations.histogram()}
}
