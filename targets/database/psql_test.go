package database_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"rung/targets/database"
)

// TestPsql lets the real psql run a script. Each line of want must be in its
// output, in that order.
func TestPsql(t *testing.T) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("SKIPPED: psql is not installed, so the server was not tried with it")
	}
	s := start(t, spec(), database.Config{})
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	const script = `\echo version :SERVER_VERSION_NUM
SELECT name, city FROM users WHERE id = 7;
BEGIN;
INSERT INTO posts VALUES ('a', 1, $$it's$$, 0) RETURNING body;
SELECT nope;
SELECT 1;
COMMIT;
SELECT count(*) AS posts FROM posts;
INSERT INTO posts VALUES ('a', 1, 'x', 0), ('b', 1, 'x', 0);
INSERT INTO posts VALUES ('a', 1, 'x', 0);
DELETE FROM posts WHERE id = 'b';
\d
\copy users to stdout
SHOW server_encoding;
-- nothing
SELECT 1 AS a \; SELECT 2 AS b;
`
	want := []string{
		"version 150000",
		"User 7|Quito",
		"BEGIN",
		"it's",
		"INSERT 0 1",
		"ERROR:  42703: no such column: nope",
		"ERROR:  25P02: current transaction is aborted",
		"ROLLBACK",
		"0",
		"INSERT 0 2",
		"ERROR:  23505: duplicate key value violates unique constraint",
		"DETAIL:  UNIQUE constraint failed: posts.id",
		"DELETE 1",
		"ERROR:  0A000: the system catalogs are not supported",
		"ERROR:  0A000: copy is not supported",
		"UTF8",
		"1",
		"2",
	}
	command := exec.Command(psql, "-X", "-A", "-t", "-v", "VERBOSITY=verbose", "-h", host, "-p", port, "-U", "me", "shop")
	command.Stdin = strings.NewReader(script)
	command.Env = append(os.Environ(), "PGSSLMODE=prefer", "LC_ALL=C", "PGCLIENTENCODING=UTF8")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	rest := string(out)
	for _, line := range want {
		_, after, ok := strings.Cut(rest, line)
		if !ok {
			t.Fatalf("%q is not in the rest of psql's output:\n%s\nall of it:\n%s", line, rest, out)
		}
		rest = after
	}
}
