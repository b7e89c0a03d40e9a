package database

import (
	"database/sql/driver"
	"reflect"
	"slices"
	"testing"

	"rung/targets"
	"rung/targets/trace"
)

func one(t *testing.T, text string) *statement {
	t.Helper()
	statements, f := parse(text)
	if f != nil || len(statements) != 1 {
		t.Fatalf("parse(%s) = %d statements, %v", text, len(statements), f)
	}
	return statements[0]
}

func TestClassify(t *testing.T) {
	const read, join, write = targets.StatementRead, targets.StatementJoin, targets.StatementWrite
	for _, c := range []struct {
		text  string
		verb  verb
		class targets.Statement
	}{
		{"SELECT * FROM users WHERE id = 1", verbSelect, read},
		{"select 1", verbSelect, read},
		{"VALUES (1), (2)", verbSelect, read},
		{"SELECT a, b FROM users ORDER BY a, b", verbSelect, read},
		{"SELECT max(a, b) FROM users", verbSelect, read},
		{"SELECT * FROM users u JOIN orders o ON o.customer_id = u.id", verbSelect, join},
		{"SELECT * FROM users u LEFT JOIN orders o ON true", verbSelect, join},
		{"SELECT * FROM users, orders", verbSelect, join},
		{"SELECT * FROM users WHERE id IN (SELECT customer_id FROM orders, posts)", verbSelect, join},
		{"WITH a AS (SELECT 1) SELECT * FROM a", verbSelect, read},
		{"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", verbInsert, write},
		{"INSERT INTO t VALUES (1)", verbInsert, write},
		{"UPDATE t SET a = 1", verbUpdate, write},
		{"DELETE FROM t", verbDelete, write},
		{"CREATE TABLE t (a int)", verbCreateTable, write},
		{"CREATE UNIQUE INDEX i ON t (a)", verbCreateIndex, write},
		{"EXPLAIN SELECT 1", verbExplain, ""},
		{"BEGIN ISOLATION LEVEL READ COMMITTED", verbBegin, ""},
		{"START TRANSACTION READ ONLY", verbBegin, ""},
		{"COMMIT", verbCommit, ""}, {"END TRANSACTION", verbCommit, ""},
		{"ROLLBACK AND NO CHAIN", verbRollback, ""}, {"ABORT", verbRollback, ""},
		{"SET a.b = 1", verbSet, ""}, {"SHOW ALL", verbShow, ""}, {"RESET ALL", verbReset, ""},
		{"DISCARD ALL", verbDiscard, ""}, {"DEALLOCATE ALL", verbDeallocate, ""},
	} {
		st := one(t, c.text)
		if st.verb != c.verb || st.class != c.class || st.write != (c.class == write) || st.refused != nil {
			t.Errorf("%s is %s %q, write %v, refused %v; want %s %q", c.text, st.verb, st.class, st.write, st.refused, c.verb, c.class)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		"ATTACH 'x' AS y", "DETACH x", "PRAGMA journal_mode = OFF", "VACUUM", "COPY users TO STDOUT", "DROP TABLE users",
		"ALTER TABLE users ADD a int", "CREATE TEMP TABLE t (a int)", "CREATE TABLE temp.t (a int)",
		"CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE TRIGGER x", "CREATE VIEW v AS SELECT 1", "SAVEPOINT a",
		"ROLLBACK TO a", "COMMIT AND CHAIN", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN PRAGMA x", "EXPLAIN EXPLAIN SELECT 1",
		"SELECT * FROM pg_catalog.pg_class", `SELECT * FROM "information_schema".tables`, "DECLARE c CURSOR FOR SELECT 1",
		"REINDEX", "LOAD 'x'",
	} {
		if st := one(t, text); st.refused == nil || st.refused.code != codeUnsupported || st.engine() {
			t.Errorf("%s is refused with %v; want %s", text, st.refused, codeUnsupported)
		}
	}
	for _, text := range []string{"SELEC 1", "1", "(SELECT 1)", "COMMIT 5", "START", "'x'", "WITH a AS (SELECT 1)"} {
		if _, f := parse(text); f == nil || f.code != codeSyntax {
			t.Errorf("%s: %v; want %s", text, f, codeSyntax)
		}
	}
}

func TestSplit(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, ";": 0, " ; ;; ": 0, "-- nothing": 0, "/* ; */": 0, "SELECT 1": 1, "SELECT 1;": 1, "SELECT ';'; SELECT 2": 2,
	} {
		if got, f := parse(text); f != nil || len(got) != want {
			t.Errorf("parse(%q) = %d statements, %v; want %d", text, len(got), f, want)
		}
	}
}

func TestPage(t *testing.T) {
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{"SELECT * FROM users WHERE id = $1", []any{int64(7)}, "users/7"},
		{"SELECT * FROM users WHERE id = $1", []any{"7"}, "users/7"},
		{"SELECT * FROM users WHERE id = $1", []any{"x"}, ""},
		{"SELECT * FROM users WHERE id = $1", []any{nil}, ""},
		{"SELECT * FROM users WHERE id=7", nil, "users/7"},
		{"SELECT * FROM users WHERE 7 = id", nil, "users/7"},
		{"SELECT * FROM users WHERE $2 = users.id AND name = $1", []any{"n", int64(9)}, "users/9"},
		{"SELECT * FROM users u WHERE u.id = $1::bigint", []any{int64(7)}, "users/7"},
		{"SELECT * FROM public.users AS u WHERE (u.id = $1)", []any{int64(7)}, "users/7"},
		{`SELECT * FROM "users" WHERE "id" = 7`, nil, "users/7"},
		{"SELECT * FROM orders WHERE customer_id = 7", nil, "orders/7"},
		{"SELECT * FROM orders WHERE id = 7003", nil, "orders/7"},
		{"SELECT u.name, o.id FROM users u LEFT JOIN orders o ON o.customer_id = u.id WHERE u.id = $1 ORDER BY o.id", []any{int64(7)}, "orders/7"},
		{"SELECT * FROM users u, orders o WHERE o.customer_id = u.id AND o.customer_id = 7", nil, "orders/7"},
		{"SELECT * FROM users", nil, ""},
		{"SELECT * FROM users WHERE name = 'id = 7'", nil, ""},
		{"SELECT * FROM users WHERE id > 7", nil, ""},
		{"SELECT * FROM users WHERE id >= 7", nil, ""},
		{"SELECT * FROM users WHERE id <> 7 AND id != 8", nil, ""},
		{"SELECT * FROM users WHERE id = 7 OR id = 8", nil, ""},
		{"SELECT * FROM users WHERE NOT id = 7", nil, ""},
		{"SELECT * FROM users WHERE id = $1 + 1", []any{int64(7)}, ""},
		{"SELECT * FROM users WHERE 1 + 7 = id", nil, ""},
		{"SELECT * FROM users WHERE city = 7", nil, ""},
		{"SELECT * FROM posts WHERE id = 7", nil, ""},
		{"SELECT * FROM posts p WHERE p.id = 7 AND users.id = 7", nil, ""},
		{"SELECT id = 7 FROM users", nil, ""},
		{"UPDATE users SET name = 'x' WHERE id = 7", nil, "users/7"},
	} {
		args := make([]driver.NamedValue, len(c.args))
		for i, v := range c.args {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		}
		if got := one(t, c.text).key.page(args); got != c.want {
			t.Errorf("%s touches %q; want %q", c.text, got, c.want)
		}
		plain := one(t, c.text)
		for _, text := range []string{c.text + trace.New(true).Comment(), "-- x\n" + c.text + ";", "/* ' */" + c.text} {
			st := one(t, text)
			if !reflect.DeepEqual(st.key, plain.key) || st.sql != plain.sql || st.class != plain.class || st.verb != plain.verb {
				t.Errorf("%s is not the statement %s", text, c.text)
			}
		}
	}
}

func shopTypes() catalog {
	return catalog{
		"users":  {"id": oidInt8, "name": oidText, "email": oidText, "city": oidText},
		"orders": {"id": oidInt8, "customer_id": oidInt8, "item": oidText, "cents": oidInt8},
		"posts":  {"id": oidText, "user_id": oidInt8, "body": oidText, "created_at": oidInt8},
	}
}

func TestParameterTypes(t *testing.T) {
	for text, want := range map[string][]uint32{
		"SELECT * FROM users WHERE id = $1":                                             {oidInt8},
		"SELECT * FROM users WHERE $1 <= id AND $2 = name":                              {oidInt8, oidText},
		"SELECT * FROM users u JOIN orders o ON u.id = o.customer_id WHERE o.item = $1": {oidText},
		"SELECT * FROM users WHERE id = $1 AND id = $1":                                 {oidInt8},
		"SELECT * FROM users WHERE id IN ($1, 5, $2)":                                   {oidInt8, oidInt8},
		"SELECT * FROM users WHERE id NOT IN ($1)":                                      {oidInt8},
		"SELECT * FROM users WHERE id BETWEEN $1 AND $2":                                {oidInt8, oidInt8},
		"SELECT id FROM posts WHERE id > $1 ORDER BY id LIMIT $2 OFFSET $3":             {oidText, oidInt8, oidInt8},
		"INSERT INTO posts (id, user_id, body) VALUES ($1, $2, $3), ($4, 1, $5)":        {oidText, oidInt8, oidText, oidText, oidText},
		"INSERT INTO posts (id, user_id) VALUES ($1, $2 + 1)":                           {oidText, 0},
		"UPDATE users SET name = $1 WHERE id = $2":                                      {oidText, oidInt8},
		"DELETE FROM users WHERE name LIKE $1":                                          {oidText},
		"SELECT $1::bigint, $2, $3::text":                                               {oidInt8, 0, oidText},
		"SELECT * FROM users, posts WHERE id = $1":                                      {0},
		"SELECT 1 WHERE $2 = 1":                                                         {0, 0},
	} {
		if got := infer(one(t, text), shopTypes(), nil).params; !slices.Equal(got, want) {
			t.Errorf("%s takes %v; want %v", text, got, want)
		}
	}
	if got := infer(one(t, "SELECT * FROM users WHERE id = $1"), shopTypes(), []uint32{oidInt4}).params; got[0] != oidInt4 {
		t.Errorf("the client's own type was overruled: %v", got)
	}
}

func TestResultTypes(t *testing.T) {
	for text, want := range map[string][]uint32{
		"SELECT 1, 1.5, 'x', X'00', NULL, TRUE":                                 {oidInt8, oidFloat8, oidText, oidBytea, oidText, oidBool},
		"SELECT count(*), avg(cents), sum(cents) AS s FROM orders":              {oidInt8, oidFloat8, oidInt8},
		"SELECT max(item), min(o.cents), coalesce(item, 'x') FROM orders o":     {oidText, oidInt8, oidText},
		"SELECT cents + 1, cents * 1.5, -cents, (cents), cents > 5 FROM orders": {oidInt8, oidFloat8, oidInt8, oidInt8, oidBool},
		"SELECT item || 'x', cents::text, CAST(item AS bigint) FROM orders":     {oidText, oidText, oidInt8},
		"SELECT (SELECT count(*) FROM users), upper('a'), EXISTS (SELECT 1)":    {oidText, oidText, oidBool},
		"INSERT INTO posts (id) VALUES ('a') RETURNING length(id), user_id + 1": {oidInt8, oidInt8},
		"WITH a AS (SELECT 'x') SELECT count(*) FROM a":                         {oidInt8},
		"SELECT $1::bigint, $2":                                                   {oidInt8, oidText},
		"SELECT DISTINCT sum(DISTINCT cents) FROM orders":                         {oidInt8},
		"SELECT coalesce((SELECT max(cents) FROM orders), 0), 1 UNION SELECT 2,3": {oidText, oidInt8},
	} {
		columns := make([]column, len(want))
		infer(one(t, text), shopTypes(), nil).results(columns)
		for i, c := range columns {
			if c.oid != want[i] {
				t.Errorf("%s: column %d has type %d; want %d", text, i+1, c.oid, want[i])
			}
		}
	}
}
