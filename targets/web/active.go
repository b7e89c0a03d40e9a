package web

import (
	"sync"
	"time"
)

// activeUsers bounds the users that are told apart in one day: some 20 MB when
// all of them come.
const activeUsers = 1 << 20

// active is the set of users seen today, by UTC. It is safe for concurrent
// use; the zero value is empty.
type active struct {
	mu  sync.Mutex
	day int64
	ids map[int64]struct{}
}

// dayOf counts days since 1970 by UTC.
func dayOf(now time.Time) int64 { return now.Unix() / int64(24*time.Hour/time.Second) }

// see adds a user. One that comes late, with a time of the day before, is left
// out: that day is over.
func (a *active) see(user int64, now time.Time) {
	day := dayOf(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	if day > a.day || a.ids == nil {
		a.day, a.ids = day, map[int64]struct{}{}
	}
	if day == a.day && len(a.ids) < activeUsers {
		a.ids[user] = struct{}{}
	}
}

// count returns how many users there were today so far, and whether there was
// no room to tell more apart.
func (a *active) count(now time.Time) (users int, full bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.day != dayOf(now) {
		return 0, false
	}
	return len(a.ids), len(a.ids) >= activeUsers
}
