package database_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/database"
	"rung/targets/machine"
	"rung/targets/pool"
)

func newMachine(t testing.TB, spec targets.Machine) *machine.Machine {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	return machine.New(clk, spec, 1)
}

// Service times of different sizes, so that a sum tells what was charged.
const (
	readTime  = 1 * time.Millisecond
	joinTime  = 2 * time.Millisecond
	writeTime = 4 * time.Millisecond
	diskTime  = 8 * time.Millisecond
)

func emulated() targets.Database {
	sp := spec()
	sp.PoolPages = 3
	sp.Access = targets.Constant(diskTime)
	sp.Demand = map[targets.Statement]targets.Law{
		targets.StatementRead:  targets.Constant(readTime),
		targets.StatementJoin:  targets.Constant(joinTime),
		targets.StatementWrite: targets.Constant(writeTime),
	}
	return sp
}

// TestCharges checks what each statement costs, in the order of the table: the
// server's own word, and what the machine has handed out.
func TestCharges(t *testing.T) {
	m := newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 10}, Disk: targets.Resource{Slots: 1, Queue: 10}})
	s := start(t, emulated(), database.Config{Share: m.For("database")})
	s.Warm([]string{"users/1"})
	c := connect(t, s.address, "")
	const join = "SELECT u.name, o.id FROM users u LEFT JOIN orders o ON o.customer_id = u.id WHERE u.id = $1"
	simple := pgx.QueryExecModeSimpleProtocol
	for _, x := range []struct {
		name   string
		query  string
		args   []any
		served time.Duration
		misses int
		silent bool // the timing parameter is not sent
	}{
		{"warm read", "SELECT * FROM users WHERE id = $1", []any{1}, readTime, 0, false},
		{"cold read", "SELECT * FROM users WHERE id = $1", []any{2}, readTime + diskTime, 1, false},
		{"the page is warm now", "SELECT * FROM users WHERE id = 2", []any{simple}, readTime, 0, false},
		{"cold join", join, []any{2}, joinTime + diskTime, 1, false},
		{"orders are on the join's page", "SELECT * FROM orders WHERE customer_id = $1", []any{2}, readTime, 0, false},
		{"two more", "SELECT * FROM users WHERE id = $1", []any{3}, readTime + diskTime, 1, false},
		{"the oldest page went", "SELECT * FROM users WHERE id = $1", []any{1}, readTime + diskTime, 1, false},
		{"scan", "SELECT count(*) FROM users", nil, readTime, 0, false},
		{"write", "INSERT INTO posts VALUES ($1, 1, 'x', 0)", []any{"a"}, writeTime + diskTime, 0, false},
		{"write that does nothing", "INSERT INTO posts VALUES ($1, 1, 'x', 0) ON CONFLICT DO NOTHING", []any{"a"}, writeTime + diskTime, 0, false},
		{"begin", "BEGIN", []any{simple}, 0, 0, true},
		{"first write of a transaction", "INSERT INTO posts VALUES ($1, 1, 'x', 0)", []any{"b"}, writeTime, 0, false},
		{"second write of a transaction", "INSERT INTO posts VALUES ($1, 1, 'x', 0)", []any{"c"}, writeTime, 0, false},
		{"commit", "COMMIT", []any{simple}, diskTime, 0, false},
		{"script", "BEGIN; INSERT INTO posts VALUES ('d', 1, 'x', 0); ROLLBACK; SELECT 1", []any{simple}, writeTime + readTime, 0, false},
		{"setting", "SET application_name = 'x'", []any{simple}, 0, 0, true},
		{"explain", "EXPLAIN SELECT * FROM users", nil, 0, 0, true},
		{"nothing", "", []any{simple}, 0, 0, true},
	} {
		cpu, disk := m.Usage()
		before := cpu.Busy + disk.Busy
		if _, err := c.Exec(t.Context(), x.query, x.args...); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		cpu, disk = m.Usage()
		if got := cpu.Busy + disk.Busy - before; got != x.served {
			t.Errorf("%s took %v of the machine; want %v", x.name, got, x.served)
		}
		want := fmt.Sprintf("queued=0;served=%d;misses=%d", x.served.Nanoseconds(), x.misses)
		if got := c.PgConn().ParameterStatus("rung.timing"); !x.silent && got != want {
			t.Errorf("%s reports %q; want %q", x.name, got, want)
		}
	}
	metrics := s.Metrics()
	for name, want := range map[string]float64{
		"statements_read_total": 8, "statements_join_total": 1, "statements_write_total": 5,
		"commits_total": 2, "pool_hits_total": 3, "pool_misses_total": 4, "errors_total": 0,
	} {
		if metrics[name] != want {
			t.Errorf("%s is %v; want %v", name, metrics[name], want)
		}
	}
}

func TestGivenPool(t *testing.T) {
	pages := pool.New(1)
	s := start(t, spec(), database.Config{Pages: pages})
	c := connect(t, s.address, "")
	one[string](t, c, "SELECT name FROM users WHERE id = $1", 5)
	one[string](t, c, "SELECT name FROM users WHERE id = $1", 5)
	if hits, misses := pages.Counts(); hits != 1 || misses != 1 {
		t.Errorf("%d hits and %d misses; want 1 and 1", hits, misses)
	}
}

// TestFullQueue refuses what finds no place, as an error and not as a hang-up.
func TestFullQueue(t *testing.T) {
	sp := emulated()
	sp.Demand[targets.StatementWrite] = targets.Constant(time.Minute)
	m := newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 0}})
	s := start(t, sp, database.Config{Share: m.For("database")})
	slow, c := connect(t, s.address, ""), connect(t, s.address, "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := slow.Exec(ctx, "DELETE FROM photos")
		done <- err
	}()
	eventually(t, "the slow statement holds the CPU", func() bool { return s.Metrics()["statements_write_total"] == 1 })
	var err error
	eventually(t, "the queue is full", func() bool {
		_, err = c.Exec(t.Context(), "SELECT 1")
		return err != nil
	})
	if code(err) != "53300" || c.IsClosed() {
		t.Errorf("a full queue: %v, closed %v; want 53300 on an open connection", err, c.IsClosed())
	}
	cancel()
	<-done
}

// TestWaitsHoldNoLock lets a write wait for the emulated machine while another
// session, which waits for nothing, writes.
func TestWaitsHoldNoLock(t *testing.T) {
	sp := spec()
	sp.Access = targets.Constant(time.Minute)
	m := newMachine(t, targets.Machine{Disk: targets.Resource{Slots: 1, Queue: 10}})
	s := start(t, sp, database.Config{Share: m.For("database")})
	slow, other := connect(t, s.address, ""), connect(t, s.address, "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := slow.Exec(ctx, "INSERT INTO posts VALUES ('slow', 1, 'x', 0)")
		done <- err
	}()
	eventually(t, "the write waits for the disk", func() bool {
		_, disk := m.Usage()
		return disk.Busy > 0
	})
	// Writes of a transaction that is rolled back cost no disk access.
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "INSERT INTO posts VALUES ('other', 1, 'x', 0)"); err != nil {
		t.Errorf("a write beside a waiting one: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("the slow write was acknowledged")
	}
	if got := one[int64](t, other, "SELECT count(*) FROM posts"); got != 0 {
		t.Errorf("%d posts; want none: the write was stopped before its commit", got)
	}
}
