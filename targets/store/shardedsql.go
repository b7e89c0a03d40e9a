package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// sqlFenceTable has one row, the newest token of a copy or an erasure.
	sqlFenceTable = `CREATE TABLE IF NOT EXISTS shard_fence (id TEXT PRIMARY KEY, token BIGINT NOT NULL)`
	// sqlFence is followed by the token and sqlFenceEnd. With an older token than the
	// one that is there it fails, because a null is not allowed.
	sqlFence     = `INSERT INTO shard_fence (id, token) VALUES ('move', `
	sqlFenceEnd  = `) ON CONFLICT (id) DO UPDATE SET token = CASE WHEN shard_fence.token <= excluded.token THEN excluded.token END`
	sqlFenceRead = `SELECT token FROM shard_fence WHERE id = 'move'`
	// sqlProof changes no row. A database of a group answers a write, even such a one,
	// only when the group still has it for its primary and has all that it has read.
	sqlProof = `DELETE FROM posts WHERE id = '' AND id <> ''`
	// sqlNull is not_null_violation, of appendix A of the PostgreSQL manual.
	sqlNull = "23502"
	// sqlPoll is how often a replica is asked whether it has what was copied.
	sqlPoll = 5 * time.Millisecond
)

// errFenced says that a newer copy or erasure has begun.
var errFenced = errors.New("a newer move has begun there")

// setRow is SetCity of the row alone.
func (s *SQL) setRow(ctx context.Context, id int64, city string) (Timing, error) {
	t, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		tag, err := sqlExec(ctx, c, sqlCity, id, city)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	return t, err
}

// listOwned lists ids and users of posts or photos after a cursor, from the primary.
// Databases must compare ids by their bytes, as SQLite does, and PostgreSQL with COLLATE
// "C".
func (s *SQL) listOwned(ctx context.Context, table, cursor string, limit int) (posts []Post, err error) {
	_, err = s.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := sqlQuery(ctx, c, "SELECT id, user_id FROM "+table+" WHERE id > $1 ORDER BY id LIMIT $2", cursor, int64(limit))
		if err != nil {
			return err
		}
		posts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Post, err error) {
			return p, row.Scan(&p.ID, &p.User)
		})
		return err
	})
	return posts, err
}

// readUsers reads all rows of users from the primary, and makes sure that it was the
// primary until then. With too many it fails with errTooMuch.
func (s *SQL) readUsers(ctx context.Context, ids []int64, follows bool) (rows userRows, err error) {
	in := list(ids)
	_, err = s.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		rows = userRows{}
		r := &rowReader{ctx: ctx, conn: c, left: maxReadBytes}
		r.each("SELECT id, name, email, city FROM users WHERE id IN "+in, func(row pgx.Rows) (int, error) {
			var u User
			err := row.Scan(&u.ID, &u.Name, &u.Email, &u.City)
			rows.users = append(rows.users, u)
			return len(u.Name) + len(u.Email) + len(u.City), err
		})
		r.each("SELECT id, customer_id, cents, item FROM orders WHERE customer_id IN "+in+" ORDER BY id", func(row pgx.Rows) (int, error) {
			var o orderRow
			err := row.Scan(&o.id, &o.customer, &o.cents, &o.item)
			rows.orders = append(rows.orders, o)
			return len(o.item), err
		})
		if follows {
			r.each(`SELECT "user", followee, name, city FROM follows WHERE "user" IN `+in+` ORDER BY "user", followee`, func(row pgx.Rows) (int, error) {
				var f followRow
				err := row.Scan(&f.user, &f.followee, &f.name, &f.city)
				rows.follows = append(rows.follows, f)
				return len(f.name) + len(f.city), err
			})
		}
		for table, into := range map[string]*[]postRow{"posts": &rows.posts, "photos": &rows.photos} {
			r.each("SELECT id, user_id, body, created_at FROM "+table+" WHERE user_id IN "+in+" ORDER BY id", func(row pgx.Rows) (int, error) {
				var p postRow
				err := row.Scan(&p.ID, &p.User, &p.Text, &p.created)
				*into = append(*into, p)
				return len(p.ID) + len(p.Text), err
			})
		}
		if r.err != nil {
			return r.err
		}
		_, err := c.Exec(ctx, sqlProof, pgx.QueryExecModeExec)
		return err
	})
	if err != nil {
		return userRows{}, fmt.Errorf("read the rows of %d users: %w", len(ids), err)
	}
	return rows, nil
}

// rowReader runs queries until the first error.
type rowReader struct {
	ctx  context.Context // of one call
	conn *pgx.Conn
	left int // bytes that may still be read
	err  error
}

func (r *rowReader) each(query string, take func(pgx.Rows) (int, error)) {
	if r.err != nil {
		return
	}
	rows, err := r.conn.Query(r.ctx, query+" LIMIT "+strconv.Itoa(maxRead+1), pgx.QueryExecModeExec)
	if err != nil {
		r.err = err
		return
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		size, err := take(rows)
		if r.left -= size; err == nil && (n > maxRead || r.left < 0) {
			err = errTooMuch
		}
		if err != nil {
			r.err = err
			return
		}
	}
	r.err = rows.Err()
}

// presentUsers returns which of some users have a row.
func (s *SQL) presentUsers(ctx context.Context, ids []int64) (present []int64, err error) {
	_, err = s.call(ctx, sqlFresh, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := c.Query(ctx, "SELECT id FROM users WHERE id IN "+list(ids)+" ORDER BY id", pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		present, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for %d users: %w", len(ids), err)
	}
	return present, nil
}

// makeFence makes the table of tokens, unless it is there.
func (s *SQL) makeFence(ctx context.Context) error {
	_, err := s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, sqlFenceTable, pgx.QueryExecModeExec)
		return err
	})
	if err != nil {
		return fmt.Errorf("make the table of tokens: %w", err)
	}
	return nil
}

// transact carries out one transaction, in one round trip, unless one with a newer token
// was carried out before. So what an earlier move has left on its way (in the buffers of
// a server that hung, say) cannot undo a later one. It returns how many rows each change
// concerned.
func (s *SQL) transact(ctx context.Context, token int64, work []change) (rows []int64, err error) {
	_, err = s.call(ctx, sqlWrite, func(ctx context.Context, c *pgx.Conn) error {
		var b pgconn.Batch
		add := func(sql string, args ...string) {
			values := make([][]byte, len(args))
			oids := make([]uint32, len(args))
			for i, a := range args {
				values[i], oids[i] = []byte(a), 25 // text
			}
			b.ExecParams(sql, values, oids, nil, nil)
		}
		add("BEGIN")
		add(sqlFence + strconv.FormatInt(token, 10) + sqlFenceEnd)
		for _, w := range work {
			add(w.sql, w.args...)
		}
		add("COMMIT")
		results, err := c.PgConn().ExecBatch(ctx, &b).ReadAll()
		rows = rows[:0]
		for i, r := range results {
			if err == nil {
				err = r.Err
			}
			if i >= 2 && i < len(work)+2 {
				rows = append(rows, r.CommandTag.RowsAffected())
			}
		}
		if err == nil && len(results) != len(work)+3 {
			err = fmt.Errorf("%d answers to %d statements", len(results), len(work)+3)
		}
		return err
	})
	if sqlState(err) == sqlNull {
		err = fmt.Errorf("%w: %w", errFenced, err)
	}
	return rows, err
}

// awaitFence waits until every replica that reads may go to has carried out what came
// with a token: it would answer from before the move.
func (s *SQL) awaitFence(ctx context.Context, token int64) error {
	if !s.group.spread(sqlRead) {
		return nil
	}
	if !s.enter() {
		return errSQLClosed
	}
	defer s.running.Done()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	for _, m := range s.group.members {
		if err := s.awaitMember(bounded, m, token); err != nil {
			return fmt.Errorf("replica %s has not got the rows: %w", m.name, err)
		}
	}
	return nil
}

func (s *SQL) awaitMember(ctx context.Context, m *sqlMember, token int64) error {
	tick := time.NewTicker(sqlPoll)
	defer tick.Stop()
	var last error
	for {
		s.group.mu.Lock()
		reads, at := m.up && m.role == roleReplica, s.group.clock
		if reads {
			m.calls++
		}
		s.group.mu.Unlock()
		if !reads {
			return nil
		}
		var got int64
		var t Timing
		_, last = s.try(ctx, &t, m, at, sqlRead, func(ctx context.Context, c *pgx.Conn) error {
			return c.QueryRow(ctx, sqlFenceRead, pgx.QueryExecModeExec).Scan(&got)
		})
		if last == nil && got >= token {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), last)
		}
	}
}
