package database

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets"
)

// TestDiskFull bounds the database file as a full disk would: the same result code
// of SQLite, in the middle of a write. What was written before stays readable.
func TestDiskFull(t *testing.T) {
	s, err := New(targets.Database{Data: targets.Data{Users: 5}, Connections: 5}, Config{Directory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := <-s.engine.writer
	if err := w.exec("PRAGMA max_page_count = 20"); err != nil {
		t.Fatal(err)
	}
	s.engine.writer <- w
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	c, err := pgx.Connect(t.Context(), "postgres://me@"+l.Addr().String()+"/shop?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	add := func(id, body string) error {
		_, err := c.Exec(t.Context(), "INSERT INTO posts VALUES ($1, 1, $2, 0)", id, body)
		return err
	}
	if err := add("small", "x"); err != nil {
		t.Fatal(err)
	}
	err = add("large", strings.Repeat("x", 500_000))
	var e *pgconn.PgError
	if !asPg(err, &e) || e.Code != codeDiskFull || !strings.Contains(e.Message, s.engine.path) {
		t.Errorf("a full disk: %v; want %s with the path", err, codeDiskFull)
	}
	if err := add("small too", "x"); err != nil {
		t.Errorf("a small write afterwards: %v", err)
	}
	var n int64
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM posts").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d posts, %v; want 2", n, err)
	}
}

func asPg(err error, e **pgconn.PgError) bool {
	p, ok := err.(*pgconn.PgError)
	*e = p
	return ok
}
