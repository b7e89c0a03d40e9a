package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"rung/targets/replication"
)

const (
	codeUnknown  = "40003"
	codeStarting = "57P03"
	// standbyParameter tells clients whether they talk to a replica, as
	// PostgreSQL does since version 14.
	standbyParameter = "in_hot_standby"
)

// standby says whether writes are refused here.
func (s *Server) standby() bool { return s.member != nil && !s.member.group.Writable() }

// learnStandby notes whether the server is a replica now, and reports whether
// that is news to the client.
func (s *session) learnStandby() bool {
	value := s.standbyNow()
	changed := s.settings.base[standbyParameter] != value
	s.settings.base[standbyParameter] = value
	return changed
}

func (s *session) standbyNow() string {
	if s.server.standby() {
		return "on"
	}
	return "off"
}

// readOnlyNow says whether a write would be refused now, as PostgreSQL's
// parameter transaction_read_only does.
func (s *session) readOnlyNow() string {
	if s.server.standby() || s.block.readOnly || s.block.status == idle && s.readOnlyByDefault() {
		return "on"
	}
	return "off"
}

// admitted reports why a member of a group may not run a statement, or nil.
func (s *session) admitted(st *statement) *failure {
	m := s.server.member
	if m == nil || !st.engine() {
		return nil
	}
	switch {
	case !m.joined():
		return fail(codeStarting, "the database system is starting up: it waits for a copy of its group's data")
	case !st.write:
		return nil
	case !m.group.Writable():
		m.readOnly.Add(1)
		return fail(codeReadOnly, "cannot execute %s in a read-only transaction", st.verb)
	case st.undetermined != "":
		return fail(codeUnsupported, "a replicated write cannot use %s: its result would differ on every member", st.undetermined)
	}
	for _, t := range st.tables {
		if own(t.table) {
			return fail(codeDenied, "table %q belongs to the server", t.table)
		}
	}
	return nil
}

// shipped notes a statement that has just been run for the replicas. One that
// changed nothing is not run again; its transaction has a place in the log all
// the same, so that what it found to be there is acknowledged no earlier than
// it may be.
func (s *session) shipped(st *statement, args []driver.NamedValue, changed int64) error {
	if s.server.member == nil || changed == 0 && st.verb != verbCreateTable && st.verb != verbCreateIndex {
		return nil
	}
	c, err := newChange(st, args)
	if err != nil {
		return err
	}
	s.block.changes = append(s.block.changes, c)
	return nil
}

// commitShipped commits the transaction with its entry of the log, gives the
// write lock back, and waits until it may be acknowledged.
func (s *session) commitShipped(ctx context.Context) error {
	m := s.server.member
	operation, err := encodeOperation(s.block.changes)
	if err != nil {
		s.rollback()
		return err
	}
	images, err := s.block.writer.recorder.encode()
	if err != nil {
		s.rollback()
		return err
	}
	var at replication.Position
	err = s.commitAlone(func(w *connection) error {
		at, err = m.group.Append(ctx, func(p replication.Position, now time.Time) error {
			r := record{replication.Entry{Position: p, At: now, Operation: operation}, images}
			extent, err := m.append(w, r)
			if err != nil {
				return err
			}
			if err := w.exec("COMMIT"); err != nil {
				return err
			}
			m.appended(extent, r)
			m.latest.Store(now.UnixNano())
			return nil
		})
		return err
	})
	switch {
	case errors.Is(err, replication.ErrNotPrimary):
		m.readOnly.Add(1)
		return fail(codeReadOnly, "cannot commit in a read-only transaction: this is no longer the primary")
	case err != nil:
		return err
	}
	if err := m.group.Wait(ctx, at); err != nil {
		f := fail(codeUnknown, "the transaction is committed here, but not as its replication mode demands: %v", err)
		f.detail = "It may or may not survive."
		return f
	}
	return nil
}
