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

	// SQLSTATE codes, from appendix A of the PostgreSQL manual.

	// sqlBusy is too_many_connections: a full queue, or no session left.
	sqlBusy = "53300"
	// sqlUnknown is statement_completion_unknown: the primacy ended under a commit, or
	// the group did not confirm it in time.
	sqlUnknown = "40003"
	// sqlReadOnly is read_only_sql_transaction: a write came to a replica.
	sqlReadOnly = "25006"
	// sqlShutdown is admin_shutdown: whether the statement took effect is not known.
	sqlShutdown = "57P01"
	// sqlNotYet is cannot_connect_now: the server is starting, and did nothing.
	sqlNotYet = "57P03"
)

// errNoPrimary and errNoMember say that no member is known that could be asked.
var (
	errNoPrimary = errors.New("no member is known to be the primary")
	errNoMember  = errors.New("no member is known to be up")
)

// call runs one statement, and again where and when that is safe.
func (s *SQL) call(ctx context.Context, kind sqlKind, statement func(context.Context, *pgx.Conn) error) (t Timing, err error) {
	if !s.enter() {
		return t, errSQLClosed
	}
	defer s.running.Done()
	start := time.Now()
	defer func() { t.Total = time.Since(start) }()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	m, err := s.route(bounded, &t, kind, statement)
	return t, s.explain(ctx, bounded, m, err)
}

// route tries a statement: one that has a choice of members at each of them once at
// most, one that needs the primary of a group until ctx ends, one for an only server
// twice. It returns the last member that was tried, nil when none was.
func (s *SQL) route(ctx context.Context, t *Timing, kind sqlKind, statement func(context.Context, *pgx.Conn) error) (last *sqlMember, err error) {
	var tried sqlSet
	for try := 1; ; try++ {
		m, at := s.pick(ctx, t, kind, tried)
		switch {
		case m == nil && err != nil:
			return last, err
		case m == nil && s.group.spread(kind):
			return nil, errNoMember
		case m == nil:
			return nil, errNoPrimary
		case last != nil && last != m:
			s.group.rerouted()
		}
		last, tried = m, tried|m.bit
		var again bool
		again, err = s.try(ctx, t, m, at, kind, statement)
		if !again || ctx.Err() != nil || try >= s.group.most(kind) {
			return last, err
		}
		if s.group.tied(kind) {
			s.pause(ctx, t, try)
		}
	}
}

// pause keeps a primary that fails all the time from being asked all the time: after the
// second try it waits 2 ms, and then twice as long each time, up to sqlGroup.hurry.
func (s *SQL) pause(ctx context.Context, t *Timing, try int) {
	if try < 2 {
		return
	}
	start := time.Now()
	wait := time.NewTimer(min(s.group.hurry, time.Millisecond<<min(try-1, 20)))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	t.Wait += time.Since(start)
}

// try runs the statement on one connection of a member. It reports whether it may be
// tried again: it was certainly not carried out, or nobody knows and it may be carried
// out twice. Of an only server's writes that is not assumed.
func (s *SQL) try(ctx context.Context, t *Timing, m *sqlMember, at int64, kind sqlKind, statement func(context.Context, *pgx.Conn) error) (again bool, err error) {
	verdict, role := sqlUnclear, roleUnknown
	defer func() { s.learn(m, at, verdict, role) }()
	start := time.Now()
	epoch := m.epoch.Load()
	c, err := m.pool.Acquire(ctx)
	t.Wait += time.Since(start)
	if err != nil {
		verdict = judgeSQL(ctx, err)
		return (verdict == sqlFailed || verdict == sqlSilent) && !s.group.lone(), err
	}
	defer c.Release()
	t.Statements++
	m.count(kind)
	err = statement(ctx, c.Conn())
	server := c.Conn().PgConn()
	if err == nil || refused(err) {
		t.read(server.ParameterStatus(sqlTiming))
	}
	state := sqlState(err)
	verdict, role = sqlAnswered, roleOf(server.ParameterStatus(sqlStandby))
	repeatable := kind != sqlWrite || !s.group.lone()
	switch {
	case err == nil:
	case state == sqlReadOnly:
		role = roleReplica
		again = !s.group.lone()
	case state == sqlUnknown && !server.IsClosed():
		again = s.group.tied(kind)
	case server.IsClosed():
		if verdict = judgeSQL(ctx, err); verdict == sqlFailed {
			m.broke(epoch)
			again = repeatable || state == sqlNotYet || pgconn.SafeToRetry(err)
		}
	case state == sqlNotYet, state == sqlShutdown:
		verdict = sqlFailed
		again = !s.group.lone() && (repeatable || state == sqlNotYet)
	}
	return again, err
}

// judgeSQL says what an error means that ended a connection, or kept one from being
// made.
func judgeSQL(ctx context.Context, err error) sqlVerdict {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return sqlSilent
	case ctx.Err() != nil:
		return sqlUnclear
	case timedOut(err):
		return sqlSilent
	case refused(err):
		return sqlAnswered
	}
	return sqlFailed
}

// explain turns an error into one that callers can tell apart, and that names the
// member, if there are several.
func (s *SQL) explain(ctx, bounded context.Context, m *sqlMember, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case s.life.Err() != nil:
		return errSQLClosed
	case ctx.Err() != nil:
		err = ctx.Err()
	case bounded.Err() != nil && errors.Is(err, bounded.Err()):
		err = fmt.Errorf("no answer within %v: %w", s.timeout, bounded.Err())
	case bounded.Err() != nil: // what came of the last try tells more
		err = fmt.Errorf("no answer within %v: %w: %w", s.timeout, bounded.Err(), err)
	case refused(err):
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if m == nil {
		return err
	}
	return m.blame(err)
}

// refused reports whether the server had no room for the statement or the session.
func refused(err error) bool {
	return sqlState(err) == sqlBusy
}

// sqlState returns the code that a server gave for an error, "" when it gave none.
func sqlState(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
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
