package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// The table is
//
//	CREATE TABLE follows ("user" bigint, followee bigint, name text, city text, PRIMARY KEY ("user", followee))
//
// with an index on followee. Name and city are copies of the followee's row.
const (
	sqlFollowing = `SELECT u.id, u.name, u.city FROM follows f JOIN users u ON u.id = f.followee WHERE f."user" = $1 ORDER BY u.id LIMIT 1000`
	sqlFollowees = `SELECT followee, name, city FROM follows WHERE "user" = $1 ORDER BY followee LIMIT 1000`
	// sqlUsers is followed by ids.
	sqlUsers = `SELECT id, name, email, city FROM users WHERE id IN (`
)

// maxUsersByID is how many users one statement may ask for.
const maxUsersByID = 1000

// Following is one join of the tables follows and users, or, with
// SQLConfig.Denormalised, Followees. It leaves emails out.
func (s *SQL) Following(ctx context.Context, id int64) ([]User, Timing, error) {
	if s.denormalised {
		return s.Followees(ctx, id)
	}
	return s.followed(ctx, sqlFollowing, id)
}

// Followees is one SELECT of the rows that a user has in the table follows, with what is
// copied there of the users whom they follow: not the emails, and a city that may be
// older than that in users.
func (s *SQL) Followees(ctx context.Context, id int64) ([]User, Timing, error) {
	return s.followed(ctx, sqlFollowees, id)
}

func (s *SQL) followed(ctx context.Context, statement string, id int64) ([]User, Timing, error) {
	var users []User
	t, err := s.call(ctx, sqlRead, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := sqlQuery(ctx, c, statement, id)
		if err != nil {
			return err
		}
		users, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (u User, err error) {
			return u, row.Scan(&u.ID, &u.Name, &u.City)
		})
		return err
	})
	if err != nil {
		return nil, t, fmt.Errorf("read whom user %d follows: %w", id, err)
	}
	return users, t, nil
}

// UsersByID is one SELECT of the users that have one of the ids, by id. Users that are not
// there are left out. At most 1000 different ids are allowed; without any nothing is sent.
//
// The ids are numbers in the text, in order and each once, so that the same users make the
// same text. It is not prepared: there are too many texts for that to pay.
func (s *SQL) UsersByID(ctx context.Context, ids []int64) ([]User, Timing, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	switch {
	case len(ids) == 0:
		return []User{}, Timing{}, nil
	case len(ids) > maxUsersByID:
		return nil, Timing{}, fmt.Errorf("read %d users: at most %d", len(ids), maxUsersByID)
	}
	text := []byte(sqlUsers)
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, id, 10)
	}
	text = append(text, ')')
	statement := string(text)
	var users []User
	t, err := s.call(ctx, sqlRead, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := sqlQuery(ctx, c, statement, pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		users, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (u User, err error) {
			return u, row.Scan(&u.ID, &u.Name, &u.Email, &u.City)
		})
		return err
	})
	if err != nil {
		return nil, t, fmt.Errorf("read %d users: %w", len(ids), err)
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	return users, t, nil
}
