package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sqlCity   = `UPDATE users SET city = $2 WHERE id = $1`
	sqlCopies = `UPDATE follows SET city = $2 WHERE followee = $1`
)

// SetCity is one UPDATE by key, and with SQLConfig.Denormalised then one of the user's
// copies, as SetCopies. They are not one transaction: when the caller, the server or the
// wire dies between the two, the row has the new city and the copies keep the old one,
// until a SetCity of that user works again. An error may thus mean that the row was
// changed; calling it again mends the copies. Of two cities that are set at the same
// time, the row may keep the one and the copies the other.
func (s *SQL) SetCity(ctx context.Context, id int64, city string) (Timing, error) {
	start := time.Now()
	t, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		tag, err := sqlExec(ctx, c, sqlCity, id, city)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("set city of user %d: %w", id, err)
	}
	if !s.denormalised {
		return t, nil
	}
	ctx, cancel := context.WithDeadline(ctx, start.Add(s.timeout)) // both together
	defer cancel()
	copies, err := s.SetCopies(ctx, id, city)
	t = t.then(copies)
	t.Total = time.Since(start)
	return t, err
}

// SetCopies is one UPDATE of every copy of a user in the table follows, of which there
// may be none. It is a write like any other, see SQL.
func (s *SQL) SetCopies(ctx context.Context, followee int64, city string) (Timing, error) {
	t, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		_, err := sqlExec(ctx, c, sqlCopies, followee, city)
		return err
	})
	if err != nil {
		return t, fmt.Errorf("set city of the copies of user %d: %w", followee, err)
	}
	return t, nil
}
