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
	sqlCity   = `UPDATE users SET city = $2 WHERE id = $1`
	sqlPosts  = `SELECT id FROM posts WHERE id > $1 ORDER BY id LIMIT $2`
)

// SQL is a Store on a SQL database, or on a group of them with one primary, see
// SQLConfig.Members. It connects when it is first used, and again after a server was
// away. Reads are tried a second time when the connection broke under them; writes
// only when the statement was certainly not carried out.
//
// Timing counts the statements of all tries. Its Wait includes the wait for the answer
// of who is primary, and Queued and Served are of the last try.
type SQL struct {
	group   sqlGroup
	timeout time.Duration

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
	s := &SQL{timeout: config.Timeout}
	s.life, s.end = context.WithCancel(context.Background())
	line := lifeline{dial: config.Dial}
	line.life, s.cut = context.WithCancel(context.Background())
	config.Dial = line.DialContext
	s.group.open(config)
	for _, m := range config.Members {
		member, err := newSQLMember(ctx, m, config)
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
		return c.QueryRow(ctx, sqlUser, id).Scan(&u.ID, &u.Name, &u.Email, &u.City)
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
		rows, err := c.Query(ctx, sqlOrders, customer)
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
		_, err := c.Exec(ctx, statement, p.ID, p.User, p.Text, time.Now().UnixMilli())
		return err
	})
	if err != nil {
		return t, fmt.Errorf("add %s %s: %w", what, p.ID, err)
	}
	return t, nil
}

// SetCity is one UPDATE by key.
func (s *SQL) SetCity(ctx context.Context, id int64, city string) (Timing, error) {
	t, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		tag, err := c.Exec(ctx, sqlCity, id, city)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("set city of user %d: %w", id, err)
	}
	return t, nil
}

// Posts is one SELECT of the ids after the cursor, which is the last id of the
// page before. It takes at least one and at most 100,000 ids. A group is asked at its
// primary, since a replica may not have the latest posts yet.
func (s *SQL) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	limit = min(max(limit, 1), 100_000)
	_, err = s.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := c.Query(ctx, sqlPosts, cursor, int64(limit))
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list posts: %w", err)
	}
	if len(ids) == limit {
		next = ids[limit-1]
	}
	return ids, next, nil
}
