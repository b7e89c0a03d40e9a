package volume

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"rung/targets/machine"
)

// spent is the emulated time of one request, CPU and disk together.
type spent struct {
	queued, served time.Duration
	// misses counts files that were read from disk.
	misses int
}

func (p *spent) add(span machine.Span) {
	p.queued += span.Queued
	p.served += span.Served
}

// cpu charges the CPU time of a request.
func (s *Server) cpu(ctx context.Context, p *spent) error {
	span, err := s.config.Share.CPU(ctx, s.spec.Demand)
	p.add(span)
	return err
}

// access charges one disk access.
func (s *Server) access(ctx context.Context, p *spent) error {
	span, err := s.config.Share.Disk(ctx, s.spec.Access)
	p.add(span)
	return err
}

// fetch charges for the content of a file, unless the pool has it.
func (s *Server) fetch(ctx context.Context, p *spent, name string) error {
	if s.pool.Touch(page(name)) {
		return nil
	}
	if err := s.access(ctx, p); err != nil {
		s.pool.Forget(page(name)) // it was never read
		return err
	}
	p.misses++
	return nil
}

// The metrics of Server-Timing (W3C Server Timing).
const (
	metricQueue = "vol-queue"
	metricWork  = "vol-work"
	metricMiss  = "vol-miss"
)

// seal sets the headers of every answer: durations in milliseconds with three
// decimals.
func (p *spent) seal(h http.Header) {
	b := make([]byte, 0, 64)
	b = appendDuration(append(b, metricQueue...), p.queued)
	b = appendDuration(append(b, ", "+metricWork...), p.served)
	if p.misses > 0 {
		b = append(b, ", "+metricMiss+`;desc="`...)
		b = append(strconv.AppendInt(b, int64(p.misses), 10), '"')
	}
	h["Server-Timing"] = []string{string(b)}
	h["X-Content-Type-Options"] = nosniff
}

var nosniff = []string{"nosniff"}

func appendDuration(b []byte, d time.Duration) []byte {
	b = append(b, ";dur="...)
	return strconv.AppendFloat(b, float64(d.Round(time.Microsecond))/float64(time.Millisecond), 'f', 3, 64)
}
