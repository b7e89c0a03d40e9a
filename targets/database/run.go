package database

import (
	"context"
	"database/sql/driver"
	"strconv"
	"time"
)

// maxHeld bounds the rows that are kept in memory because they cannot be sent
// yet, in bytes.
const maxHeld = 8 << 20

// sink takes the rows of a statement in wire format.
type sink struct {
	columns []column
	formats []int16
	rows    int64
	// out receives the rows.
	out *outbox
	// held says that rows must not be sent before the statement has ended.
	held bool
	// ends are the lengths of out's buffer after each row, when kept.
	keep bool
	ends []int
}

func (k *sink) add(row []driver.Value) error {
	if len(row) != len(k.columns) {
		return fail(codeNotReady, "the columns of the result have changed")
	}
	var f *failure
	if k.out.buf, f = appendRow(k.out.buf, k.columns, k.formats, row); f != nil {
		return f
	}
	k.rows++
	if k.keep {
		k.ends = append(k.ends, len(k.out.buf))
	}
	if k.held || k.keep {
		if len(k.out.buf) > maxHeld {
			return fail(codeTooBig, "the result is larger than %d bytes and must be held until its statement has ended", maxHeld)
		}
		return nil
	}
	if len(k.out.buf) > flushAt {
		return k.out.flush()
	}
	return nil
}

// permit reports why the statement may not run now, or nil.
func (s *session) permit(st *statement) *failure {
	if s.block.status == failed && st.verb != verbCommit && st.verb != verbRollback {
		return fail(codeFailedBlock, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if st.refused != nil {
		return st.refused
	}
	if f := s.admitted(st); f != nil {
		return f
	}
	if st.write && (s.block.readOnly || s.block.status == idle && s.readOnlyByDefault()) {
		return fail(codeReadOnly, "cannot execute %s in a read-only transaction", st.verb)
	}
	return nil
}

// run runs one statement and returns its command tag. A write outside of a
// transaction is committed when run returns.
func (s *session) run(ctx context.Context, st *statement, args []driver.NamedValue, to *sink) (tag string, err error) {
	if st.trace != nil && st.class != "" {
		start := time.Now()
		defer func() { s.noteTraced(ctx, st, start, err) }()
	}
	if f := s.permit(st); f != nil {
		return "", f
	}
	if !st.engine() {
		return s.utility(ctx, st, to)
	}
	if err := s.charge(ctx, st, args); err != nil {
		return "", err
	}
	if !st.write {
		if err := s.read(ctx, st, args, to); err != nil {
			return "", err
		}
		if st.verb == verbExplain {
			return string(verbExplain), nil
		}
		return string(verbSelect) + " " + strconv.FormatInt(to.rows, 10), nil
	}
	changed, err := s.write(ctx, st, args, to)
	if err != nil {
		return "", err
	}
	switch st.verb {
	case verbInsert:
		return "INSERT 0 " + strconv.FormatInt(changed, 10), nil
	case verbUpdate, verbDelete:
		return string(st.verb) + " " + strconv.FormatInt(changed, 10), nil
	}
	return string(st.verb), nil
}

// noteTraced logs a statement of a traced request, once it is over: never its text
// or its parameters.
func (s *session) noteTraced(ctx context.Context, st *statement, start time.Time, err error) {
	attrs := append([]any{"class", string(st.class), "took_ns", time.Since(start).Nanoseconds()}, st.trace.Attrs()...)
	if err != nil {
		attrs = append(attrs, "sqlstate", failureOf(ctx, err, s.server.engine.path).code)
	}
	s.server.log.Info("statement", attrs...)
}

// read runs a query: on the transaction's connection once it has written, so that
// it sees its own writes, otherwise on any free one.
func (s *session) read(ctx context.Context, st *statement, args []driver.NamedValue, to *sink) error {
	c := s.block.writer
	if c == nil {
		var err error
		if c, err = acquire(ctx, s.server.engine.reading); err != nil {
			return err
		}
		defer func() { s.server.engine.reading <- c }()
	}
	_, err := c.query(ctx, st.sql, args, to.add)
	return err
}

// write runs a statement that changes rows or makes a table. Outside of a
// transaction all its emulated waits come first, the write lock after them.
func (s *session) write(ctx context.Context, st *statement, args []driver.NamedValue, to *sink) (int64, error) {
	alone := s.block.status == idle
	if alone {
		if err := s.access(ctx); err != nil {
			return 0, err
		}
	}
	if err := s.hold(ctx); err != nil {
		return 0, err
	}
	var each func([]driver.Value) error
	if len(to.columns) > 0 {
		to.held = true
		each = to.add
	}
	changed, err := s.block.writer.query(ctx, st.sql, args, each)
	if err != nil {
		return 0, err // abort gives the lock back
	}
	if each != nil {
		changed = to.rows
	}
	if st.verb == verbCreateTable || st.verb == verbCreateIndex {
		s.block.schema, s.block.wrote = true, true
	}
	s.block.wrote = s.block.wrote || changed > 0
	if err := s.shipped(st, args, changed); err != nil {
		return 0, err
	}
	if alone {
		err = s.commitNow(ctx)
	}
	return changed, err
}

// columns describes the result of a statement: none for one that returns no rows.
func (s *session) columns(ctx context.Context, st *statement) ([]column, error) {
	switch {
	case st.verb == verbShow:
		return showColumns(st), nil
	case st.query != "":
		return st.query.columns(), nil
	case st.verb == verbCall:
		return callColumns(), nil
	case !st.engine():
		return nil, nil
	}
	c := s.block.writer
	if c == nil {
		var err error
		if c, err = acquire(ctx, s.server.engine.reading); err != nil {
			return nil, err
		}
		defer func() { s.server.engine.reading <- c }()
	}
	return c.columns(st.sql)
}

// within runs one piece of work for the client under its statement time-out, and
// lets a CancelRequest stop it.
func (s *session) within(work func(ctx context.Context) error) *failure {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	stop := after(s.settings.timeout(), func() { cancel(errTimeout) })
	defer stop()
	s.running(cancel)
	err := work(ctx)
	s.running(nil)
	if err == nil {
		return nil
	}
	return failureOf(ctx, err, s.server.engine.path)
}
