package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	// readOnly counts writes that were refused here.
	readOnly  atomic.Int64
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
	m := &member{logbook: &logbook{}, server: s, keepsake: k, fresh: fresh, lag: newLagMeter()}
	w := <-s.engine.writer
	err = m.open(s.engine.path, w)
	s.engine.writer <- w
	if err != nil {
		return fmt.Errorf("database role %q: log: %w", s.config.Role, errors.Join(err, m.close()))
	}
	s.member = m
	m.group, err = replication.Start(replication.Config{Self: s.config.Role, Spec: spec, Storage: m, Dial: s.dialPeer,
		Log: s.log, Now: s.config.Now, Seed: s.config.Seed})
	if err != nil {
		return errors.Join(err, m.close())
	}
	m.started.Store(m.group)
	return nil
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

// Apply implements replication.Storage: the statements of each entry again, in
// one commit for the batch. It costs the CPU time of each writing statement,
// and one disk access.
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
	m.appended(entries...)
	m.applied.Add(int64(len(entries)))
	m.lag.note(m.now(), entries, m.started.Load())
	return m.learn(w, operations)
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
		if c.Key != "" {
			m.server.pages.Touch(c.Key)
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
	for i, e := range entries {
		for _, c := range operations[i] {
			args, err := c.arguments()
			if err != nil {
				return err
			}
			if _, err := w.query(context.Background(), c.SQL, args, nil); err != nil {
				return fmt.Errorf("apply entry %d: %w", e.Index, err)
			}
		}
		if err := insertEntry(w, e); err != nil {
			return err
		}
	}
	return w.exec("COMMIT")
}

// learn reads the types of tables that a batch has made.
func (m *member) learn(w *connection, operations [][]change) error {
	for _, changes := range operations {
		for _, c := range changes {
			if c.Verb == verbCreateTable {
				return m.server.engine.learnTypes(context.Background(), w)
			}
		}
	}
	return nil
}

// Snapshot implements replication.Storage: a copy of the database file as of
// one moment. It takes no emulated time.
func (m *member) Snapshot(_ context.Context, to io.Writer) (p replication.Position, err error) {
	path := filepath.Join(m.server.config.Directory, "snapshot.db")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return p, err
	}
	defer os.Remove(path)
	if err := copyDatabase(m.server.engine.path, path); err != nil {
		return p, err
	}
	if p, err = endOf(path); err != nil {
		return p, err
	}
	f, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	m.snapshots.Add(1)
	_, err = io.Copy(to, f)
	return p, err
}

// endOf reads where the log of a database file ends.
func endOf(path string) (p replication.Position, err error) {
	l := &logbook{}
	c, err := open(path, "busy_timeout=5000")
	if err != nil {
		return p, err
	}
	err = errors.Join(l.open(path, c), l.close(), c.close())
	return l.last, err
}

// Restore implements replication.Storage.
func (m *member) Restore(ctx context.Context, p replication.Position, common uint64, r io.Reader) error {
	path := filepath.Join(m.server.config.Directory, "restore.db")
	defer os.Remove(path)
	if err := fillFile(path, r); err != nil {
		return err
	}
	if at, err := endOf(path); err != nil || at != p {
		return fmt.Errorf("the snapshot ends at %v, not at %v: %w", at, p, errors.Join(err))
	}
	if err := m.setAside(common); err != nil {
		return err
	}
	if err := m.server.engine.swap(ctx, path, m.server.spec.Fsync, func(w *connection) error {
		return errors.Join(m.logbook.close(), m.logbook.open(m.server.engine.path, w))
	}, m.logbook.close); err != nil {
		return err
	}
	m.restores.Add(1)
	return m.keepsake.cast(func(b *ballot) { b.Joined = true })
}

func fillFile(path string, r io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// setAside keeps own entries after common, which a snapshot is about to
// replace.
func (m *member) setAside(common uint64) error {
	kept := m.keepsake.list()
	for after := common; ; {
		entries, err := m.Entries(after, 512)
		if err != nil && !errors.Is(err, replication.ErrCompacted) {
			return err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			changes, err := decodeOperation(e.Operation)
			if err != nil {
				return err
			}
			if len(changes) > 0 {
				kept = append(kept, diverged{Index: e.Index, Term: e.Term, At: e.At.UnixNano(), Common: common, Change: changes})
			}
			after = e.Index
		}
	}
	if len(kept) == len(m.keepsake.list()) {
		return nil
	}
	return m.keepsake.replace(kept)
}
