package database

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/replication"
)

// member is a database as one of a replicated group. It is the group's Storage.
type member struct {
	*logbook
	server   *Server
	keepsake *keepsake
	fresh    bool
	group    *replication.Group
	// started is the group for Apply, which may run before Start has returned.
	started atomic.Pointer[replication.Group]
	lag     lagMeter
	// holder is the session that has the write lock, if any.
	holder atomic.Pointer[session]
	// copying is held while the database file is copied or replaced.
	copying sync.Mutex
	// recovering has room for one recovery at a time.
	recovering chan struct{}
	// latest is when the primary committed what was last applied here, in Unix
	// nanoseconds.
	latest atomic.Int64

	readOnly  atomic.Int64 // writes that were refused here
	applied   atomic.Int64
	snapshots atomic.Int64
	restores  atomic.Int64
}

var _ replication.Storage = (*member)(nil)

// join makes the server a member of its group.
func (s *Server) join(spec targets.Replication) error {
	k, fresh, err := openKeepsake(s.config.Directory, s.config.Replacement)
	if err != nil {
		return fmt.Errorf("database role %q: %w", s.config.Role, err)
	}
	m := &member{logbook: newLogbook(), server: s, keepsake: k, fresh: fresh, lag: newLagMeter(), recovering: make(chan struct{}, 1)}
	for _, name := range []string{snapshotFile, restoreFile} {
		if err := removeDatabase(m.path(name)); err != nil {
			return fmt.Errorf("database role %q: %w", s.config.Role, err)
		}
	}
	w := <-s.engine.writer
	err = m.open(s.engine.path, w)
	s.engine.writer <- w
	if err != nil {
		return fmt.Errorf("database role %q: log: %w", s.config.Role, errors.Join(err, m.close()))
	}
	s.member = m
	m.group, err = replication.Start(replication.Config{Self: s.config.Role, Spec: spec, Storage: m, Dial: s.dialPeer,
		Log: s.log, Now: s.config.Now, Seed: s.config.Seed, OnRole: m.onRole})
	if err != nil {
		return errors.Join(err, m.close())
	}
	m.started.Store(m.group)
	return nil
}

// onRole ends the session that has the write lock when writes are not accepted
// any more: it could not commit, and the primary's writes would wait for it.
func (m *member) onRole(primary bool) {
	if h := m.holder.Load(); !primary && h != nil {
		h.evict()
	}
}

// Load implements replication.Storage.
func (m *member) Load() (replication.State, error) {
	b := m.keepsake.ballot()
	return replication.State{Term: b.Term, Vote: b.Vote, Last: m.end(), Joined: b.Joined, Fresh: m.fresh}, nil
}

// SaveVote implements replication.Storage.
func (m *member) SaveVote(term uint64, vote string) error {
	return m.keepsake.cast(func(b *ballot) { b.Term, b.Vote = term, vote })
}

// joined says whether the member holds its group's data.
func (m *member) joined() bool { return m.keepsake.ballot().Joined }

// Apply implements replication.Storage: the statements of each entry again, one
// after another, in one commit for the batch. It costs the CPU time of each
// statement, and one disk access.
func (m *member) Apply(ctx context.Context, entries []replication.Entry) error {
	operations := make([][]change, len(entries))
	for i, e := range entries {
		changes, err := decodeOperation(e.Operation)
		if err != nil {
			return fmt.Errorf("entry %d: %w", e.Index, err)
		}
		operations[i] = changes
		if err := m.endure(ctx, changes); err != nil {
			return err
		}
	}
	if share := m.server.config.Share; share != nil {
		if _, err := share.Disk(ctx, m.server.spec.Access); err != nil {
			return err
		}
	}
	w, err := acquire(ctx, m.server.engine.writer)
	if err != nil {
		return err
	}
	defer func() { m.server.engine.writer <- w }()
	if err := m.perform(w, entries, operations); err != nil {
		_ = w.exec("ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	m.applied.Add(int64(len(entries)))
	m.latest.Store(entries[len(entries)-1].At.UnixNano())
	m.lag.note(m.now(), entries, m.started.Load())
	m.learn(w, operations)
	return nil
}

func (m *member) now() time.Time {
	if m.server.config.Now != nil {
		return m.server.config.Now()
	}
	return time.Now()
}

// endure waits for the CPU time of changes, and brings their pages in.
func (m *member) endure(ctx context.Context, changes []change) error {
	for _, c := range changes {
		if c.Page != "" {
			m.server.pages.Warm([]string{c.Page}) // it is no read of a client's, so it is not counted
		}
		if share := m.server.config.Share; share != nil {
			if _, err := share.CPU(ctx, m.server.spec.Demand[targets.StatementWrite]); err != nil {
				return err
			}
		}
	}
	return nil
}

// perform does a batch as one transaction.
func (m *member) perform(w *connection, entries []replication.Entry, operations [][]change) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	records := make([]record, len(entries))
	for i, e := range entries {
		w.recorder.begin()
		for _, c := range operations[i] {
			args, err := c.arguments()
			if err != nil {
				return err
			}
			if _, err := w.query(context.Background(), c.SQL, args, nil); err != nil {
				return fmt.Errorf("apply entry %d: %w", e.Index, err)
			}
		}
		images, err := w.recorder.encode()
		if err != nil {
			return err
		}
		records[i] = record{e, images}
	}
	extent, err := m.append(w, records...)
	if err != nil {
		return err
	}
	if err := w.exec("COMMIT"); err != nil {
		return err
	}
	m.appended(extent, records...)
	return nil
}

// learn reads the types of tables that a batch has made. The batch is durable:
// parameters of tables that are not known are sent as text.
func (m *member) learn(w *connection, operations [][]change) {
	for _, changes := range operations {
		for _, c := range changes {
			if !c.Schema {
				continue
			}
			if err := m.server.engine.learnTypes(context.Background(), w); err != nil {
				m.server.log.Warn("cannot read the types of new tables", "error", err)
			}
			return
		}
	}
}
