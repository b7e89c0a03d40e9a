package database_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rung/targets"
)

// Posts and sessions in short.
func post(id, body string) string {
	return "INSERT INTO posts (id, user_id, body, created_at) VALUES ('" + id + "', 1, '" + body + "', 0) ON CONFLICT DO NOTHING"
}

func login(id, value string) string {
	return "INSERT INTO sessions (id, value, expires_at) VALUES ('" + id + "', X'" + value + "', 5) ON CONFLICT (id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
}

// part makes member a hold transactions that nobody else has, and the next
// primary write to some of the same rows. Member a is back then.
func (c *circle) part() (next string) {
	c.t.Helper()
	c.primary()
	c.all("a", post("deleted", "x"), post("deleted-twice", "x"), post("deleted-changed", "x"), post("m1", "x"), post("m2", "x"),
		login("changed-twice", "00"), login("changed", "00"))
	c.same()
	// The others are gone, but the primary does not know yet.
	for _, name := range []string{"b", "c"} {
		c.end(name)
	}
	c.all("a",
		post("only-here", "x"),                           // restored
		post("twice", "mine"),                            // conflict
		"UPDATE users SET city = 'old' WHERE id = 5",     // conflict
		"UPDATE users SET city = 'first' WHERE id = 6",   // restored
		"UPDATE users SET city = 'second' WHERE id = 6",  // restored
		post("equal", "x"),                               // present
		login("changed-twice", "01"),                     // conflict
		login("changed", "02"),                           // restored
		login("new", "03"),                               // restored
		"DELETE FROM posts WHERE id = 'deleted'",         // restored
		"DELETE FROM posts WHERE id = 'deleted-twice'",   // present
		"DELETE FROM posts WHERE id = 'deleted-changed'", // conflict
		"BEGIN", post("whole", "x"), post("twice-2", "x"), "COMMIT", // conflict
		"CREATE TABLE lonely (id INTEGER PRIMARY KEY)",                          // conflict
		"UPDATE posts SET created_at = created_at + 1 WHERE id IN ('m1', 'm2')", // restored
		post("m1", "never"), // changes nothing, so there is nothing to keep
		"BEGIN", post("undone", "x"), "ROLLBACK",
	)
	c.end("a")
	c.begin("b", false)
	c.begin("c", false)
	next = c.primary()
	c.all(next, post("twice", "other"), "UPDATE users SET city = 'new' WHERE id = 5", post("equal", "x"), login("changed-twice", "ff"),
		"DELETE FROM posts WHERE id = 'deleted-twice'", "UPDATE posts SET body = 'y' WHERE id = 'deleted-changed'", post("twice-2", "y"))
	c.begin("a", false)
	return next
}

// TestRecovery lets an old primary hold transactions that nobody else has, and
// the new one write to some of the same rows.
func TestRecovery(t *testing.T) {
	t.Parallel()
	c := newCircleOf(t, groupSpec(targets.ModeAsynchronous, 2*time.Second, []string{"a", "b", "c"}), nil)
	next := c.part()
	eventually(t, "the old primary keeps what only it has", func() bool { return c.seats["a"].server.Metrics()["replication_diverged"] == 15 })
	c.same()
	if all := c.dump("a"); strings.Contains(all, "only-here") || strings.Contains(all, "lonely") {
		t.Error("the old primary still shows what is not the group's")
	}
	before := c.value(next, "SELECT count(*) FROM posts")

	// What is kept survives a restart.
	c.end("a")
	c.begin("a", false)
	c.same()
	if kept := c.seats["a"].server.Metrics()["replication_diverged"]; kept != 15 {
		t.Errorf("%v transactions are kept after a restart", kept)
	}
	did, err := c.seats["a"].server.Recover(t.Context())
	if err != nil || did.Restored != 7 || did.Present != 2 || did.Conflicts != 6 {
		t.Fatalf("recovered %+v, %v", did, err)
	}
	c.same()
	for sql, want := range map[string]string{
		"SELECT body FROM posts WHERE id = 'only-here'":                                "x",
		"SELECT body FROM posts WHERE id = 'twice'":                                    "other",
		"SELECT city FROM users WHERE id = 5":                                          "new",
		"SELECT city FROM users WHERE id = 6":                                          "second",
		"SELECT hex(value) FROM sessions WHERE id = 'changed-twice'":                   "FF",
		"SELECT hex(value) FROM sessions WHERE id = 'changed'":                         "02",
		"SELECT hex(value) FROM sessions WHERE id = 'new'":                             "03",
		"SELECT count(*) FROM posts WHERE id IN ('deleted', 'deleted-twice', 'whole')": "0",
		"SELECT body FROM posts WHERE id = 'deleted-changed'":                          "y",
		"SELECT sum(created_at) FROM posts WHERE id IN ('m1', 'm2')":                   "2",
		"SELECT count(*) FROM posts":                                                   before, // one came, one went
	} {
		if got := c.value(next, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	// The conflicts stay, with their reasons, and are tried again without harm.
	all := c.dump(next)
	row := c.connect("a").QueryRow(t.Context(), "CALL rung_recover()")
	var restored, present, conflicts int64
	if err := row.Scan(&restored, &present, &conflicts); err != nil || restored != 0 || present != 0 || conflicts != 6 {
		t.Errorf("a second recovery: %d, %d, %d, %v", restored, present, conflicts, err)
	}
	if c.dump(next) != all {
		t.Error("a second recovery changed something")
	}
	for _, sql := range []string{"SELECT * FROM rung_diverged", "CALL rung_diverged()"} {
		checkReasons(t, c.connect("a"), sql, []string{
			"row 1, of posts: its key is taken by a row with other values", "row 1, of users: the row has been changed since",
			"row 1, of sessions: the row has been changed since", "row 1, of posts: the row has been changed since",
			"row 2, of posts: its key is taken by a row with other values", "which rows it changed was not kept"})
	}
	if left := c.seats["a"].server.Metrics()["replication_diverged"]; left != 6 {
		t.Errorf("%v transactions are left", left)
	}
}

func checkReasons(t *testing.T, conn *pgx.Conn, sql string, want []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		v, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		if n >= len(want) || v[4] != want[n] {
			t.Errorf("conflict %d: %v", n, v)
		}
	}
	if rows.Err() != nil || n != len(want) {
		t.Errorf("%s: %d rows, %v", sql, n, rows.Err())
	}
}

// TestRecoveryByThePrimary lets the member that holds the transactions become
// primary before it recovers them.
func TestRecoveryByThePrimary(t *testing.T) {
	t.Parallel()
	c := newCircleOf(t, groupSpec(targets.ModeAsynchronous, time.Second, []string{"a", "b", "c"}), nil)
	c.primary()
	c.same()
	c.end("b")
	c.end("c")
	c.all("a", post("only-here", "x"))
	c.end("a")
	c.begin("b", false)
	c.begin("c", false)
	c.all(c.primary(), post("later", "x"))
	c.begin("a", false)
	eventually(t, "the old primary keeps what only it has", func() bool { return c.seats["a"].server.Metrics()["replication_diverged"] == 1 })
	c.same()
	// Of two that are equally far the first in the list is elected; should the
	// other be it, it is not the one.
	for c.primary() != "a" {
		other := c.primary()
		c.end(other)
		c.primary()
		c.begin(other, false)
		c.same()
	}
	did, err := c.seats["a"].server.Recover(t.Context())
	if err != nil || did.Restored != 1 || did.Present != 0 || did.Conflicts != 0 {
		t.Errorf("recovered %+v, %v", did, err)
	}
	c.same()
	if !strings.Contains(c.dump("b"), "only-here") {
		t.Error("what was recovered did not reach the others")
	}
}
