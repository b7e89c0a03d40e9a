package database_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets"
	"rung/targets/database"
)

// memberEnv makes the test binary a member of a group, so that a test can kill
// it like any process.
const memberEnv = "RUNG_TEST_MEMBER"

// memberProcess is what such a member needs to know.
type memberProcess struct {
	Name, Directory string
	Spec            targets.Database
	Addresses       map[string]string
}

func beMember(text string) error {
	var p memberProcess
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	l, err := net.Listen("tcp", p.Addresses[p.Name])
	if err != nil {
		return err
	}
	s, err := database.New(p.Spec, database.Config{Role: p.Name, Directory: p.Directory,
		Dial: func(ctx context.Context, member string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", p.Addresses[member])
		}})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return errors.Join(s.Serve(ctx, l), s.Close())
}

// spawn runs a member as a process of its own.
func (c *circle) spawn(name string) *process {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	m := memberProcess{Name: name, Directory: c.seats[name].directory, Spec: c.spec, Addresses: map[string]string{}}
	for other, s := range c.seats {
		m.Addresses[other] = s.address
	}
	text, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	p := &process{command: exec.Command(self)}
	p.command.Env = append(os.Environ(), memberEnv+"="+string(text))
	p.command.Stderr = os.Stderr
	if _, err := p.command.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(p.kill)
	return p
}

// TestKilledPrimary kills a primary without warning while it writes. In
// synchronous mode every acknowledged write is with the next primary, and the
// dead one follows when it is back.
func TestKilledPrimary(t *testing.T) {
	t.Parallel()
	c, listeners := layCircle(t, groupSpec(targets.ModeSynchronous, 500*time.Millisecond, []string{"a", "b", "c"}))
	listeners["a"].Close()
	dead := c.spawn("a")
	c.run("b", listeners["b"], false)
	c.run("c", listeners["c"], false)
	var conn *pgx.Conn
	eventually(t, "the process is primary", func() bool {
		other, err := pgx.Connect(context.Background(), "postgres://me@"+c.seats["a"].address+"/shop?sslmode=disable")
		if err != nil {
			return false
		}
		if conn = other; conn.PgConn().ParameterStatus("in_hot_standby") == "off" {
			return true
		}
		conn.Close(context.Background())
		return false
	})
	defer conn.Close(context.Background())
	acknowledged := make(chan int, 1)
	halfway := make(chan struct{})
	go func() {
		n := 0
		for ; ; n++ {
			if n == 50 {
				close(halfway)
			}
			if _, err := conn.Exec(context.Background(), "INSERT INTO posts VALUES ($1, 1, 'x', 0)", fmt.Sprint("p", n)); err != nil {
				break
			}
		}
		acknowledged <- n
	}()
	select {
	case <-halfway:
	case n := <-acknowledged:
		t.Fatalf("the primary accepted %d writes only", n)
	}
	dead.kill()
	n := <-acknowledged
	next := c.primary()
	var there int
	if _, err := fmt.Sscan(c.value(next, "SELECT count(*) FROM posts"), &there); err != nil || there < n || there > n+1 {
		t.Errorf("%d writes were acknowledged, %d are there, %v", n, there, err)
	}
	c.all(next, "INSERT INTO posts VALUES ('after', 1, 'x', 0)")
	c.begin("a", false)
	c.same()
	if lost := c.seats["a"].server.Metrics()["replication_diverged"]; lost > 1 {
		t.Errorf("%v transactions diverged; only the one that was not acknowledged can", lost)
	}
}

// TestClientsLearnOfTheirServersRole has a client that is idle while the primary
// changes.
func TestClientsLearnOfTheirServersRole(t *testing.T) {
	t.Parallel()
	c := newCircle(t, targets.ModeSemiSynchronous, "a", "b", "c")
	c.primary()
	c.same()
	clients := map[string]*pgx.Conn{}
	for _, name := range []string{"b", "c"} {
		clients[name] = c.connect(name)
	}
	ask := func(conn *pgx.Conn, sql string) string {
		var v any
		if err := conn.QueryRow(context.Background(), sql).Scan(&v); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return fmt.Sprint(v)
	}
	want := func(name, standby, recovering string) {
		t.Helper()
		conn := clients[name]
		got := []string{ask(conn, "SHOW in_hot_standby"), ask(conn, "SHOW transaction_read_only"), ask(conn, "SELECT pg_is_in_recovery()"),
			conn.PgConn().ParameterStatus("in_hot_standby")}
		if fmt.Sprint(got) != fmt.Sprint([]string{standby, standby, recovering, standby}) {
			t.Errorf("%s says %v; want %s, %s", name, got, standby, recovering)
		}
	}
	want("b", "on", "true")
	want("c", "on", "true")
	c.end("a")
	next := c.primary()
	want(next, "off", "false")
	if _, err := clients[next].Exec(t.Context(), "INSERT INTO posts VALUES ('x', 1, 'x', 0)"); err != nil {
		t.Errorf("a write on the new primary: %v", err)
	}
	if _, err := clients[next].Exec(t.Context(), "BEGIN READ ONLY"); err != nil || ask(clients[next], "SHOW transaction_read_only") != "on" {
		t.Errorf("a read-only transaction, %v", err)
	}
	events := map[string]int{}
	for i, e := range c.seats[next].server.Events() {
		events[e.What] = i + 1
	}
	if events["suspect"] == 0 || events["suspect"] > events["elected"] || events["elected"] > events["promoted"] {
		t.Errorf("the events came as %v", events)
	}
}

// TestLonelyPrimary leaves a primary without a majority.
func TestLonelyPrimary(t *testing.T) {
	t.Parallel()
	c := newCircleOf(t, groupSpec(targets.ModeSynchronous, 1500*time.Millisecond, []string{"a", "b", "c"}), nil)
	c.primary()
	c.same()
	holder := c.connect("a")
	for _, sql := range []string{"BEGIN", "INSERT INTO posts VALUES ('open', 1, 'x', 0)"} {
		if _, err := holder.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	c.end("b")
	c.end("c")
	eventually(t, "its lease ends", func() bool { return c.seats["a"].server.Metrics()["replication_primary"] == 0 })
	// The open transaction is over, and so is its hold of the write lock.
	eventually(t, "the session is ended", func() bool { return c.seats["a"].server.Metrics()["connections"] == 0 })
	if _, err := holder.Exec(t.Context(), "COMMIT"); err == nil {
		t.Error("a transaction that outlived the primacy was committed")
	} else if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code != "57P01" {
		t.Errorf("COMMIT of a transaction that outlived the primacy: %v", err)
	}
	if err := c.exec("a", "INSERT INTO posts VALUES ('late', 1, 'x', 0)"); sqlState(err) != "25006" {
		t.Errorf("a write after the lease: %v", err)
	}
	if got := c.value("a", "SELECT count(*) FROM posts"); got != "0" {
		t.Errorf("%s rows are there", got)
	}
}

// TestUnknownOutcome lets a write wait in vain for the others.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	c := newCircleOf(t, groupSpec(targets.ModeSynchronous, 20*time.Second, []string{"a", "b", "c"}), nil)
	c.primary()
	c.same()
	conn := c.connect("a")
	if _, err := conn.Exec(t.Context(), "SET statement_timeout = '50ms'"); err != nil {
		t.Fatal(err)
	}
	c.end("b")
	c.end("c")
	_, err := conn.Exec(t.Context(), "INSERT INTO posts VALUES ('unknown', 1, 'x', 0)")
	if sqlState(err) != "40003" || !strings.Contains(err.Error(), "may or may not") && !strings.Contains(err.Error(), "not as its replication mode demands") {
		t.Fatalf("a write that nobody else holds: %v", err)
	}
	// It is not undone: its outcome is decided by what the group holds later.
	if got := c.value("a", "SELECT count(*) FROM posts WHERE id = 'unknown'"); got != "1" {
		t.Errorf("the write is there %s times", got)
	}
}
