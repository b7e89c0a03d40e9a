package database_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/database"
	"rung/targets/machine"
)

// seat is one member of a group in a test.
type seat struct {
	name, directory string
	server          *database.Server
	address         string
	stop            context.CancelFunc
	done            chan error
}

// circle is a replicated group on loopback.
type circle struct {
	t      testing.TB
	spec   targets.Database
	seats  map[string]*seat
	shares map[string]*machine.Share
}

func newCircle(t testing.TB, mode targets.Mode, names ...string) *circle {
	return newCircleOf(t, groupSpec(mode, 500*time.Millisecond, names), nil)
}

// groupSpec is a small database of a group. The first member begins as primary.
func groupSpec(mode targets.Mode, lease time.Duration, names []string) targets.Database {
	sp := spec()
	sp.Data = targets.Data{Users: 20, OrdersPerUser: 1}
	sp.Replication = &targets.Replication{Members: names, Primary: names[0], Mode: mode, Lease: lease, Heartbeat: 25 * time.Millisecond}
	return sp
}

func newCircleOf(t testing.TB, spec targets.Database, shares map[string]*machine.Share) *circle {
	c, listeners := layCircle(t, spec)
	c.shares = shares
	for _, name := range spec.Replication.Members {
		c.run(name, listeners[name], false)
	}
	return c
}

// layCircle makes room for a group; its members are not started yet.
func layCircle(t testing.TB, spec targets.Database) (*circle, map[string]net.Listener) {
	c, listeners := &circle{t: t, spec: spec, seats: map[string]*seat{}}, map[string]net.Listener{}
	for _, name := range spec.Replication.Members {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[name] = l
		c.seats[name] = &seat{name: name, directory: t.TempDir(), address: l.Addr().String()}
	}
	t.Cleanup(func() {
		for name := range c.seats {
			c.end(name)
		}
	})
	return c, listeners
}

func (c *circle) run(name string, l net.Listener, replacement bool) {
	s := c.seats[name]
	server, err := database.New(c.spec, database.Config{Role: name, Directory: s.directory, Replacement: replacement, Share: c.shares[name],
		Dial: func(ctx context.Context, member string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", c.seats[member].address)
		}})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.server, s.stop, s.done = server, stop, make(chan error, 1)
	go func() { s.done <- server.Serve(ctx, l) }()
}

// begin starts a member again, on its address.
func (c *circle) begin(name string, replacement bool) {
	c.t.Helper()
	l, err := net.Listen("tcp", c.seats[name].address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.run(name, l, replacement)
}

func (c *circle) end(name string) {
	s := c.seats[name]
	if s.server == nil {
		return
	}
	s.stop()
	if err := errors.Join(<-s.done, s.server.Close()); err != nil {
		c.t.Error(err)
	}
	s.server = nil
}

// primary waits for the member that accepts writes.
func (c *circle) primary() string {
	c.t.Helper()
	found := ""
	eventually(c.t, "one member is primary", func() bool {
		for name, s := range c.seats {
			if s.server != nil && s.server.Metrics()["replication_primary"] == 1 {
				found = name
				return true
			}
		}
		return false
	})
	return found
}

func (c *circle) connect(name string) *pgx.Conn {
	c.t.Helper()
	conn, err := pgx.Connect(context.Background(), "postgres://me@"+c.seats[name].address+"/shop?sslmode=disable")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func (c *circle) exec(name, sql string, args ...any) error {
	conn := c.connect(name)
	defer conn.Close(context.Background())
	_, err := conn.Exec(context.Background(), sql, args...)
	return err
}

// dump is every row of every table, but for the server's own.
func (c *circle) dump(name string) string {
	c.t.Helper()
	conn := c.connect(name)
	defer conn.Close(context.Background())
	read := func(sql string) (all [][]any) {
		rows, err := conn.Query(context.Background(), sql)
		if err != nil {
			c.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			v, err := rows.Values()
			if err != nil {
				c.t.Fatal(err)
			}
			all = append(all, v)
		}
		if rows.Err() != nil {
			c.t.Fatal(rows.Err())
		}
		return all
	}
	var lines []string
	for _, table := range read("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		if name := table[0].(string); !strings.HasPrefix(name, "rung_") {
			for _, row := range read(`SELECT * FROM "` + name + `"`) {
				lines = append(lines, fmt.Sprintf("%s %q", name, row))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// same waits until every running member holds the same rows.
func (c *circle) same() {
	c.t.Helper()
	primary := c.primary()
	eventually(c.t, "every member holds the same rows", func() bool {
		end := c.seats[primary].server.Metrics()["replication_applied_index"]
		for _, s := range c.seats {
			if s.server != nil && (s.server.Metrics()["replication_applied_index"] != end || s.server.Metrics()["replication_joined"] != 1) {
				return false
			}
		}
		return true
	})
	want := c.dump(primary)
	for name, s := range c.seats {
		if s.server == nil {
			continue
		}
		if got := c.dump(name); got != want {
			c.t.Errorf("%s holds\n%s\nthe primary %s\n%s", name, got, primary, want)
		}
	}
}

// value reads one value as text.
func (c *circle) value(name, sql string, args ...any) string {
	c.t.Helper()
	conn := c.connect(name)
	defer conn.Close(context.Background())
	var v any
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return fmt.Sprint(v)
}

// all runs statements on one connection.
func (c *circle) all(name string, statements ...string) {
	c.t.Helper()
	conn := c.connect(name)
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(context.Background(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			c.t.Fatalf("%s: %v", sql, err)
		}
	}
}

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func TestReplicasFollowAndRefuseWrites(t *testing.T) {
	t.Parallel()
	c := newCircle(t, targets.ModeSynchronous, "a", "b", "c")
	if p := c.primary(); p != "a" {
		t.Fatalf("%s is primary", p)
	}
	for i := range 10 {
		if err := c.exec("a", "INSERT INTO posts VALUES ($1, 1, $2, 0)", fmt.Sprint(i), "text\x01é"); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{"UPDATE users SET city = 'Ulm' WHERE id = 7", "DELETE FROM posts WHERE id = '3'",
		"CREATE TABLE extra (id INTEGER PRIMARY KEY, note TEXT)", "BEGIN; INSERT INTO extra VALUES (1, 'x'); INSERT INTO extra VALUES (2, 'y'); COMMIT",
		"INSERT INTO sessions VALUES ('s', X'00ff', 5) ON CONFLICT (id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"} {
		if err := c.exec("a", sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	c.same()
	conn := c.connect("b")
	if got := conn.PgConn().ParameterStatus("in_hot_standby"); got != "on" {
		t.Errorf("in_hot_standby of a replica is %q", got)
	}
	_, err := conn.Exec(t.Context(), "INSERT INTO posts VALUES ('r', 1, 'x', 0)")
	if sqlState(err) != "25006" || !strings.Contains(err.Error(), "cannot execute INSERT in a read-only transaction") {
		t.Errorf("a write on a replica: %v", err)
	}
	if got := c.connect("a").PgConn().ParameterStatus("in_hot_standby"); got != "off" {
		t.Errorf("in_hot_standby of the primary is %q", got)
	}
	for sql, want := range map[string]string{
		"INSERT INTO posts VALUES ('z', random(), 'x', 0)":           "0A000",
		"UPDATE users SET city = datetime('now') WHERE id = 1":       "0A000",
		"DELETE FROM rung_log":                                       "42501",
		"INSERT INTO posts SELECT CAST(random() AS TEXT), 1, 'x', 0": "0A000",
	} {
		if err := c.exec("a", sql); sqlState(err) != want {
			t.Errorf("%.40s: %v, want %s", sql, err, want)
		}
	}
	big, half := c.connect("a"), strings.Repeat("x", 600_000)
	for _, sql := range []string{"BEGIN", "INSERT INTO posts VALUES ('big-1', 1, '" + half + "', 0)", "INSERT INTO posts VALUES ('big-2', 1, '" + half + "', 0)"} {
		if _, err := big.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := big.Exec(t.Context(), "COMMIT"); sqlState(err) != "54000" {
		t.Errorf("a transaction that is too large to be shipped: %v", err)
	}
	if all := c.dump("a"); strings.Contains(all, "big-") {
		t.Error("a transaction that was too large to be shipped left rows behind")
	}
	h := c.seats["b"].server.Histograms()["replication_lag_ns"]
	total := int64(0)
	for _, n := range h.Counts {
		total += n
	}
	if total < 15 {
		t.Errorf("%d writes in the lag's histogram", total)
	}
}

func TestReplacementIsSeededWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	c := newCircle(t, targets.ModeSemiSynchronous, "a", "b", "c")
	c.primary()
	written := 0
	write := func(n int) {
		for range n {
			if err := c.exec("a", "INSERT INTO posts VALUES ($1, 1, 'x', 0)", fmt.Sprint(written)); err != nil {
				t.Fatal(err)
			}
			written++
		}
	}
	write(20)
	c.end("c")
	c.seats["c"].directory = t.TempDir()
	c.begin("c", true)
	if err := c.exec("c", "SELECT count(*) FROM posts"); err != nil && sqlState(err) != "57P03" {
		t.Errorf("a replacement that waits for its data: %v", err)
	}
	write(20)
	c.same()
	if m := c.seats["c"].server.Metrics(); m["replication_restores_total"] != 1 || m["replication_diverged"] != 0 {
		t.Errorf("the replacement was restored from %v snapshots and keeps %v transactions aside", m["replication_restores_total"], m["replication_diverged"])
	}
	// It is a member like any other now, also after a restart.
	c.end("c")
	c.begin("c", true)
	write(5)
	c.same()
	if c.seats["c"].server.Metrics()["replication_restores_total"] != 0 {
		t.Error("the replacement was filled again")
	}
}

func TestStandaloneHasNoGroup(t *testing.T) {
	s := start(t, spec(), database.Config{})
	conn := connect(t, s.address, "")
	if got := conn.PgConn().ParameterStatus("in_hot_standby"); got != "off" {
		t.Errorf("in_hot_standby is %q", got)
	}
	if _, err := conn.Exec(t.Context(), "CALL rung_recover()"); code(err) != "55000" {
		t.Errorf("CALL rung_recover(): %v", err)
	}
}

// TestAnyWritesReplicate runs writes drawn at random and compares all members.
func TestAnyWritesReplicate(t *testing.T) {
	t.Parallel()
	c := newCircle(t, targets.ModeSynchronous, "a", "b", "c")
	c.primary()
	if err := c.exec("a", "CREATE TABLE extra (id INTEGER PRIMARY KEY, note TEXT)"); err != nil {
		t.Fatal(err)
	}
	conn := c.connect("a")
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.IntRange(1, 20).Draw(t, "id")
		note := rapid.OneOf(rapid.StringMatching(`[a-z'"\\é]{0,8}`), rapid.Just("")).Draw(t, "note")
		sql := rapid.SampledFrom([]string{
			"INSERT INTO extra VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET note = excluded.note || '+'",
			"INSERT INTO extra VALUES ($1, $2) ON CONFLICT DO NOTHING",
			"UPDATE extra SET note = note || $2 WHERE id >= $1",
			"DELETE FROM extra WHERE id = $1 AND note <> $2",
			"INSERT INTO extra SELECT id + $1 * 100, $2 FROM extra WHERE id < 3 ON CONFLICT DO NOTHING",
			"UPDATE users SET city = $2 WHERE id = $1",
		}).Draw(t, "sql")
		if _, err := conn.Exec(context.Background(), sql, id, note); err != nil && sqlState(err) == "" {
			t.Fatalf("%s: %v", sql, err)
		}
	})
	c.same()
}

func TestPsqlOnAReplica(t *testing.T) {
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("SKIPPED: psql is not installed (Debian package postgresql-client)")
	}
	c := newCircle(t, targets.ModeAsynchronous, "a", "b", "c")
	c.primary()
	host, port, _ := net.SplitHostPort(c.seats["b"].address)
	out, _ := exec.Command("psql", "-h", host, "-p", port, "-U", "me", "-d", "shop", "-v", "VERBOSITY=verbose", "-c",
		"SHOW in_hot_standby", "-c", "DELETE FROM posts").CombinedOutput()
	for _, want := range []string{"on", "25006"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("psql says\n%s\nwithout %q", out, want)
		}
	}
}
