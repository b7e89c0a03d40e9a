package database

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/replication"
)

// Recovered is what became of the writes that only one member still held.
type Recovered struct {
	// Restored are in the group's data now, Present were there already, and
	// Conflicts were left aside: the row has changed since, or nobody can tell.
	Restored, Present, Conflicts int64
}

// outcome of one write that is to be restored.
type outcome string

const (
	outcomeRestored outcome = "restored"
	outcomePresent  outcome = "present"
	outcomeConflict outcome = "conflict"
)

// Recover sends the writes that only this member still holds to the present
// primary, in their order. A conflict is never overwritten: it stays aside,
// with its reason.
func (s *Server) Recover(ctx context.Context) (Recovered, error) {
	var did Recovered
	m := s.member
	if m == nil {
		return did, nil
	}
	kept := m.keepsake.list()
	if len(kept) == 0 {
		return did, nil
	}
	restore, done, err := s.restorer(ctx)
	if err != nil {
		return did, fmt.Errorf("recover: %w", err)
	}
	defer done()
	var left []diverged
	for i, d := range kept {
		result, reason, err := restore(ctx, d)
		if err != nil {
			return did, errors.Join(fmt.Errorf("recover write %d: %w", d.Index, err), m.keepsake.replace(append(left, kept[i:]...)))
		}
		switch result {
		case outcomeRestored:
			did.Restored++
		case outcomePresent:
			did.Present++
		default:
			did.Conflicts++
			d.Reason = reason
			left = append(left, d)
		}
	}
	return did, m.keepsake.replace(left)
}

type restoring func(ctx context.Context, d diverged) (result outcome, reason string, err error)

// restorer finds the way to the primary: here, or over a connection.
func (s *Server) restorer(ctx context.Context) (restoring, func(), error) {
	if s.member.group.Writable() {
		return s.restoreHere, func() {}, nil
	}
	primary := s.member.group.Status().Primary
	if primary == "" || s.config.Dial == nil {
		return nil, nil, errors.New("the group has no primary now")
	}
	conn, err := s.config.Dial(ctx, primary)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	f := pgproto3.NewFrontend(conn, conn)
	f.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "rung", "database": "shop"}})
	c := &caller{f}
	if _, err := c.await(); err != nil {
		stop()
		conn.Close()
		return nil, nil, err
	}
	return c.restore, func() { stop(); conn.Close() }, nil
}

// caller speaks to the primary as a client.
type caller struct{ *pgproto3.Frontend }

// await flushes and reads up to ReadyForQuery. It returns the last row.
func (c *caller) await() (row []string, err error) {
	if err := c.Flush(); err != nil {
		return nil, err
	}
	for {
		m, receiveErr := c.Receive()
		if receiveErr != nil {
			return nil, receiveErr
		}
		switch m := m.(type) {
		case *pgproto3.DataRow:
			row = nil
			for _, v := range m.Values {
				row = append(row, string(v))
			}
		case *pgproto3.ErrorResponse:
			err = fmt.Errorf("%s: %s", m.Code, m.Message)
			if m.Severity == severityFatal {
				return nil, err
			}
		case *pgproto3.ReadyForQuery:
			return row, err
		}
	}
}

func (c *caller) restore(_ context.Context, d diverged) (outcome, string, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return "", "", err
	}
	c.Send(&pgproto3.Query{String: "CALL rung_restore('" + sqlText(string(text)) + "')"})
	row, err := c.await()
	if err != nil {
		return "", "", err
	}
	if len(row) != 2 {
		return "", "", errors.New("the primary gave no answer")
	}
	return outcome(row[0]), row[1], nil
}

// restoreHere restores one write on the primary, as an ordinary write of the
// group.
func (s *Server) restoreHere(ctx context.Context, d diverged) (outcome, string, error) {
	c := newSession(ctx, s, nil)
	result, reason, err := c.restoreWrite(ctx, d)
	if c.block.writer != nil {
		c.rollback()
	}
	return result, reason, err
}

// restoreWrite decides about one write and does it, in one transaction.
func (s *session) restoreWrite(ctx context.Context, d diverged) (result outcome, reason string, err error) {
	if s.server.standby() {
		return "", "", fail(codeReadOnly, "cannot restore writes in a read-only transaction")
	}
	touched, err := s.server.member.touched(d.Common)
	if err != nil {
		return "", "", err
	}
	if err := s.access(ctx); err != nil {
		return "", "", err
	}
	if err := s.hold(ctx); err != nil {
		return "", "", err
	}
	result = outcomePresent
	for _, c := range d.Change {
		one, reason, err := s.restoreChange(ctx, c, touched)
		if err != nil || one == outcomeConflict {
			s.rollback()
			return one, reason, err
		}
		if one == outcomeRestored {
			result = one
			s.block.changes = append(s.block.changes, c)
		}
	}
	if result == outcomePresent {
		s.rollback()
		return result, "", nil
	}
	s.block.wrote = true
	return result, "", s.commitNow(ctx)
}

// restoreChange restores one statement of a write. An INSERT does nothing when
// its row is there; anything else is safe only when no later write of the group
// was about the same row, which then still has the value that it had.
func (s *session) restoreChange(ctx context.Context, c change, touched map[string]bool) (outcome, string, error) {
	args, err := c.arguments()
	if err != nil {
		return "", "", fail(codeBadParameter, "%v", err)
	}
	if c.Verb != verbInsert {
		switch {
		case c.Key == "":
			return outcomeConflict, "it is not known which rows it changed", nil
		case touched[c.Key]:
			return outcomeConflict, "the row was changed since", nil
		}
	}
	changed, err := s.block.writer.query(ctx, c.SQL, args, nil)
	var f *failure
	switch {
	case err == nil && changed > 0:
		return outcomeRestored, "", nil
	case err != nil:
		if f = failureOf(ctx, err, s.server.engine.path); f.code != codeUnique || c.Verb != verbInsert {
			return outcomeConflict, f.message, nil
		}
	}
	if c.Verb != verbInsert {
		return outcomeConflict, "the row is gone", nil
	}
	same, err := s.sameRow(ctx, c, args)
	if err != nil {
		return "", "", err
	}
	if same {
		return outcomePresent, "", nil
	}
	return outcomeConflict, "the row is there with other values", nil
}

// sameRow says whether the row of an INSERT is there as it would be.
func (s *session) sameRow(ctx context.Context, c change, args []driver.NamedValue) (bool, error) {
	if len(c.Columns) == 0 || len(c.Columns) != len(args) {
		return false, nil
	}
	var where []string
	for i, name := range c.Columns {
		where = append(where, fmt.Sprintf(`"%s" IS ?%d`, strings.ReplaceAll(name, `"`, `""`), i+1))
	}
	found := false
	text := fmt.Sprintf(`SELECT 1 FROM "%s" WHERE %s LIMIT 1`, strings.ReplaceAll(c.Table, `"`, `""`), strings.Join(where, " AND "))
	_, err := s.block.writer.query(ctx, text, args, func([]driver.Value) error { found = true; return nil })
	return found, err
}

// touched are the keys of all changes in the log after an entry.
func (m *member) touched(after uint64) (map[string]bool, error) {
	keys := map[string]bool{}
	for {
		entries, err := m.Entries(after, 1024)
		if errors.Is(err, replication.ErrCompacted) {
			return nil, fail(codeNotReady, "the log does not reach back to entry %d: nobody can tell what has changed since", after)
		}
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			return keys, nil
		}
		for _, e := range entries {
			changes, err := decodeOperation(e.Operation)
			if err != nil {
				return nil, err
			}
			for _, c := range changes {
				if c.Key != "" {
					keys[c.Key] = true
				}
			}
			after = e.Index
		}
	}
}
