package web

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// session is what a server knows of a login.
type session struct {
	User    int64
	Login   time.Time
	Expires time.Time
}

// sessions keeps logins. Implementations are safe for concurrent use.
type sessions interface {
	// Create starts a session and returns its id, which cannot be guessed,
	// and when it ends.
	Create(user int64) (id string, expires time.Time)
	// Get returns the session of that id, if it is there and has not ended.
	Get(id string) (session, bool)
	// Count returns how many sessions are held, and how many were dropped
	// before their end to make room.
	Count() (held int, evicted int64)
}

// sessionID is 128 random bits: at a million tries per second, guessing one of
// 65,536 sessions takes 10^20 years on average.
type sessionID [16]byte

// memorySessions keeps sessions in this process only. They last a fixed time
// from login, so the oldest one is always the next to end.
type memorySessions struct {
	ttl time.Duration
	now func() time.Time

	mu   sync.Mutex
	byID map[sessionID]session
	// order is a ring of the ids held, oldest at first.
	order   []sessionID
	first   int
	evicted int64
}

var _ sessions = (*memorySessions)(nil)

// newMemorySessions holds at most capacity (above 0) sessions of ttl each.
func newMemorySessions(capacity int, ttl time.Duration, now func() time.Time) *memorySessions {
	return &memorySessions{
		ttl:   ttl,
		now:   now,
		byID:  make(map[sessionID]session),
		order: make([]sessionID, capacity),
	}
}

func (m *memorySessions) Create(user int64) (string, time.Time) {
	var id sessionID
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(id[:])
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
	made := session{User: user, Login: now, Expires: now.Add(m.ttl)}
	m.byID[id] = made
	return hex.EncodeToString(id[:]), made.Expires
}

func (m *memorySessions) Get(id string) (session, bool) {
	var key sessionID
	if len(id) != hex.EncodedLen(len(key)) {
		return session{}, false
	}
	if _, err := hex.Decode(key[:], []byte(id)); err != nil {
		return session{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.byID[key]
	if !ok || !m.now().Before(found.Expires) {
		return session{}, false
	}
	return found, true
}

func (m *memorySessions) Count() (int, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(m.now())
	return len(m.byID), m.evicted
}

// expire drops the sessions that have ended. Each is dropped once, so the
// cost is constant per login.
func (m *memorySessions) expire(now time.Time) {
	for len(m.byID) > 0 && !now.Before(m.byID[m.order[m.first]].Expires) {
		m.dropFirst()
	}
}

func (m *memorySessions) dropFirst() {
	delete(m.byID, m.order[m.first])
	m.first = (m.first + 1) % len(m.order)
}
