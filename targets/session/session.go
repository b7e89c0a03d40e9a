// Package session keeps logins for a web tier. What differs is where, and so
// what a lost server costs:
//
//	NewMemory  one server's memory: with the server, its logins are lost
//	NewKept    a store.Keeper (a cache tier, a database, a volume): any server
//	           knows every login, for one question over the network
//	NewCookie  the client, in a signed cookie: any server with the key knows
//	           every login, nobody is asked, and none can be ended early
//
// A session lasts a fixed time from login; using it does not make it longer.
package session

import (
	"context"
	"errors"
	"time"

	"rung/targets/store"
)

// ErrNone says that there is no such session: unknown, ended, dropped, or
// tampered with. Callers are not told which.
var ErrNone = errors.New("no such session")

// Session is what is known of a login.
type Session struct {
	User           int64
	Login, Expires time.Time
}

// Store keeps sessions. It is safe for concurrent use.
type Store interface {
	// Create starts a session. Its id goes to the client; nobody can guess or
	// make one. The Timing is zero when nobody was asked over a network.
	Create(ctx context.Context, user int64) (id string, s Session, t store.Timing, err error)
	// Get returns the session of an id, which may be anything, or ErrNone.
	// Any other error says that nobody knows.
	Get(ctx context.Context, id string) (Session, store.Timing, error)
	// Count returns how many sessions are held here, and how many were
	// dropped before their end to make room. Both are 0 when the store is
	// elsewhere.
	Count() (held int, evicted int64)
	// Close closes what the store has opened. It may be called again.
	Close()
}

// begin is a session of that user that starts now.
func begin(user int64, now time.Time, ttl time.Duration) Session {
	return Session{User: user, Login: now, Expires: now.Add(ttl)}
}

func (s Session) ended(now time.Time) bool { return !now.Before(s.Expires) }

// orNow is the clock to use: nil means the system's.
func orNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
