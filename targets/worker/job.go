package worker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rung/targets/jobs"
	"rung/targets/store"
	"rung/targets/trace"
)

// do works on one job: a nil error has it acknowledged.
func (s *Server) do(ctx context.Context, j jobs.Job) error {
	start := time.Now()
	if j.Delivered > 1 {
		s.redelivered.Add(1)
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		s.failed.Add(1)
		return ctx.Err()
	}
	defer func() { <-s.slots }()
	s.busy.Add(1)
	defer s.busy.Add(-1)
	if t, ok := trace.Of(ctx); ok {
		j.Trace = t.Child() // this hop's span
		ctx = trace.With(ctx, j.Trace)
	}
	err := s.carryOut(ctx, j)
	took := time.Since(start)
	s.log(j, took, err)
	if err != nil {
		s.failed.Add(1)
		return err
	}
	s.finished.Add(1)
	s.durations.add(took)
	if !j.Stored.IsZero() {
		s.delays.add(age(j))
	}
	if s.done.seen(j.ID) {
		s.duplicates.Add(1)
	}
	return nil
}

// carryOut costs the job's CPU time and stores its photo.
func (s *Server) carryOut(ctx context.Context, j jobs.Job) error {
	if s.config.Share != nil {
		if _, err := s.config.Share.CPU(ctx, s.spec.Demand); err != nil {
			return fmt.Errorf("job %s: %w", j.ID, err)
		}
	}
	id := j.ID
	if !s.spec.Idempotent {
		id += "#" + s.tag + "-" + strconv.FormatInt(s.rows.Add(1), 10)
	}
	if _, err := s.config.Store.AddPhoto(ctx, store.Post{ID: id, User: j.User}); err != nil {
		return fmt.Errorf("photo %s: %w", id, err)
	}
	return nil
}

// log writes the line of a job, if someone asked for it.
func (s *Server) log(j jobs.Job, took time.Duration, err error) {
	log := s.config.Access
	if log == nil {
		if !j.Trace.Sampled {
			return
		}
		log = s.config.Log
	}
	attrs := []any{"id", j.ID, "user", j.User, "took_ns", took.Nanoseconds(), "delivered", j.Delivered}
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	if j.Trace != (trace.Context{}) {
		attrs = append(attrs, j.Trace.Attrs()...)
	}
	log.Info("job", attrs...)
}
