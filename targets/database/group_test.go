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
	t     testing.TB
	spec  targets.Database
	seats map[string]*seat
}

func newCircle(t testing.TB, mode targets.Mode, names ...string) *circle {
	c := &circle{t: t, spec: spec(), seats: map[string]*seat{}}
	c.spec.Data = targets.Data{Users: 20, OrdersPerUser: 1}
	c.spec.Replication = &targets.Replication{Members: names, Primary: names[0], Mode: mode, Lease: 500 * time.Millisecond, Heartbeat: 25 * time.Millisecond}
	listeners := map[string]net.Listener{}
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[name] = l
		c.seats[name] = &seat{name: name, directory: t.TempDir(), address: l.Addr().String()}
	}
	for _, name := range names {
		c.run(name, listeners[name], false)
	}
	t.Cleanup(func() {
		for _, name := range names {
			c.end(name)
		}
	})
	return c
}

func (c *circle) run(name string, l net.Listener, replacement bool) {
	s := c.seats[name]
	server, err := database.New(c.spec, database.Config{Role: name, Directory: s.directory, Replacement: replacement,
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

// dump is every row of every table of the application.
func (c *circle) dump(name string) string {
	c.t.Helper()
	conn := c.connect(name)
	defer conn.Close(context.Background())
	var all []string
	for _, q := range []string{"SELECT 'users', id, city FROM users", "SELECT 'posts', id, body FROM posts", "SELECT 'photos', id, body FROM photos",
		"SELECT 'extra', id, note FROM extra", "SELECT 'sessions', id, expires_at FROM sessions"} {
		rows, err := conn.Query(context.Background(), q)
		if err != nil {
			continue
		}
		for rows.Next() {
			v, err := rows.Values()
			if err != nil {
				c.t.Fatal(err)
			}
			all = append(all, fmt.Sprint(v))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
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

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func TestReplicasFollowAndRefuseWrites(t *testing.T) {
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
	if err := c.exec("a", "INSERT INTO posts VALUES ('big', 1, $1, 0)", strings.Repeat("x", 900_000)); sqlState(err) != "54000" {
		t.Errorf("a write that is too large to be shipped: %v", err)
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

func TestPromotionFencingAndRecovery(t *testing.T) {
	c := newCircle(t, targets.ModeAsynchronous, "a", "b", "c")
	c.primary()
	if err := c.exec("a", "INSERT INTO posts VALUES ('shared', 1, 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	c.same()
	// The others cannot hear the primary any more, but it does not know yet.
	away := map[string]string{}
	for _, name := range []string{"b", "c"} {
		away[name] = c.seats[name].address
		c.end(name)
	}
	for _, sql := range []string{"INSERT INTO posts VALUES ('only-here', 1, 'x', 0)", "INSERT INTO posts VALUES ('twice', 1, 'mine', 0)",
		"UPDATE users SET city = 'old' WHERE id = 5", "UPDATE users SET city = 'kept' WHERE id = 6"} {
		if err := c.exec("a", sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	const insert = "INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
	if err := c.exec("a", insert, "equal", 1, "x", 0); err != nil {
		t.Fatal(err)
	}
	// Without grants its lease ends and it refuses writes.
	eventually(t, "the lonely primary refuses writes", func() bool {
		return sqlState(c.exec("a", "INSERT INTO posts VALUES ('late', 1, 'x', 0) ON CONFLICT DO NOTHING")) == "25006"
	})
	c.end("a")
	c.begin("b", false)
	c.begin("c", false)
	next := c.primary()
	for _, sql := range []string{"INSERT INTO posts VALUES ('twice', 1, 'other', 0)", "UPDATE users SET city = 'new' WHERE id = 5"} {
		if err := c.exec(next, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.exec(next, insert, "equal", 1, "x", 0); err != nil {
		t.Fatal(err)
	}
	c.begin("a", false)
	eventually(t, "the old primary keeps what only it has", func() bool { return c.seats["a"].server.Metrics()["replication_diverged"] >= 5 })
	c.same()
	if strings.Contains(c.dump("a"), "only-here") {
		t.Error("the old primary still shows a write that is not the group's")
	}
	did, err := c.seats["a"].server.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if did.Conflicts != 2 || did.Present < 1 || did.Restored < 2 {
		t.Errorf("recovered %+v; want the edit of 5 and the post twice as conflicts, the equal post present, the rest restored", did)
	}
	c.same()
	all := c.dump(next)
	for _, want := range []string{"only-here", "[users 6 kept]", "[users 5 new]", "[posts twice other]"} {
		if !strings.Contains(all, want) {
			t.Errorf("after the recovery %q is missing", want)
		}
	}
	// The conflicts stay, with their reasons, and are tried again without harm.
	row := c.connect("a").QueryRow(t.Context(), "CALL rung_recover()")
	var restored, present, conflicts string
	if err := row.Scan(&restored, &present, &conflicts); err != nil || restored != "0" || conflicts != "2" {
		t.Errorf("a second recovery: %s, %s, %s, %v", restored, present, conflicts, err)
	}
}

func TestReplacementIsSeededWhileWritesGoOn(t *testing.T) {
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
	if c.seats["c"].server.Metrics()["replication_restores_total"] != 1 {
		t.Error("the replacement was not filled from a snapshot")
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
