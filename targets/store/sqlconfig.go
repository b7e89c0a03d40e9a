package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SQLMember is one server of a replicated database.
type SQLMember struct {
	// Name of the member, for errors and metrics. Names differ.
	Name string
	// Address is host:port.
	Address string
	// Distance is how far away it is, as the round trip or any other measure that is
	// the same for all members. Only Reads "nearest" looks at it. Not below 0.
	Distance time.Duration
}

// SQLConfig says how to reach a SQL database that speaks the PostgreSQL protocol:
// the one of package database, or a PostgreSQL that has the same tables.
type SQLConfig struct {
	// Address is host:port of the one server.
	Address string
	// Members are the servers of a group that replicates, at most 64. When there
	// are any, Address is ignored. Writes go to whichever of them says that it is
	// the primary.
	Members []SQLMember
	// Reads says where a group is read: "primary" (the default), which sees every
	// write; "replicas", or the primary when no replica is up; "all"; "nearest",
	// the members of the least Distance that are up, whatever they are, so that
	// farther ones are read only when all nearer ones are down. A replica may not
	// have the latest writes yet.
	Reads string
	// Denormalised makes Following read the copies of users that are in the table
	// follows, and SetCity update them. Off, Following joins, and SetCity leaves
	// the copies as they are.
	Denormalised bool
	// Probe is how often members of a group that are not known to be healthy are
	// asked again, and all of them while no primary is known. While a call waits
	// for one, they are asked every 100 ms, if that is more often. 0 or less means
	// 1 s.
	Probe time.Duration
	// Database and User are what the session starts with. Package database
	// accepts any.
	Database, User string
	// Password may be empty.
	Password string
	// Connections bounds the open connections to each server, and so the
	// statements that are on their way there at once. Below 1 means 1.
	Connections int
	// Dial may be nil, which dials plainly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds one call, from waiting for a connection to its answer, all
	// tries together and the wait for a primary included, and one connect. 0 or
	// less means 5 s.
	Timeout time.Duration
	// Seed of the choice between members.
	Seed uint64
}

// The read policies of SQLConfig.
const (
	sqlReadsPrimary  = "primary"
	sqlReadsReplicas = "replicas"
	sqlReadsAll      = "all"
	sqlReadsNearest  = "nearest"
)

// maxSQLMembers is how many members fit into a sqlSet.
const maxSQLMembers = 64

// check returns the configuration with its defaults, and with the one server as a
// member that has no name.
func (c SQLConfig) check() (SQLConfig, error) {
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Probe <= 0 {
		c.Probe = time.Second
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	c.Connections = min(max(c.Connections, 1), 10_000)
	switch c.Reads {
	case "":
		c.Reads = sqlReadsPrimary
	case sqlReadsPrimary, sqlReadsReplicas, sqlReadsAll, sqlReadsNearest:
	default:
		return c, fmt.Errorf("reads is %q: allowed are %s, %s, %s, %s", c.Reads, sqlReadsPrimary, sqlReadsReplicas, sqlReadsAll, sqlReadsNearest)
	}
	if len(c.Members) == 0 {
		c.Members = []SQLMember{{Address: c.Address}}
		return c, nil
	}
	if len(c.Members) > maxSQLMembers {
		return c, fmt.Errorf("%d members: at most %d", len(c.Members), maxSQLMembers)
	}
	for i, m := range c.Members {
		if m.Name == "" {
			return c, errors.New("a member has no name")
		}
		if slices.ContainsFunc(c.Members[:i], func(o SQLMember) bool { return o.Name == m.Name }) {
			return c, fmt.Errorf("two members are called %q", m.Name)
		}
		if m.Distance < 0 {
			return c, m.blame(fmt.Errorf("distance %v is below 0", m.Distance))
		}
	}
	return c, nil
}

func splitAddress(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: bad port", address)
	}
	return host, uint16(number), nil
}

// dialTo dials one address, whatever address pgx has made of it.
func dialTo(address string, dial func(ctx context.Context, network, address string) (net.Conn, error)) pgconn.DialFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) }
}

// sqlSettings makes the pool's configuration from ours alone: what the process
// has in PG* environment variables and in the user's files is overruled.
func sqlSettings(address string, config SQLConfig, dial func(ctx context.Context, network, address string) (net.Conn, error)) (*pgxpool.Config, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	p, err := pgxpool.ParseConfig("host=localhost port=1 user=none database=none sslmode=disable")
	if err != nil {
		return nil, err
	}
	c := &p.ConnConfig.Config
	c.Host, c.Port, c.Database, c.User, c.Password = host, port, config.Database, config.User, config.Password
	c.TLSConfig, c.Fallbacks, c.ValidateConnect = nil, nil, nil
	c.RuntimeParams = map[string]string{"application_name": "rung"}
	c.ConnectTimeout = config.Timeout
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.DialFunc = dialTo(address, dial)
	p.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	p.ConnConfig.StatementCacheCapacity = 16
	p.MaxConns = int32(config.Connections)
	p.MinConns, p.MinIdleConns = 0, 0
	// A ping would be one more round trip before a statement that waited a second.
	// Connections that are dead are given up together instead, see broke.
	p.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	return p, nil
}
