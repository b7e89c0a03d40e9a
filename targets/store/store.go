// Package store is the data tier as the web tier sees it: the same few
// questions to a SQL database and to a key-value store. Its files hold one
// client each; the servers are other packages, or real ones.
package store

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that there is no row of that key.
var ErrNotFound = errors.New("not found")

// ErrNoFollows says that the store does not know who follows whom.
var ErrNoFollows = errors.New("store has no follows")

// ErrBusy says that the store refused the work because its queues are full.
var ErrBusy = errors.New("store is busy")

// User is a row of users.
type User struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	City  string `json:"city"`
}

// Order is a row of orders, joined with its customer's name.
type Order struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Item     string `json:"item"`
	Cents    int64  `json:"cents"`
}

// Post is a row of posts or of photos. The client chooses its ID, so that a
// write that is tried twice stays one row.
type Post struct {
	ID   string `json:"id"`
	User int64  `json:"user"`
	Text string `json:"text"`
}

// Timing is where the time of a call went. Queued, Served and Misses are the
// store's own word and zero when it gives none (Known false).
type Timing struct {
	// Statements sent, one after another.
	Statements int
	// Wait for a free connection to the store, on the caller's side.
	Wait time.Duration
	// Total time from the call to its answer, Wait included.
	Total time.Duration
	// Queued and Served are the emulated queueing and service time inside
	// the store, CPU and disk together.
	Queued, Served time.Duration
	// Misses counts pages that had to be read from disk.
	Misses int
	Known  bool
	// Cache is the time spent on a cache in front of the store: the look, the fill
	// after a miss, the deletion after a write, waits for a connection included. What
	// is left, Total - Wait - Cache, is the store's share of a call, the network to it
	// included: 0 after a hit. Of a shared read it is the wait for the other request,
	// whose fill is in it.
	Cache time.Duration
	// Outcome is what the cache did for a read, "" when none was asked.
	Outcome string
}

// The outcomes of a read through a cache.
const (
	// OutcomeHit: the answer came from the cache; no statement was sent.
	OutcomeHit = "hit"
	// OutcomeMiss: it was asked and had no answer, or gave none.
	OutcomeMiss = "miss"
	// OutcomeShared: the answer came from another request's read of the store, which
	// this one waited for after a miss; it sent no statement.
	OutcomeShared = "shared"
	// OutcomeSkipped: the node that has the key had failed and was left alone.
	OutcomeSkipped = "skipped"
)

// then is the timing of one call that consists of two, one after the other. Total is left
// to the caller.
func (t Timing) then(next Timing) Timing {
	t.Statements += next.Statements
	t.Wait += next.Wait
	t.Cache += next.Cache
	if t.Known = t.Known && next.Known; !t.Known {
		t.Queued, t.Served, t.Misses = 0, 0, 0
		return t
	}
	t.Queued += next.Queued
	t.Served += next.Served
	t.Misses += next.Misses
	return t
}

// Store is a data tier. Implementations are safe for concurrent use; every
// call honours its context.
type Store interface {
	// User returns the user of that id, or ErrNotFound.
	User(ctx context.Context, id int64) (User, Timing, error)
	// Orders returns a customer's orders by id, or ErrNotFound when there is
	// no such customer.
	Orders(ctx context.Context, customer int64) ([]Order, Timing, error)
	// AddPost and AddPhoto store a row durably; a row of the same ID that is
	// already there stays as it is, and is no error.
	AddPost(ctx context.Context, p Post) (Timing, error)
	AddPhoto(ctx context.Context, p Post) (Timing, error)
	// SetCity changes the city of a user, durably. ErrNotFound when there is no
	// such user. It may be done twice: of two cities that are set at the same time,
	// the one may then be seen, then the other, and then the one again, before both
	// calls have returned.
	SetCity(ctx context.Context, id int64, city string) (Timing, error)
	// Following returns whom a user follows, by id, at most 1000 of them: none when
	// there is no such user. Emails may be left out. ErrNoFollows when the store has
	// no such relation.
	Following(ctx context.Context, id int64) ([]User, Timing, error)
	// Posts lists the ids of stored posts, at most limit of them, from an
	// opaque cursor ("" is the start). A next of "" is the end.
	Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error)
	// Photos lists the ids of stored photos, as Posts does those of posts.
	Photos(ctx context.Context, cursor string, limit int) (ids []string, next string, err error)
	// Close closes every connection.
	Close()
}
