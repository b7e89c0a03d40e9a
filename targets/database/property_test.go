package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"rung/targets/database"
)

// TestSameAsSQLite asks generated queries twice: through the server, in text and
// in binary format, and straight from the file.
func TestSameAsSQLite(t *testing.T) {
	directory := t.TempDir()
	s := start(t, spec(), database.Config{Directory: directory})
	c := connect(t, s.address, "")
	db, err := sql.Open("sqlite", filepath.Join(directory, "rung.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		query, args := drawQuery(rt)
		want := fromSQLite(rt, ctx, db, query, args)
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol} {
			if got := fromServer(rt, ctx, c, mode, query, args); !slices.Equal(got, want) {
				rt.Errorf("%s %v by %v:\n%q\nwant\n%q", query, args, mode, got, want)
			}
		}
	})
}

// drawQuery makes a query whose result has one order.
func drawQuery(t *rapid.T) (string, []any) {
	var args []any
	id := rapid.Int64Range(-2, 60)
	number := func() string {
		n := id.Draw(t, "number")
		if rapid.Bool().Draw(t, "as parameter") {
			args = append(args, n)
			return fmt.Sprintf("$%d", len(args))
		}
		return fmt.Sprint(n)
	}
	text := func() string {
		args = append(args, rapid.SampledFrom([]string{"User 7", "Quito", "it's", "", "5", "Berlin"}).Draw(t, "text"))
		return fmt.Sprintf("$%d", len(args))
	}
	condition := func() string {
		switch rapid.IntRange(0, 5).Draw(t, "condition") {
		case 0:
			return "u.id = " + number()
		case 1:
			return "u.id BETWEEN " + number() + " AND " + number()
		case 2:
			return "u.city = " + text()
		case 3:
			return "u.id IN (" + number() + ", " + number() + ")"
		case 4:
			return "NOT u.id > " + number()
		}
		return "u.name <> " + text()
	}
	var where []string
	for range rapid.IntRange(1, 3).Draw(t, "conditions") {
		where = append(where, condition())
	}
	filter := strings.Join(where, rapid.SampledFrom([]string{" AND ", " OR "}).Draw(t, "operator"))
	switch rapid.IntRange(0, 3).Draw(t, "shape") {
	case 0:
		return "SELECT u.id, u.name, u.city FROM users u WHERE " + filter + " ORDER BY u.id LIMIT " + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "limit")), args
	case 1:
		return "SELECT u.name, o.id, o.item, o.cents FROM users u LEFT JOIN orders o ON o.customer_id = u.id AND o.cents > 300 WHERE " + filter + " ORDER BY u.id, o.id", args
	case 2:
		return "SELECT count(*), sum(o.cents), min(o.item) FROM users u JOIN orders o ON o.customer_id = u.id WHERE " + filter, args
	}
	return "SELECT u.id + 1, length(u.name), u.id > 7 FROM users u WHERE " + filter + " ORDER BY u.id DESC", args
}

func fromSQLite(t *rapid.T, ctx context.Context, db *sql.DB, query string, args []any) []string {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(values...))
	}
	return out
}

func fromServer(t *rapid.T, ctx context.Context, c *pgx.Conn, mode pgx.QueryExecMode, query string, args []any) []string {
	rows, err := c.Query(ctx, query, append([]any{mode}, args...)...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for i, v := range values {
			if truth, ok := v.(bool); ok { // SQLite has 0 and 1
				values[i] = map[bool]int64{false: 0, true: 1}[truth]
			}
		}
		out = append(out, fmt.Sprint(values...))
	}
	if rows.Err() != nil {
		t.Fatalf("%s %v: %v", query, args, rows.Err())
	}
	return out
}
