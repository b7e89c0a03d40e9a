package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sqlStandby is the run-time parameter in which a PostgreSQL reports whether it is a
// replica, since version 14 (libpq's target_session_attrs reads it too).
const sqlStandby = "in_hot_standby"

// sqlRole is what a member says it is.
type sqlRole int

const (
	roleUnknown sqlRole = iota
	rolePrimary
	roleReplica
)

func roleOf(standby string) sqlRole {
	switch standby {
	case "off":
		return rolePrimary
	case "on":
		return roleReplica
	}
	return roleUnknown
}

// sqlMember is one server and what is known of it.
type sqlMember struct {
	name          string // empty when it is the only one
	distance      time.Duration
	pool          *pgxpool.Pool
	line          *lifeline      // of the connections of the pool
	connect       *pgconn.Config // for questions of who is primary
	epoch         atomic.Int64   // counts the times that all connections were given up
	reads, writes atomic.Int64   // statements sent

	// The rest is guarded by the mutex of sqlGroup.

	bit           sqlSet
	up            bool
	role          sqlRole
	changed       int64 // sqlGroup.clock when up or role last changed
	calls         int   // on their way
	answers, seen int64 // answers so far, and at the last look of SQL.watch
	asked         chan struct{}
}

// newSQLMember makes a member whose connections and dials end with life.
func newSQLMember(ctx, life context.Context, m SQLMember, config SQLConfig) (*sqlMember, error) {
	line, question := newLifeline(life, config.Dial), newLifeline(life, config.Dial)
	settings, err := sqlSettings(m.Address, config, line.DialContext)
	if err != nil {
		return nil, m.blame(err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, m.blame(err)
	}
	connect := settings.ConnConfig.Config.Copy()
	connect.DialFunc = dialTo(m.Address, question.DialContext)
	return &sqlMember{name: m.Name, distance: m.Distance, pool: pool, line: line, connect: connect}, nil
}

// blame puts the member's name before an error.
func (m SQLMember) blame(err error) error {
	if m.Name == "" {
		return err
	}
	return fmt.Errorf("member %s: %w", m.Name, err)
}

// blame puts the member's name before an error, unless it is the only one.
func (m *sqlMember) blame(err error) error { return SQLMember{Name: m.name}.blame(err) }

// count counts a statement that is sent.
func (m *sqlMember) count(kind sqlKind) {
	if kind == sqlWrite {
		m.writes.Add(1)
	} else {
		m.reads.Add(1)
	}
}

// broke gives up every connection after one of them broke: the server was probably
// restarted, and a statement on another old connection would fail just so. Those
// that break together give up what was there before, not what was dialled since.
func (m *sqlMember) broke(epoch int64) {
	if m.epoch.CompareAndSwap(epoch, epoch+1) {
		m.pool.Reset()
	}
}

// ask opens a session of its own, because those of the pool may all be stuck, and
// returns what the member says it is. No error means that it is up.
func (m *sqlMember) ask(ctx context.Context) (sqlRole, error) {
	c, err := pgconn.ConnectConfig(ctx, m.connect)
	if refused(err) {
		return roleUnknown, nil // alive, and full
	}
	if err != nil {
		return roleUnknown, err
	}
	defer func() { _ = c.Close(ctx) }() // it has served its purpose
	if role := roleOf(c.ParameterStatus(sqlStandby)); role != roleUnknown {
		return role, nil
	}
	// A PostgreSQL before 14. One that does not know the parameter says nothing.
	got, err := c.Exec(ctx, "SHOW transaction_read_only").ReadAll()
	if _, said := errors.AsType[*pgconn.PgError](err); said && !c.IsClosed() {
		return roleUnknown, nil
	}
	if err != nil {
		return roleUnknown, err
	}
	if len(got) == 1 && len(got[0].Rows) == 1 && len(got[0].Rows[0]) == 1 {
		return roleOf(string(got[0].Rows[0][0])), nil
	}
	return roleUnknown, nil
}
