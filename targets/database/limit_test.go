package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets"
	"rung/targets/database"
)

// endless is a query that never ends by itself: before its first row, or after.
const (
	endlessCount = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
	endlessAfter = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 3"
)

func TestTooManyConnections(t *testing.T) {
	sp := spec()
	sp.Connections = 2
	s := start(t, sp, database.Config{})
	a := connect(t, s.address, "")
	connect(t, s.address, "")
	_, err := pgx.Connect(t.Context(), "postgres://me@"+s.address+"/shop?sslmode=disable")
	if code(err) != "53300" {
		t.Errorf("the third connection: %v; want 53300", err)
	}
	if got := s.Metrics()["connections"]; got != 2 {
		t.Errorf("%v connections; want 2", got)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a closed connection makes room", func() bool { return s.Metrics()["connections"] == 1 })
	connect(t, s.address, "")
}

func TestStatementTimeout(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "&statement_timeout=50")
	for _, query := range []string{endlessCount, endlessAfter} {
		if _, err := c.Exec(t.Context(), query); code(err) != "57014" || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: %v; want 57014", query, err)
		}
	}
	if got := one[int64](t, c, "SELECT 1"); got != 1 {
		t.Errorf("afterwards 1 is %d", got)
	}
}

// TestCancel stops statements of all sorts by a CancelRequest on a connection of
// its own, as psql does on Ctrl-C.
func TestCancel(t *testing.T) {
	sp := spec()
	sp.Demand = map[targets.Statement]targets.Law{targets.StatementWrite: targets.Constant(time.Minute)}
	m := newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 5}})
	s := start(t, sp, database.Config{Share: m.For("database")})
	for _, query := range []string{endlessCount, endlessAfter, "DELETE FROM photos"} {
		c := connect(t, s.address, "")
		done := make(chan error, 1)
		go func() {
			_, err := c.Exec(context.Background(), query)
			done <- err
		}()
		var err error
		eventually(t, "the statement stops", func() bool {
			// A request that comes before the statement is lost, as in PostgreSQL.
			if e := c.PgConn().CancelRequest(t.Context()); e != nil {
				t.Error(e)
			}
			select {
			case err = <-done:
				return true
			default:
				return false
			}
		})
		if code(err) != "57014" || !strings.Contains(err.Error(), "user request") {
			t.Errorf("%s: %v; want 57014", query, err)
		}
		if got := one[int64](t, c, "SELECT 1"); got != 1 {
			t.Errorf("afterwards 1 is %d", got)
		}
	}
}

func TestWrongCancelKey(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "&statement_timeout=300")
	done := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), endlessCount)
		done <- err
	}()
	eventually(t, "the statement runs", func() bool { return s.Metrics()["statements_read_total"] == 1 })
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f := pgproto3.NewFrontend(conn, conn)
	f.Send(&pgproto3.CancelRequest{ProcessID: c.PgConn().PID(), SecretKey: []byte{0, 0, 0, 0}})
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, conn) // until the server has closed it
	if err := <-done; !strings.Contains(fmt.Sprint(err), "statement timeout") {
		t.Errorf("a wrong key stopped the statement: %v", err)
	}
}

// TestShutdown ends the server under an idle client, one with a running statement
// and one in a transaction.
func TestShutdown(t *testing.T) {
	s := start(t, spec(), database.Config{})
	idle, busy, open := connect(t, s.address, ""), connect(t, s.address, ""), connect(t, s.address, "")
	if _, err := open.Exec(t.Context(), "BEGIN; INSERT INTO posts VALUES ('a', 1, 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := busy.Exec(context.Background(), endlessCount)
		done <- err
	}()
	eventually(t, "the statement runs", func() bool { return s.Metrics()["statements_read_total"] == 1 })
	if err := s.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := <-done; code(err) != "57P01" {
		t.Errorf("the running statement: %v; want 57P01", err)
	}
	for name, c := range map[string]*pgx.Conn{"idle": idle, "in a transaction": open} {
		if _, err := c.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Errorf("the client %s works on", name)
		}
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestCloseWhileServing(t *testing.T) {
	s := start(t, spec(), database.Config{})
	connect(t, s.address, "")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.end(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.DialTimeout("tcp", s.address, time.Second); err == nil {
		t.Error("the listener is still open")
	}
}

func TestLongMessage(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "")
	if _, err := c.Exec(t.Context(), "INSERT INTO posts VALUES ('a', 1, $1, 0)", strings.Repeat("x", 1_000_000)); err != nil {
		t.Errorf("a megabyte: %v", err)
	}
	_, err := c.Exec(t.Context(), "INSERT INTO posts VALUES ('b', 1, $1, 0)", strings.Repeat("x", 2_000_000))
	if err == nil {
		t.Error("two megabytes were accepted")
	}
	if !c.IsClosed() {
		t.Error("the session goes on")
	}
	if code(err) != "54000" {
		t.Errorf("two megabytes: %v; want SQLSTATE 54000, not a reset connection", err)
	}
	r := dialRaw(t, s.address)
	r.Send(&pgproto3.Query{String: strings.Repeat(" ", 1<<20)})
	r.check("Error 54000")
}

func TestStart(t *testing.T) {
	s := start(t, spec(), database.Config{})
	startup := func(version uint32, parameters map[string]string) []byte {
		b, err := (&pgproto3.StartupMessage{ProtocolVersion: version, Parameters: parameters}).Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ssl, _ := (&pgproto3.SSLRequest{}).Encode(nil)
	gss, _ := (&pgproto3.GSSEncRequest{}).Encode(nil)
	me := map[string]string{"user": "me"}
	for _, c := range []struct {
		name string
		send []byte
		want string // in the answer
	}{
		{"encryption is declined", slices.Concat(ssl, gss, startup(pgproto3.ProtocolVersion30, me)), "NNR"},
		{"encryption again and again", slices.Concat(ssl, ssl, ssl, ssl), "NNN"},
		{"newer protocol", startup(pgproto3.ProtocolVersion32, me), "v"},
		{"no user", startup(pgproto3.ProtocolVersion30, map[string]string{"database": "shop"}), "28000"},
		{"replication", startup(pgproto3.ProtocolVersion30, map[string]string{"user": "me", "replication": "database"}), "0A000"},
		{"unknown setting", startup(pgproto3.ProtocolVersion30, map[string]string{"user": "me", "nope": "1"}), "42704"},
		{"protocol 2", []byte{0, 0, 0, 8, 0, 2, 0, 0}, "08P01"},
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "08P01"},
		{"too long", []byte{0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0}, "08P01"},
		{"negative length", []byte{0xff, 0xff, 0xff, 0xff}, "08P01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write(c.send); err != nil {
				t.Fatal(err)
			}
			conn.(*net.TCPConn).CloseWrite()
			answer, _ := io.ReadAll(conn)
			if !strings.Contains(string(answer), c.want) {
				t.Errorf("answer is %q; want %q in it", answer, c.want)
			}
		})
	}
}

func TestUnexpectedMessages(t *testing.T) {
	s := start(t, spec(), database.Config{})
	r := dialRaw(t, s.address)
	r.Send(&pgproto3.CopyDone{}) // ignored, as in PostgreSQL
	r.Send(&pgproto3.FunctionCall{})
	r.check("ReadyForQuery I", "Error 0A000")
	r.Send(&pgproto3.PasswordMessage{Password: "x"})
	r.check("Error 08P01")
	if _, err := r.Receive(); err == nil {
		t.Error("the session goes on")
	}
}

// TestVersion is what clients make of the server's name.
func TestVersion(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "")
	if got := c.PgConn().ParameterStatus("server_version"); !strings.HasPrefix(got, "15.0 (rung, SQLite 3.") {
		t.Errorf("server_version is %q", got)
	}
	if _, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("x"), "COPY users FROM STDIN"); code(err) != "0A000" {
		t.Errorf("copy: %v", err)
	}
	if _, ok := errors.AsType[*pgconn.PgError](c.Ping(t.Context())); ok {
		t.Error("a ping is an error")
	}
}
