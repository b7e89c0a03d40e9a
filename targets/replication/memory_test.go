package replication_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"sync"

	"rung/targets/replication"
)

// memory is a Storage without a disk. It outlives its member, as a disk does.
type memory struct {
	mu     sync.Mutex
	term   uint64
	vote   string
	joined bool
	log    []replication.Entry
	aside  []replication.Entry
	cut    uint64        // entries up to this one are compacted
	gate   chan struct{} // if set, Apply waits for it
}

func (m *memory) Load() (replication.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := replication.State{Term: m.term, Vote: m.vote, Joined: m.joined, Fresh: m.joined && m.term == 0}
	if n := len(m.log); n > 0 {
		s.Last = m.log[n-1].Position
	}
	return s, nil
}

func (m *memory) SaveVote(term uint64, vote string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.term, m.vote = term, vote
	return nil
}

func (m *memory) Term(index uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case index == 0:
		return 0, nil
	case index <= m.cut:
		return 0, replication.ErrCompacted
	case index > uint64(len(m.log)):
		return 0, replication.ErrNoEntry
	}
	return m.log[index-1].Term, nil
}

func (m *memory) Entries(after uint64, limit int) ([]replication.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if after >= uint64(len(m.log)) {
		return nil, nil
	}
	if after < m.cut {
		return nil, replication.ErrCompacted
	}
	rest := m.log[after:]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

func (m *memory) Apply(ctx context.Context, entries []replication.Entry) error {
	m.mu.Lock()
	gate := m.gate
	m.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return m.append(entries...)
}

// append fails on entries that do not follow the last one.
func (m *memory) append(entries ...replication.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if want := uint64(len(m.log)) + 1; entries[0].Index != want {
		return fmt.Errorf("entry %d where %d belongs", entries[0].Index, want)
	}
	m.log = append(m.log, entries...)
	return nil
}

func (m *memory) Snapshot(_ context.Context, w io.Writer) (p replication.Position, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.log); n > 0 {
		p = m.log[n-1].Position
	}
	return p, gob.NewEncoder(w).Encode(m.log)
}

func (m *memory) Restore(_ context.Context, _ replication.Position, common uint64, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var log []replication.Entry
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&log); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if common < uint64(len(m.log)) {
		m.aside = append(m.aside, m.log[common:]...)
	}
	m.log, m.joined = log, true
	return nil
}

func (m *memory) operations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, e := range m.log {
		if len(e.Operation) > 0 {
			out = append(out, string(e.Operation))
		}
	}
	return out
}
