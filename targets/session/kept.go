package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rung/targets/store"
)

// minLifetime is the shortest time that a Keeper keeps anything.
const minLifetime = time.Millisecond

// kept keeps sessions with a Keeper, one value for each.
type kept struct {
	keeper store.Keeper
	ttl    time.Duration
	now    func() time.Time
}

// NewKept keeps sessions of ttl each with a keeper, which it owns from now on.
// An id is 128 random bits in hexadecimal and the key of its value, a record
// of 25 bytes. The record says when the session ends, by the clocks of the
// servers; how long the keeper holds it only bounds its size. A nil now means
// time.Now; with a ttl of 0 or less every session has ended at once.
//
// Errors other than ErrNone are the keeper's. A value that is no record, of
// another version for one, is ErrNone: its user can log in again.
func NewKept(keeper store.Keeper, ttl time.Duration, now func() time.Time) Store {
	return &kept{keeper: keeper, ttl: ttl, now: orNow(now)}
}

func (k *kept) Create(ctx context.Context, user int64) (string, Session, store.Timing, error) {
	id, made := newRandom().String(), begin(user, k.now(), k.ttl)
	t, err := k.keeper.Put(ctx, id, encode(made), max(k.ttl, minLifetime))
	if err != nil {
		return "", Session{}, t, fmt.Errorf("create a session: %w", err)
	}
	return id, made, t, nil
}

// Get asks the keeper only for what can be an id.
func (k *kept) Get(ctx context.Context, id string) (Session, store.Timing, error) {
	if _, ok := parseRandom(id); !ok {
		return Session{}, store.Timing{}, ErrNone
	}
	value, t, err := k.keeper.Get(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Session{}, t, ErrNone
	case err != nil:
		return Session{}, t, fmt.Errorf("look up a session: %w", err)
	}
	found, ok := decode(value)
	if !ok || found.ended(k.now()) {
		return Session{}, t, ErrNone
	}
	return found, t, nil
}

func (k *kept) Count() (int, int64) { return 0, 0 }

func (k *kept) Close() { k.keeper.Close() }
