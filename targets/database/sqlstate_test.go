package database_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"rung/targets/database"
)

func TestSQLStates(t *testing.T) {
	s := start(t, spec(), database.Config{})
	for _, mode := range []string{"cache_statement", "simple_protocol"} {
		c := connect(t, s.address, "&default_query_exec_mode="+mode)
		for _, x := range []struct{ name, query, code string }{
			{"syntax error", "SELECT FROM WHERE", "42601"},
			{"unknown keyword", "SELEC 1", "42601"},
			{"unfinished", "SELECT (1", "42601"},
			{"no such table", "SELECT * FROM nowhere", "42P01"},
			{"no such table to write", "INSERT INTO nowhere VALUES (1)", "42P01"},
			{"no such column", "SELECT nope FROM users", "42703"},
			{"no such quoted column", `SELECT "nope" FROM users`, "42703"},
			{"no such column to write", "INSERT INTO posts (nope) VALUES (1)", "42703"},
			{"ambiguous column", "SELECT id FROM users, orders", "42702"},
			{"no such function", "SELECT nope(1)", "42883"},
			{"wrong number of arguments", "SELECT abs(1, 2)", "42883"},
			{"misplaced aggregate", "SELECT * FROM users WHERE count(*) > 1", "42803"},
			{"table exists", "CREATE TABLE users (id bigint)", "42P07"},
			{"duplicate key", "INSERT INTO users VALUES (1, 'a', 'b', 'c')", "23505"},
			{"duplicate text key", "INSERT INTO posts VALUES ('x', 1, 'a', 0), ('x', 1, 'a', 0)", "23505"},
			{"null", "INSERT INTO posts VALUES ('y', NULL, 'a', 0)", "23502"},
			{"foreign key", "INSERT INTO orders VALUES (1, 99999, 'a', 1)", "23503"},
			{"foreign key kept", "DELETE FROM users WHERE id = 1", "23503"},
			{"text for a number", "INSERT INTO posts VALUES ('y', 'one', 'a', 0)", "22P02"},
			{"integer overflow", "SELECT sum(9223372036854775807 + 0 * id) FROM users", "22003"},
			{"too long", "SELECT length(randomblob(1000000000))", "54000"},
			{"copy", "COPY users TO STDOUT", "0A000"},
			{"attach", "ATTACH '/tmp/x' AS x", "0A000"},
			{"pragma", "PRAGMA synchronous = OFF", "0A000"},
			{"extension", "SELECT load_extension('x')", "42501"},
			{"system catalog", "SELECT * FROM pg_catalog.pg_class", "0A000"},
			{"writing the schema", "DELETE FROM sqlite_schema", "42501"},
			{"unknown setting", "SET nope = 1", "42704"},
			{"fixed setting", "SET client_encoding = 'LATIN1'", "22023"},
			{"wrong timeout", "SET statement_timeout = 'soon'", "22023"},
			{"unknown prepared statement", "DEALLOCATE nope", "26000"},
		} {
			t.Run(mode+"/"+x.name, func(t *testing.T) {
				if _, err := c.Exec(t.Context(), x.query); code(err) != x.code {
					t.Errorf("%s: %v; want %s", x.query, err, x.code)
				}
			})
		}
	}
	if got := s.Metrics()["errors_total"]; got < 60 {
		t.Errorf("%v errors were counted", got)
	}
}

func TestSettings(t *testing.T) {
	s := start(t, spec(), database.Config{})
	for _, mode := range []string{"exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			settings(t, connect(t, s.address, "&application_name=first&default_query_exec_mode="+mode))
		})
	}
}

func settings(t *testing.T, c *pgx.Conn) {
	for _, x := range []struct{ statement, show, want string }{
		{"SELECT 1", "application_name", "first"},
		{"SET application_name = 'second'", "application_name", "second"},
		{"RESET application_name", "application_name", "first"},
		{"SET SESSION application_name TO third", "application_name", "third"},
		{"DISCARD ALL", "application_name", "first"},
		{"SET TIME ZONE 'Europe/Zurich'", "TimeZone", "Europe/Zurich"},
		{"SET TIME ZONE DEFAULT", "time zone", "UTC"},
		{"SET client_encoding = 'utf-8'", "client_encoding", "UTF8"},
		{"SET NAMES 'UTF8'", "client_encoding", "UTF8"},
		{"SET search_path = a, \"B\"", "search_path", "a, B"},
		{"SET LOCAL my.own = -5", "my.own", "-5"},
		{"SET statement_timeout = '5min'", "statement_timeout", "5min"},
		{"RESET ALL", "statement_timeout", "30s"},
		{"SELECT 1", "transaction isolation level", "read committed"},
		{"SELECT 1", "standard_conforming_strings", "on"},
	} {
		if _, err := c.Exec(t.Context(), x.statement); err != nil {
			t.Errorf("%s: %v", x.statement, err)
		}
		if got := one[string](t, c, "SHOW "+x.show); got != x.want {
			t.Errorf("after %s, %s is %q; want %q", x.statement, x.show, got, x.want)
		}
	}
	for name, want := range map[string]string{
		"client_encoding": "UTF8", "standard_conforming_strings": "on", "integer_datetimes": "on", "DateStyle": "ISO, MDY",
	} {
		if got := c.PgConn().ParameterStatus(name); got != want {
			t.Errorf("%s was reported as %q; want %q", name, got, want)
		}
	}
}
