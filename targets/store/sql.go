package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// The statements. They mean the same to SQLite and to PostgreSQL.
const (
	sqlUser   = `SELECT id, name, email, city FROM users WHERE id = $1`
	sqlOrders = `SELECT u.name, o.id, o.item, o.cents FROM users u LEFT JOIN orders o ON o.customer_id = u.id WHERE u.id = $1 ORDER BY o.id`
	sqlPost   = `INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	sqlPhoto  = `INSERT INTO photos (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	sqlPosts  = `SELECT id FROM posts WHERE id > $1 ORDER BY id LIMIT $2`
	sqlPhotos = `SELECT id FROM photos WHERE id > $1 ORDER BY id LIMIT $2`
)

// SQL is a Store on a SQL database, or on a group of them with one primary, see
// SQLConfig.Members. It connects when it is first used, and again after a server was
// away.
//
// What needs the primary of a group, which all writes do, is tried until it is answered
// or SQLConfig.Timeout is over, and waits for a primary while there is none. That is also
// so when nobody knows whether a try was carried out, because every write may be carried
// out twice: rows are added under ids that the client chose, and what is there already
// stays; a city is set to a value. A new primary that has the first try answers the second
// one as well. So a write that fails may have been carried out, and one that works was
// carried out once, to all that can be seen (but see Store.SetCity). An answer that the
// server is full, or of any other error, is not tried again.
//
// Reads that have a choice of members are tried once at each. An only server gets what
// was certainly not carried out, and reads, a second time, and then the error is returned:
// there is nothing to wait for.
//
// Timing counts the statements of all tries. Its Wait includes the wait for a primary,
// and Queued and Served are of the last try.
type SQL struct {
	group        sqlGroup
	timeout      time.Duration
	denormalised bool

	life    context.Context // ends with Close
	end     context.CancelFunc
	cut     context.CancelFunc // ends every connection
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// OpenSQL returns a Store, which is an *SQL: a type assertion gives its Keeper and
// Metrics. It does not connect yet: an error means that the configuration is wrong.
// The context has no effect once it has returned.
func OpenSQL(ctx context.Context, config SQLConfig) (Store, error) {
	config, err := config.check()
	if err != nil {
		return nil, fmt.Errorf("open SQL store: %w", err)
	}
	s := &SQL{timeout: config.Timeout, denormalised: config.Denormalised}
	s.life, s.end = context.WithCancel(context.Background())
	life, cut := context.WithCancel(context.Background())
	s.cut = cut
	s.group.open(config)
	for _, m := range config.Members {
		member, err := newSQLMember(ctx, life, m, config)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("open SQL store: %w", err)
		}
		s.group.add(member)
	}
	if !s.group.lone() {
		s.running.Go(s.watch)
	}
	return s, nil
}

// Close closes every connection; calls on their way fail. It may be called again.
func (s *SQL) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
	s.closePools()
}

// enter counts one more running call, unless the store is closed.
func (s *SQL) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// User is one SELECT by key.
func (s *SQL) User(ctx context.Context, id int64) (User, Timing, error) {
	var u User
	t, err := s.call(ctx, sqlRead, func(ctx context.Context, c *pgx.Conn) error {
		statement, args := sqlTraced(ctx, sqlUser, id)
		return c.QueryRow(ctx, statement, args...).Scan(&u.ID, &u.Name, &u.Email, &u.City)
	})
	if err != nil {
		return User{}, t, fmt.Errorf("read user %d: %w", id, err)
	}
	return u, t, nil
}

// Orders is one join. A customer without orders is one row of nulls, a missing
// one no row.
func (s *SQL) Orders(ctx context.Context, customer int64) ([]Order, Timing, error) {
	var orders []Order
	t, err := s.call(ctx, sqlRead, func(ctx context.Context, c *pgx.Conn) error {
		orders = []Order{}
		rows, err := sqlQuery(ctx, c, sqlOrders, customer)
		if err != nil {
			return err
		}
		defer rows.Close()
		found := false
		for rows.Next() {
			var o Order
			var id, cents *int64
			var item *string
			if err := rows.Scan(&o.Customer, &id, &item, &cents); err != nil {
				return err
			}
			found = true
			if id == nil {
				continue
			}
			if item == nil || cents == nil {
				return fmt.Errorf("order %d has a null", *id)
			}
			o.ID, o.Item, o.Cents = *id, *item, *cents
			orders = append(orders, o)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		return nil
	})
	if err != nil {
		return nil, t, fmt.Errorf("read orders of customer %d: %w", customer, err)
	}
	return orders, t, nil
}

// AddPost is one INSERT that does nothing when the row is there.
func (s *SQL) AddPost(ctx context.Context, p Post) (Timing, error) {
	return s.add(ctx, sqlPost, "post", p)
}

// AddPhoto is one INSERT that does nothing when the row is there.
func (s *SQL) AddPhoto(ctx context.Context, p Post) (Timing, error) {
	return s.add(ctx, sqlPhoto, "photo", p)
}

func (s *SQL) add(ctx context.Context, statement, what string, p Post) (Timing, error) {
	t, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		_, err := sqlExec(ctx, c, statement, p.ID, p.User, p.Text, time.Now().UnixMilli())
		return err
	})
	if err != nil {
		return t, fmt.Errorf("add %s %s: %w", what, p.ID, err)
	}
	return t, nil
}

// Posts is one SELECT of the ids after the cursor, which is the last id of the
// page before. It takes at least one and at most 100,000 ids. A group is asked at its
// primary, since a replica may not have the latest posts yet.
func (s *SQL) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return s.list(ctx, sqlPosts, "posts", cursor, limit)
}

// Photos is as Posts.
func (s *SQL) Photos(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return s.list(ctx, sqlPhotos, "photos", cursor, limit)
}

func (s *SQL) list(ctx context.Context, statement, what, cursor string, limit int) (ids []string, next string, err error) {
	limit = min(max(limit, 1), 100_000)
	_, err = s.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := sqlQuery(ctx, c, statement, cursor, int64(limit))
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list %s: %w", what, err)
	}
	if len(ids) == limit {
		next = ids[limit-1]
	}
	return ids, next, nil
}
