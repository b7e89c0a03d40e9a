package session

import (
	"context"
	"sync"
	"time"

	"rung/targets/store"
)

// memory keeps sessions in this process only. They last a fixed time from
// login, so the oldest one is always the next to end.
type memory struct {
	ttl time.Duration
	now func() time.Time

	mu   sync.Mutex
	byID map[random]Session
	// order is a ring of the ids held, oldest at first.
	order   []random
	first   int
	evicted int64
}

// NewMemory keeps at most capacity sessions of ttl each in this process; the
// oldest is dropped for a new one. A capacity below 1 counts as 1, a nil now
// as time.Now. With a ttl of 0 or less every session has ended at once. Its
// calls return no error but ErrNone, and heed no context.
func NewMemory(capacity int, ttl time.Duration, now func() time.Time) Store {
	return &memory{
		ttl:   ttl,
		now:   orNow(now),
		byID:  make(map[random]Session),
		order: make([]random, max(capacity, 1)),
	}
}

func (m *memory) Create(_ context.Context, user int64) (string, Session, store.Timing, error) {
	id := newRandom()
	m.mu.Lock()
	defer m.mu.Unlock()
	// The clock is read under the lock, so that order is the order of ends.
	now := m.now()
	m.expire(now)
	if len(m.byID) == len(m.order) {
		m.dropFirst()
		m.evicted++
	}
	m.order[(m.first+len(m.byID))%len(m.order)] = id
	made := begin(user, now, m.ttl)
	m.byID[id] = made
	return id.String(), made, store.Timing{}, nil
}

func (m *memory) Get(_ context.Context, id string) (Session, store.Timing, error) {
	key, ok := parseRandom(id)
	if !ok {
		return Session{}, store.Timing{}, ErrNone
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.byID[key]
	if !ok || found.ended(m.now()) {
		return Session{}, store.Timing{}, ErrNone
	}
	return found, store.Timing{}, nil
}

func (m *memory) Count() (int, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(m.now())
	return len(m.byID), m.evicted
}

func (m *memory) Close() {}

// expire drops the sessions that have ended. Each is dropped once, so the
// cost is constant per login.
func (m *memory) expire(now time.Time) {
	for len(m.byID) > 0 && m.byID[m.order[m.first]].ended(now) {
		m.dropFirst()
	}
}

func (m *memory) dropFirst() {
	delete(m.byID, m.order[m.first])
	m.first = (m.first + 1) % len(m.order)
}
