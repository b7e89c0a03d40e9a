package database

import (
	"errors"
	"time"
)

// errEvicted ends a session that has the write lock of a member which is no
// longer the primary.
var errEvicted = errors.New("no longer the primary")

// held is called when the session has taken the write lock. It fails on a member
// of a group that has ceased to be primary meanwhile.
func (s *session) held() error {
	m := s.server.member
	if m == nil {
		return nil
	}
	s.block.writer.recorder.begin()
	m.holder.Store(s)
	// Whoever ends the primacy from here on finds the session.
	if !m.group.Writable() {
		m.readOnly.Add(1)
		return fail(codeReadOnly, "cannot write in a read-only transaction: this is no longer the primary")
	}
	return nil
}

// letGo is called when the session gives the write lock back.
func (s *session) letGo() {
	if m := s.server.member; m != nil {
		m.holder.CompareAndSwap(s, nil)
	}
}

// evict makes the session give the write lock back, when it waits for its client
// the next time. It does not block, and may be called by anyone.
func (s *session) evict() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evicted = true
	s.conn.SetReadDeadline(time.Unix(1, 0)) // a broken connection ends the session as well
}

// await prepares to wait for the client until a limit; a zero limit is none.
func (s *session) await(limit time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.evicted && s.block.writer != nil {
		return errEvicted
	}
	s.evicted = false
	return s.conn.SetReadDeadline(limit)
}

// mustGo says that the session has the write lock and may not keep it.
func (s *session) mustGo() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.evicted && s.block.writer != nil
}

// spared says that an eviction came when the session had no lock to give back.
func (s *session) spared() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.evicted && s.block.writer == nil
}
