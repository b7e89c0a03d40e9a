package database_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets"
	"rung/targets/database"
	"rung/targets/machine"
	"rung/targets/shop"
)

// The statements that the router of shards sends.
const (
	following = `SELECT u.id, u.name, u.city FROM follows f JOIN users u ON u.id = f.followee WHERE f."user" = $1 ORDER BY u.id LIMIT 1000`
	followees = `SELECT followee, name, city FROM follows WHERE "user" = $1 ORDER BY followee LIMIT 1000`
	usersByID = `SELECT id, name, email, city FROM users WHERE id IN (`
	copies    = `UPDATE follows SET city = $2 WHERE followee = $1`
	fenceMake = `CREATE TABLE IF NOT EXISTS shard_fence (id TEXT PRIMARY KEY, token BIGINT NOT NULL)`
	fence     = `INSERT INTO shard_fence (id, token) VALUES ('move', %d) ON CONFLICT (id) DO UPDATE SET token = CASE WHEN shard_fence.token <= excluded.token THEN excluded.token END`
	fenceRead = `SELECT token FROM shard_fence WHERE id = 'move'`
	proof     = `DELETE FROM posts WHERE id = '' AND id <> ''`
)

// pagesSpec has service times that tell what was charged, and three pages in memory.
func pagesSpec() targets.Database {
	sp := emulated()
	sp.PoolPages = 1000
	sp.Data = targets.Data{Users: 60, OrdersPerUser: 3, Follows: 5}
	return sp
}

// TestPagesOfManyKeys checks which pages the statements of the router touch: each is
// run twice, and the second time nothing is missing.
func TestPagesOfManyKeys(t *testing.T) {
	const class, scan = "read", 0
	at := func(id int64) (pages int) { // those of a user and whom they follow
		seen := map[int64]bool{id: true}
		for k := 1; k <= 5; k++ {
			seen[shop.Followee(id, k, 60)] = true
		}
		return len(seen)
	}
	for _, x := range []struct {
		name   string
		query  string
		args   []any
		class  string
		misses int
	}{
		{"one id", usersByID + "7)", nil, "read", 1},
		{"ids", usersByID + "1,2,3)", nil, "read", 3},
		{"ids that are not there, and one twice", usersByID + "1, 2, 2, 3000, -5)", nil, "read", 2},
		{"parameters", usersByID + "$1, $2::bigint, 9)", []any{4, 5}, "read", 3},
		{"orders of customers", "SELECT id, customer_id, cents, item FROM orders WHERE customer_id IN (1,2,77) ORDER BY id LIMIT 20001", nil, "read", 2},
		{"orders by their ids", "SELECT * FROM orders WHERE id IN (1001, 1002, 2003)", nil, "read", 2},
		{"follows of users", `SELECT "user", followee, name, city FROM follows WHERE "user" IN (1,2) ORDER BY "user", followee LIMIT 20001`, nil, "read", 2},
		{"followees", followees, []any{int64(8)}, "read", 1},
		{"following", following, []any{int64(8)}, "join", at(8)},
		{"following nobody", following, []any{int64(8000)}, "join", 1},
		{"the join from the other side", `SELECT u.id FROM users u JOIN follows f ON f.followee = u.id WHERE f."user" IN ($1)`, []any{int64(9)}, "join", at(9)},
		{"copies of a row", copies, []any{int64(8), "Ulm"}, "write", scan},
		{"a list with an expression", usersByID + "1, 1+1)", nil, "read", scan},
		{"a list of names", "SELECT * FROM users WHERE name IN ('a', 'b')", nil, "read", scan},
		{"all but", "SELECT id FROM users WHERE id NOT IN (1, 2)", nil, "read", scan},
		{"a subquery", "SELECT id FROM users WHERE id IN (SELECT followee FROM follows)", nil, "read", scan},
		{"who follows", "SELECT f.\"user\" FROM follows f WHERE f.followee = $1", []any{int64(8)}, "read", scan},
		{"delete", "DELETE FROM orders WHERE customer_id IN (11,12,13)", nil, "write", 3},
		{"upsert", "INSERT INTO users (id, name, email, city) VALUES (1,$1,$2,$3) ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, city = excluded.city",
			[]any{"n", "e", "c"}, "write", scan},
		{"proof", proof, []any{pgx.QueryExecModeExec}, "write", scan},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100}})
			s := start(t, pagesSpec(), database.Config{Share: m.For("database")})
			c := connect(t, s.address, "")
			cpu := map[string]time.Duration{"read": readTime, "join": joinTime, "write": writeTime}[x.class]
			for _, misses := range []int{x.misses, 0} {
				if _, err := c.Exec(t.Context(), x.query, x.args...); err != nil {
					t.Fatal(err)
				}
				accesses := misses
				if misses == 3 { // a list of three neighbours: a seek, and reading on
					accesses = 2
				}
				served := cpu + time.Duration(accesses)*diskTime
				if x.class == "write" {
					served += diskTime
				}
				want := fmt.Sprintf("queued=0;served=%d;misses=%d", served.Nanoseconds(), misses)
				if got := c.PgConn().ParameterStatus("rung.timing"); got != want {
					t.Errorf("%s; want %s", got, want)
				}
				if x.class == "write" && x.misses > 0 {
					return // the rows are gone
				}
			}
		})
	}
}

// TestPagesAreOwedByTransactions: a write of many keys in a transaction waits for
// its pages when the write lock is free again.
func TestPagesAreOwedByTransactions(t *testing.T) {
	m := newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100}})
	s := start(t, pagesSpec(), database.Config{Share: m.For("database")})
	c := connect(t, s.address, "")
	simple := pgx.QueryExecModeSimpleProtocol
	for _, x := range []struct {
		query  string
		served time.Duration
	}{
		{"BEGIN", 0},
		{"INSERT INTO posts VALUES ('a', 1, 'x', 0)", writeTime},
		{"DELETE FROM orders WHERE customer_id IN (1,2,3)", writeTime},
		{"UPDATE users SET city = 'Ulm' WHERE id = 9", writeTime + diskTime}, // one row is waited for as ever
		{"COMMIT", diskTime + 2*diskTime},                                    // three pages side by side: a seek, and reading on
		{"BEGIN", 0},
		{"INSERT INTO posts VALUES ('b', 1, 'x', 0)", writeTime},
		{"DELETE FROM orders WHERE customer_id IN (4,5)", writeTime},
		{"ROLLBACK", 0},
		{"INSERT INTO posts VALUES ('c', 1, 'x', 0)", writeTime + diskTime},
	} {
		cpu, disk := m.Usage()
		before := cpu.Busy + disk.Busy
		if _, err := c.Exec(t.Context(), x.query, simple); err != nil {
			t.Fatalf("%s: %v", x.query, err)
		}
		cpu, disk = m.Usage()
		if got := cpu.Busy + disk.Busy - before; got != x.served {
			t.Errorf("%s took %v of the machine; want %v", x.query, got, x.served)
		}
	}
}

// pipeline sends statements with their text parameters in one round trip, as the
// router's transactions are sent.
func pipeline(t testing.TB, c *pgx.Conn, statements []string, args [][]string) ([]*pgconn.Result, error) {
	t.Helper()
	var b pgconn.Batch
	for i, sql := range statements {
		values := make([][]byte, len(args[i]))
		oids := make([]uint32, len(args[i]))
		for k, a := range args[i] {
			values[k], oids[k] = []byte(a), 25
		}
		b.ExecParams(sql, values, oids, nil, nil)
	}
	return c.PgConn().ExecBatch(t.Context(), &b).ReadAll()
}

// moveIn is the router's transaction that gives users their rows: each an order, and
// follows of long names, so that it is about as large as one may be.
func moveIn(token int64, users []int64, name string) (statements []string, args [][]string) {
	add := func(sql string, a ...string) { statements, args = append(statements, sql), append(args, a) }
	ids := strings.Trim(strings.ReplaceAll(fmt.Sprint(users), " ", ","), "[]")
	add("BEGIN")
	add(fmt.Sprintf(fence, token))
	add(`DELETE FROM follows WHERE "user" IN (` + ids + ")")
	add("DELETE FROM orders WHERE customer_id IN (" + ids + ")")
	add("DELETE FROM users WHERE id IN (-1,-2)")
	for part := range slices.Chunk(users, 100) {
		var rows, orders, follows []string
		var texts, items, names []string
		for _, u := range part {
			n := len(texts)
			rows = append(rows, fmt.Sprintf("(%d,$%d,$%d,$%d)", u, n+1, n+2, n+3))
			texts = append(texts, fmt.Sprintf("%s %d", name, u), "e\x01", `c"é`)
			items = append(items, "item")
			orders = append(orders, fmt.Sprintf("(%d,%d,%d,$%d)", u*1000+1, u, 5, len(items)))
			names = append(names, strings.Repeat(name, 3), "city")
			follows = append(follows, fmt.Sprintf("(%d,%d,$%d,$%d)", u, u+1, len(names)-1, len(names)))
		}
		add("INSERT INTO users (id, name, email, city) VALUES "+strings.Join(rows, ",")+" ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, city = excluded.city", texts...)
		add("INSERT INTO orders (id, customer_id, cents, item) VALUES "+strings.Join(orders, ","), items...)
		add(`INSERT INTO follows ("user", followee, name, city) VALUES `+strings.Join(follows, ","), names...)
	}
	add("DELETE FROM posts WHERE user_id IN (" + ids + ")")
	add("INSERT INTO posts (user_id, created_at, id, body) VALUES (1,5,$1,$2),(2,6,$3,$4) ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, body = excluded.body, created_at = excluded.created_at",
		fmt.Sprintf("p1-%d", token), "x", "p2", name)
	add("COMMIT")
	return statements, args
}

// TestMoveOfUsers runs the router's transactions on a group: they are shipped, a
// later fence keeps an earlier one out, and what only one member has can be
// recovered.
func TestMoveOfUsers(t *testing.T) {
	t.Parallel()
	sp := groupSpec(targets.ModeAsynchronous, 3*time.Second, []string{"a", "b", "c"})
	sp.Data = targets.Data{Users: 300, OrdersPerUser: 2, Follows: 3}
	c := newCircleOf(t, sp, map[string]*machine.Share{})
	c.primary()
	users := make([]int64, 900) // of whom 300 are there
	for i := range users {
		users[i] = int64(i + 1)
	}
	conn := c.connect("a")
	if _, err := conn.Exec(t.Context(), fenceMake, pgx.QueryExecModeExec); err != nil {
		t.Fatal(err)
	}
	statements, args := moveIn(10, users, strings.Repeat("n", 18))
	results, err := pipeline(t, conn, statements, args)
	if err != nil || len(results) != len(statements) {
		t.Fatalf("%d answers to %d statements, %v", len(results), len(statements), err)
	}
	for i, want := range map[int]int64{1: 1, 2: 900, 3: 600, 4: 0, 5: 100, 6: 100, 7: 100, len(results) - 2: 2} {
		if got := results[i].CommandTag.RowsAffected(); got != want {
			t.Errorf("%.60s concerned %d rows, want %d", statements[i], got, want)
		}
	}
	c.same()
	if size := c.seats["a"].server.Metrics()["replication_log_bytes"]; size < 800_000 {
		t.Errorf("the log has %v bytes: the transaction is too small to show anything", size)
	}
	statements, args = moveIn(9, users[:5], "late")
	if _, err := pipeline(t, conn, statements, args); code(err) != "23502" {
		t.Errorf("an older token: %v, want 23502", err)
	}
	if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for part := range 2 {
		for i := range 30 {
			c.all("a", fmt.Sprintf("INSERT INTO posts VALUES ('big-%d-%d', -7, '%s', 0)", part, i, strings.Repeat("x", 20_000)))
		}
	}
	c.same()
	before := c.dump("a")

	for _, name := range []string{"b", "c"} {
		c.end(name)
	}
	// What this deletes is too much to be done again row by row. It does not keep
	// what follows from being recovered.
	c.all("a", "DELETE FROM posts WHERE user_id = -7")
	statements, args = moveIn(11, users[:250], strings.Repeat("m", 18))
	if _, err := pipeline(t, conn, statements, args); err != nil {
		t.Fatal(err)
	}
	moved := c.dump("a")
	conn.Close(t.Context())
	c.end("a")
	c.begin("b", false)
	c.begin("c", false)
	next := c.primary()
	if c.dump(next) != before {
		t.Error("the rows of the group are not those before the last transaction")
	}
	c.begin("a", false)
	eventually(t, "the old primary keeps what only it has", func() bool { return c.seats["a"].server.Metrics()["replication_diverged"] == 2 })
	c.same()
	did, err := c.seats["a"].server.Recover(t.Context())
	if err != nil || did.Restored != 1 || did.Conflicts != 1 {
		t.Errorf("recovered %+v, %v", did, err)
	}
	c.same()
	kept := slices.DeleteFunc(strings.Split(c.dump(next), "\n"), func(row string) bool { return strings.Contains(row, "big-") })
	if strings.Join(kept, "\n") != moved {
		t.Error("the recovered rows are not those of the lost transaction")
	}
	if got := c.value(next, fenceRead); got != "11" {
		t.Errorf("the fence is at %s", got)
	}
}
