package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errSQLClosed is what calls after Close get.
var errSQLClosed = errors.New("store is closed")

const (
	// sqlTiming is the run-time parameter in which package database reports where
	// the emulated time of the last statement went.
	sqlTiming = "rung.timing"
	// sqlBusy is SQLSTATE too_many_connections: a full queue, or no session left.
	sqlBusy = "53300"
)

// call runs one statement, and once more when that is safe; repeatable says that
// the statement may run twice.
func (s *SQL) call(ctx context.Context, repeatable bool, statement func(context.Context, *pgx.Conn) error) (t Timing, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return t, errSQLClosed
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()

	start := time.Now()
	defer func() { t.Total = time.Since(start) }()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()

	next, err := s.try(bounded, &t, repeatable, statement)
	if next && bounded.Err() == nil {
		_, err = s.try(bounded, &t, repeatable, statement)
	}
	return t, s.explain(ctx, bounded, err)
}

// try runs the statement on one connection. It reports whether it may be tried
// again: the connection broke, and the statement was certainly not sent or may run
// twice.
func (s *SQL) try(ctx context.Context, t *Timing, repeatable bool, statement func(context.Context, *pgx.Conn) error) (next bool, err error) {
	start := time.Now()
	epoch := s.present()
	c, err := s.pool.Acquire(ctx)
	t.Wait += time.Since(start)
	if err != nil {
		return false, err
	}
	defer c.Release()
	t.Statements++
	err = statement(ctx, c.Conn())
	if err == nil || refused(err) {
		t.read(c.Conn().PgConn().ParameterStatus(sqlTiming))
	}
	if err == nil || !c.Conn().IsClosed() || ctx.Err() != nil || timedOut(err) {
		return false, err
	}
	s.broke(epoch)
	return repeatable || pgconn.SafeToRetry(err), err
}

func (s *SQL) present() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

// broke gives up every connection after one of them broke: the server was probably
// restarted, and a statement on another old connection would fail just so. Those
// that break together give up what was there before, not what was dialled since.
func (s *SQL) broke(epoch int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == epoch {
		s.epoch++
		s.pool.Reset()
	}
}

// explain turns an error into one that callers can tell apart.
func (s *SQL) explain(ctx, bounded context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case s.life.Err() != nil:
		return errSQLClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		return fmt.Errorf("no answer within %v: %w", s.timeout, bounded.Err())
	case refused(err):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// refused reports whether the server had no room for the statement or the session.
func refused(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == sqlBusy
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// read takes the store's own account of a statement, of the form
// "queued=<ns>;served=<ns>;misses=<n>". A PostgreSQL gives none.
func (t *Timing) read(report string) {
	if report == "" {
		return
	}
	var values [3]int64
	for part := range strings.SplitSeq(report, ";") {
		name, text, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return
		}
		switch name {
		case "queued":
			values[0] = n
		case "served":
			values[1] = n
		case "misses":
			values[2] = n
		}
	}
	t.Queued, t.Served, t.Misses = time.Duration(values[0]), time.Duration(values[1]), int(values[2])
	t.Known = true
}
