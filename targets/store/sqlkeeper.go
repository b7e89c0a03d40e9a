package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// The statements of a Keeper. The table is
//
//	CREATE TABLE sessions (id TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL)
//
// with bytea and bigint in a PostgreSQL; expires_at is in Unix milliseconds.
const (
	sqlKeep   = `INSERT INTO sessions (id, value, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`
	sqlLookUp = `SELECT value FROM sessions WHERE id = $1 AND expires_at > $2`
)

// sqlKeeper keeps values in a table.
type sqlKeeper struct {
	store *SQL
	now   func() time.Time
}

// Keeper returns a Keeper in the table sessions of the database: one INSERT, one SELECT.
// Both go to the primary of a group, so that a value is seen by whoever knows its key.
// Rows whose time is over are not returned, but stay in the table. Close of the Keeper
// does not close the store. A now of nil means time.Now.
func (s *SQL) Keeper(now func() time.Time) Keeper {
	if now == nil {
		now = time.Now
	}
	return sqlKeeper{store: s, now: now}
}

func (k sqlKeeper) Put(ctx context.Context, key string, value []byte, ttl time.Duration) (Timing, error) {
	if err := checkLifetime(ttl); err != nil {
		return Timing{}, fmt.Errorf("keep a value: %w", err)
	}
	if value == nil {
		value = []byte{} // nil would be a null
	}
	t, err := k.store.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		_, err := sqlExec(ctx, c, sqlKeep, key, value, k.now().Add(ttl).UnixMilli())
		return err
	})
	if err != nil {
		return t, fmt.Errorf("keep a value: %w", err)
	}
	return t, nil
}

func (k sqlKeeper) Get(ctx context.Context, key string) ([]byte, Timing, error) {
	var value []byte
	t, err := k.store.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		statement, args := sqlTraced(ctx, sqlLookUp, key, k.now().UnixMilli())
		return c.QueryRow(ctx, statement, args...).Scan(&value)
	})
	if err != nil {
		return nil, t, fmt.Errorf("look up a value: %w", err)
	}
	return value, t, nil
}

func (sqlKeeper) Close() {}
