package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets/database"
	"rung/targets/shop"
)

// connect opens a pgx connection that ends with the test.
func connect(t testing.TB, address, options string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), "postgres://me@"+address+"/shop?sslmode=disable"+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// code returns the SQLSTATE of an error.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

// one reads a single value.
func one[T any](t testing.TB, c *pgx.Conn, query string, args ...any) T {
	t.Helper()
	var v T
	if err := c.QueryRow(context.Background(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// TestModes runs the same work through every way that pgx has to ask: prepared
// or not, described or not, text or binary.
func TestModes(t *testing.T) {
	s := start(t, spec(), database.Config{})
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			ctx := t.Context()
			c := connect(t, s.address, "&default_query_exec_mode="+mode)
			for range 2 { // the second time from the cache
				var id int64
				var name, email, city string
				if err := c.QueryRow(ctx, "SELECT id, name, email, city FROM users WHERE id = $1", 7).Scan(&id, &name, &email, &city); err != nil {
					t.Fatal(err)
				}
				wantName, wantEmail, wantCity := shop.UserRow(7)
				if id != 7 || name != wantName || email != wantEmail || city != wantCity {
					t.Errorf("user is %d %q %q %q", id, name, email, city)
				}
				rows, err := c.Query(ctx, "SELECT o.id, o.item, o.cents FROM users u JOIN orders o ON o.customer_id = u.id WHERE u.id = $1 ORDER BY o.id", 3)
				if err != nil {
					t.Fatal(err)
				}
				k := 0
				for rows.Next() {
					k++
					var got, want struct {
						id, cents int64
						item      string
					}
					if err := rows.Scan(&got.id, &got.item, &got.cents); err != nil {
						t.Fatal(err)
					}
					want.id, want.item, want.cents = shop.OrderRow(3, k)
					if got != want {
						t.Errorf("order %d is %+v; want %+v", k, got, want)
					}
				}
				if rows.Err() != nil || k != 3 {
					t.Errorf("%d orders, %v; want 3", k, rows.Err())
				}
			}
			insert := "INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
			for i, want := range []string{"INSERT 0 1", "INSERT 0 0"} {
				tag, err := c.Exec(ctx, insert, mode, int64(1), "it's; $1 \\ \"ü\"", int64(5))
				if err != nil || tag.String() != want {
					t.Errorf("insert %d: %q, %v; want %q", i, tag, err, want)
				}
			}
			if got := one[string](t, c, "SELECT body FROM posts WHERE id = $1", mode); got != "it's; $1 \\ \"ü\"" {
				t.Errorf("body is %q", got)
			}
			if got := one[int64](t, c, "SELECT count(*) FROM posts WHERE id = $1", mode); got != 1 {
				t.Errorf("%d posts; want 1", got)
			}
			if _, err := c.Exec(ctx, "SELECT * FROM nowhere"); code(err) != "42P01" {
				t.Errorf("a missing table is %v", err)
			}
			if got := one[int64](t, c, "SELECT 1"); got != 1 {
				t.Errorf("after an error 1 is %d", got)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	s := start(t, spec(), database.Config{})
	ctx := t.Context()
	c := connect(t, s.address, "")
	if _, err := c.Exec(ctx, `CREATE TABLE t (i bigint, f double precision, s text, b bytea, o boolean)`); err != nil {
		t.Fatal(err)
	}
	ints := []int64{0, 1, -1, math.MaxInt64, math.MinInt64}
	floats := []float64{0, -0.5, 1e300, 1e-300, math.Pi}
	texts := []string{"", "ü日本", "a\x01b", strings.Repeat("x", 100_000), "NULL"}
	for _, simple := range []bool{false, true} {
		mode := pgx.QueryExecModeCacheStatement
		if simple {
			mode = pgx.QueryExecModeSimpleProtocol
		}
		for i := range ints {
			blob := []byte{0, 0xff, byte(i)}
			if _, err := c.Exec(ctx, "DELETE FROM t"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Exec(ctx, "INSERT INTO t (i, f, s, b, o) VALUES ($1, $2, $3, $4, $5)", ints[i], floats[i], texts[i], blob, i%2 == 0); err != nil {
				t.Fatal(err)
			}
			var n int64
			var f float64
			var text string
			var b []byte
			var o bool
			if err := c.QueryRow(ctx, "SELECT i, f, s, b, o FROM t", mode).Scan(&n, &f, &text, &b, &o); err != nil {
				t.Fatal(err)
			}
			if n != ints[i] || f != floats[i] || text != texts[i] || !bytes.Equal(b, blob) || o != (i%2 == 0) {
				t.Errorf("row %d came back as %d %v %.20q %x %v", i, n, f, text, b, o)
			}
		}
	}
	var null *string
	if err := c.QueryRow(ctx, "SELECT NULL").Scan(&null); err != nil || null != nil {
		t.Errorf("null is %v, %v", null, err)
	}
	if _, err := c.Exec(ctx, "INSERT INTO t (i) VALUES ($1)", nil); err != nil {
		t.Error(err)
	}
	if got := one[string](t, c, "SELECT $1", "free"); got != "free" {
		t.Errorf("a parameter of no known type is %q", got)
	}
}

// TestTransactions checks the states and what other sessions see.
func TestTransactions(t *testing.T) {
	s := start(t, spec(), database.Config{})
	ctx := t.Context()
	a, b := connect(t, s.address, ""), connect(t, s.address, "")
	exec := func(query, want string) {
		t.Helper()
		if _, err := a.Exec(ctx, query); code(err) != want {
			t.Fatalf("%s: %v; want %s", query, err, want)
		}
	}
	status := func(want byte) {
		t.Helper()
		if got := a.PgConn().TxStatus(); got != want {
			t.Fatalf("status is %c; want %c", got, want)
		}
	}
	posts := func(c *pgx.Conn) int64 { return one[int64](t, c, "SELECT count(*) FROM posts") }
	const ok = "<nil>"

	status('I')
	exec("BEGIN", ok)
	status('T')
	exec("INSERT INTO posts VALUES ('1', 1, 'x', 0)", ok)
	if posts(a) != 1 || posts(b) != 0 {
		t.Errorf("before the commit: %d and %d posts; want 1 and 0", posts(a), posts(b))
	}
	exec("COMMIT", ok)
	status('I')
	if posts(b) != 1 {
		t.Error("after the commit the post is not there")
	}

	exec("BEGIN", ok)
	exec("INSERT INTO posts VALUES ('2', 1, 'x', 0)", ok)
	exec("INSERT INTO posts VALUES ('1', 1, 'x', 0)", "23505")
	status('E')
	exec("SELECT 1", "25P02")
	// The failed transaction holds no lock any more.
	if _, err := b.Exec(ctx, "INSERT INTO posts VALUES ('3', 1, 'x', 0)"); err != nil {
		t.Error(err)
	}
	if tag, err := a.Exec(ctx, "COMMIT"); err != nil || tag.String() != "ROLLBACK" {
		t.Errorf("commit of a failed transaction: %q, %v", tag, err)
	}
	status('I')
	if posts(a) != 2 {
		t.Errorf("%d posts; want 2", posts(a))
	}

	exec("START TRANSACTION READ ONLY", ok)
	exec("INSERT INTO posts VALUES ('4', 1, 'x', 0)", "25006")
	exec("ROLLBACK", ok)
	exec("BEGIN ISOLATION LEVEL SERIALIZABLE", "0A000")
	status('I')

	// A client that goes away leaves nothing behind.
	c := connect(t, s.address, "")
	if _, err := c.Exec(ctx, "BEGIN; INSERT INTO posts VALUES ('5', 1, 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	c.PgConn().Conn().Close()
	exec("INSERT INTO posts VALUES ('6', 1, 'x', 0)", ok)
	if posts(a) != 3 {
		t.Errorf("%d posts; want 3", posts(a))
	}
}

// TestScriptIsATransaction sends several statements in one query string.
func TestScriptIsATransaction(t *testing.T) {
	s := start(t, spec(), database.Config{})
	ctx := t.Context()
	c := connect(t, s.address, "&default_query_exec_mode=simple_protocol")
	for _, x := range []struct {
		script, code string
		posts        int64
		tags         int
	}{
		{"INSERT INTO posts VALUES ('1', 1, 'x', 0); INSERT INTO posts VALUES ('2', 1, 'x', 0)", "<nil>", 2, 2},
		{"INSERT INTO posts VALUES ('3', 1, 'x', 0); SELECT nope; INSERT INTO posts VALUES ('4', 1, 'x', 0)", "42703", 2, 1},
		{"INSERT INTO posts VALUES ('3', 1, 'x', 0); COMMIT; SELECT nope", "42703", 3, 2},
		{"BEGIN; INSERT INTO posts VALUES ('5', 1, 'x', 0); ROLLBACK; SELECT 1", "<nil>", 3, 4},
		{"INSERT INTO posts VALUES ('6', 1, 'x', 0); syntax error", "42601", 3, 0},
		{";", "<nil>", 3, 0},
	} {
		results, err := c.PgConn().Exec(ctx, x.script).ReadAll()
		if code(err) != x.code {
			t.Errorf("%s: %v; want %s", x.script, err, x.code)
		}
		tags := 0
		for _, r := range results {
			if r.CommandTag.String() != "" {
				tags++
			}
		}
		if got := one[int64](t, c, "SELECT count(*) FROM posts"); got != x.posts || tags != x.tags {
			t.Errorf("%s: %d posts and %d results; want %d and %d", x.script, got, tags, x.posts, x.tags)
		}
		if got := c.PgConn().TxStatus(); got != 'I' {
			t.Errorf("%s: status is %c", x.script, got)
		}
	}
}

// TestPipelineIsATransaction sends several statements before one Sync.
func TestPipelineIsATransaction(t *testing.T) {
	s := start(t, spec(), database.Config{})
	ctx := t.Context()
	c := connect(t, s.address, "")
	send := func(ids ...string) error {
		var b pgx.Batch
		for _, id := range ids {
			b.Queue("INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, 1, 'x', 0)", id)
		}
		b.Queue("SELECT count(*) FROM posts")
		return c.SendBatch(ctx, &b).Close()
	}
	if err := send("1", "2"); err != nil {
		t.Fatal(err)
	}
	if err := send("3", "1", "4"); code(err) != "23505" {
		t.Errorf("a duplicate in a pipeline: %v", err)
	}
	if got := one[int64](t, c, "SELECT count(*) FROM posts"); got != 2 {
		t.Errorf("%d posts; want 2: a pipeline must fail as a whole", got)
	}
	if got := s.Metrics()["commits_total"]; got != 1 {
		t.Errorf("%v commits; want 1 for a pipeline of two", got)
	}
}

// TestReturning checks that rows of a write are sent, and counted.
func TestReturning(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "")
	rows, err := c.Query(t.Context(), "INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, 1, 'x', 0), ('b', 2, 'y', 0) RETURNING id, user_id", "a")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var id string
		var user int64
		if err := rows.Scan(&id, &user); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(id, user))
	}
	if fmt.Sprint(got) != "[a1 b2]" || rows.CommandTag().String() != "INSERT 0 2" || rows.Err() != nil {
		t.Errorf("returned %v, %q, %v", got, rows.CommandTag(), rows.Err())
	}
}

// TestManyRows streams a result that is larger than any buffer.
func TestManyRows(t *testing.T) {
	s := start(t, spec(), database.Config{})
	c := connect(t, s.address, "")
	const n = 50_000
	rows, err := c.Query(t.Context(), "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < $1) SELECT x, 'some text that makes rows longer' FROM c", n)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for rows.Next() {
		var x, text string
		if err := rows.Scan(&x, &text); err != nil {
			t.Fatal(err)
		}
		if want++; x != fmt.Sprint(want) {
			t.Fatalf("row %d is %s", want, x)
		}
	}
	if rows.Err() != nil || want != n {
		t.Errorf("%d rows, %v; want %d", want, rows.Err(), n)
	}
}
