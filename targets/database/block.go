package database

import (
	"context"
	"time"
)

// Transaction states, as ReadyForQuery tells them.
const (
	idle   = 'I'
	opened = 'T'
	failed = 'E'
)

const (
	// idleLimit is how long a transaction that holds the write lock may wait for
	// its client.
	idleLimit = 30 * time.Second
	// lockLimit is how long a write waits for the write lock.
	lockLimit = time.Minute
)

// block is the transaction of a session. The zero block is idle but for its
// status.
type block struct {
	status byte
	// implicit says that the protocol opened it, for a query string of several
	// statements or for a pipeline; it ends with that.
	implicit bool
	readOnly bool
	// writer is held from the first write on.
	writer *connection
	// wrote says that a commit has something to make durable; schema that
	// tables were made.
	wrote, schema bool
	// changes are what replicas will do again.
	changes []change
	// owed are disk accesses to be waited for after the commit.
	owed int
}

// begin opens a transaction, or makes the implicit one explicit.
func (b *block) begin(implicit, readOnly bool) {
	if b.status == idle {
		*b = block{status: opened, implicit: implicit, readOnly: readOnly}
		return
	}
	b.implicit = false
	b.readOnly = b.readOnly || readOnly
}

// hold takes the write lock, unless the transaction has it.
func (s *session) hold(ctx context.Context) error {
	if s.block.writer != nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	w, err := acquire(waiting, s.server.engine.writer)
	if err != nil {
		if ctx.Err() == nil {
			return fail(codeLocked, "another transaction has held the write lock for %v", lockLimit)
		}
		return err
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		s.server.engine.writer <- w
		return err
	}
	s.block.writer = w
	return s.held()
}

// end gives the write lock back and leaves the session idle.
func (s *session) end() {
	if w := s.block.writer; w != nil {
		s.letGo()
		s.server.engine.writer <- w
	}
	s.block = block{status: idle}
}

// commit ends the transaction and makes its writes durable, after waiting for
// the disk. When that fails, nothing was written.
func (s *session) commit(ctx context.Context) error {
	if s.block.wrote {
		if err := s.access(ctx); err != nil {
			s.rollback()
			return err
		}
	}
	return s.commitNow(ctx)
}

// commitNow is the real commit, which cannot be cancelled any more. A member
// of a group then waits, without the write lock, until its mode allows to
// acknowledge.
func (s *session) commitNow(ctx context.Context) error {
	owed := s.block.owed
	var err error
	if s.server.member == nil || s.block.writer == nil {
		err = s.commitAlone(func(w *connection) error { return w.exec("COMMIT") })
	} else {
		err = s.commitShipped(ctx)
	}
	if err == nil {
		s.payOff(ctx, owed)
	}
	return err
}

// commitAlone ends the transaction by a commit.
func (s *session) commitAlone(commit func(*connection) error) error {
	defer s.end()
	w := s.block.writer
	if w == nil {
		return nil
	}
	if err := commit(w); err != nil {
		_ = w.exec("ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	if s.block.wrote {
		s.server.counters.commits.Add(1)
	}
	if s.block.schema {
		// The commit is done, whatever comes of this: parameters of tables that are
		// not known are sent as text.
		if err := s.server.engine.learnTypes(context.Background(), w); err != nil {
			s.server.log.Warn("cannot read the types of new tables", "error", err)
		}
	}
	return nil
}

// readOnlyByDefault is the access mode of transactions that name none.
func (s *session) readOnlyByDefault() bool {
	return s.settings.get("default_transaction_read_only") == "on"
}

// rollback ends the transaction and undoes its writes.
func (s *session) rollback() {
	if w := s.block.writer; w != nil {
		// It fails when SQLite has rolled back by itself, after an error.
		_ = w.exec("ROLLBACK")
	}
	s.end()
}

// abort is what an error does to the transaction: an explicit one waits for its
// ROLLBACK, but holds no lock any more.
func (s *session) abort() {
	if s.block.status == idle {
		s.rollback()
		return
	}
	implicit := s.block.implicit
	s.rollback()
	if !implicit {
		s.block.status = failed
	}
}
