package store

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SQLConfig says how to reach a SQL database that speaks the PostgreSQL protocol:
// the one of package database, or a PostgreSQL that has the same tables.
type SQLConfig struct {
	// Address is host:port.
	Address string
	// Database and User are what the session starts with. Package database
	// accepts any.
	Database, User string
	// Password may be empty.
	Password string
	// Connections bounds the open connections, and so the statements that are on
	// their way at once. Below 1 means 1.
	Connections int
	// Dial may be nil, which dials plainly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds one call, from waiting for a connection to its answer, and
	// one connect. 0 or less means 5 s.
	Timeout time.Duration
}

// The statements. They mean the same to SQLite and to PostgreSQL.
const (
	sqlUser   = `SELECT id, name, email, city FROM users WHERE id = $1`
	sqlOrders = `SELECT u.name, o.id, o.item, o.cents FROM users u LEFT JOIN orders o ON o.customer_id = u.id WHERE u.id = $1 ORDER BY o.id`
	sqlPost   = `INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	sqlPhoto  = `INSERT INTO photos (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	sqlPosts  = `SELECT id FROM posts WHERE id > $1 ORDER BY id LIMIT $2`
)

// SQL is a Store on a SQL database. It connects when it is first used, and again
// after the server was away. Reads are tried a second time when the connection
// broke under them; writes only when the statement was certainly not sent.
type SQL struct {
	pool    *pgxpool.Pool
	timeout time.Duration

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	epoch   int64 // counts the times that all connections were given up
	running sync.WaitGroup
}

// OpenSQL returns a Store. It does not connect yet: an error means that the
// configuration is wrong. The context has no effect once it has returned.
func OpenSQL(ctx context.Context, config SQLConfig) (Store, error) {
	if config.Timeout <= 0 {
		config.Timeout = 5 * time.Second
	}
	settings, err := sqlSettings(config)
	if err != nil {
		return nil, fmt.Errorf("open SQL store: %w", err)
	}
	s := &SQL{timeout: config.Timeout}
	s.life, s.end = context.WithCancel(context.Background())
	if s.pool, err = pgxpool.NewWithConfig(ctx, settings); err != nil {
		s.end()
		return nil, fmt.Errorf("open SQL store: %w", err)
	}
	return s, nil
}

// sqlSettings makes the pool's configuration from ours alone: what the process
// has in PG* environment variables and in the user's files is overruled.
func sqlSettings(config SQLConfig) (*pgxpool.Config, error) {
	host, port, err := net.SplitHostPort(config.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("address %q: bad port", config.Address)
	}
	p, err := pgxpool.ParseConfig("host=localhost port=1 user=none database=none sslmode=disable")
	if err != nil {
		return nil, err
	}
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	c := &p.ConnConfig.Config
	c.Host, c.Port, c.Database, c.User, c.Password = host, uint16(number), config.Database, config.User, config.Password
	c.TLSConfig, c.Fallbacks, c.ValidateConnect = nil, nil, nil
	c.RuntimeParams = map[string]string{"application_name": "rung"}
	c.ConnectTimeout = config.Timeout
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, config.Address)
	}
	p.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	p.ConnConfig.StatementCacheCapacity = 16
	p.MaxConns = int32(min(max(config.Connections, 1), 10_000))
	p.MinConns, p.MinIdleConns = 0, 0
	// A ping would be one more round trip before a statement that waited a second.
	// Connections that are dead are given up together instead, see broke.
	p.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	return p, nil
}

// Close closes every connection; calls on their way fail. It may be called again.
func (s *SQL) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
	s.pool.Close()
}

// User is one SELECT by key.
func (s *SQL) User(ctx context.Context, id int64) (User, Timing, error) {
	var u User
	t, err := s.call(ctx, true, func(ctx context.Context, c *pgx.Conn) error {
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
	t, err := s.call(ctx, true, func(ctx context.Context, c *pgx.Conn) error {
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
	t, err := s.call(ctx, false, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement, p.ID, p.User, p.Text, time.Now().UnixMilli())
		return err
	})
	if err != nil {
		return t, fmt.Errorf("add %s %s: %w", what, p.ID, err)
	}
	return t, nil
}

// Posts is one SELECT of the ids after the cursor, which is the last id of the
// page before. It takes at least one and at most 100,000 ids.
func (s *SQL) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	limit = min(max(limit, 1), 100_000)
	_, err = s.call(ctx, true, func(ctx context.Context, c *pgx.Conn) error {
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
