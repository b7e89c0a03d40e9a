package database_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/database"
	"rung/targets/shop"
)

// shardSpec is one shard of a few, by user % 4; s4 is a spare one.
func shardSpec(name string) targets.Database {
	sp := spec()
	sp.Data = targets.Data{Users: 60, OrdersPerUser: 3, Follows: 5}
	sp.Sharding = &targets.Sharding{Method: targets.ShardModulo, Spare: []targets.Shard{{Name: "s4", Members: []string{"d4"}}}}
	for i := range 4 {
		sp.Sharding.Shards = append(sp.Sharding.Shards, targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("d%d", i)}})
	}
	sp.Shard = name
	return sp
}

// ownsModulo is who is on a shard of shardSpec.
func ownsModulo(name string) func(int64) bool {
	return func(user int64) bool { return fmt.Sprintf("s%d", user%4) == name }
}

func TestShardStartsWithItsUsers(t *testing.T) {
	for _, name := range []string{"s0", "s1", "s2", "s3", "s4"} {
		sp := shardSpec(name)
		s := start(t, sp, database.Config{Owns: ownsModulo(name)})
		c := connect(t, s.address, "")
		var users, orders, follows []string
		for id := int64(1); id <= int64(sp.Data.Users); id++ {
			if !ownsModulo(name)(id) {
				continue
			}
			n, email, city := shop.UserRow(id)
			users = append(users, fmt.Sprint(id, n, email, city))
			for k := 1; k <= sp.Data.OrdersPerUser; k++ {
				order, item, cents := shop.OrderRow(id, k)
				orders = append(orders, fmt.Sprint(order, id, item, cents))
			}
			for k := 1; k <= sp.Data.Follows; k++ {
				followee := shop.Followee(id, k, sp.Data.Users)
				n, _, city := shop.UserRow(followee)
				follows = append(follows, fmt.Sprint(id, followee, n, city))
			}
		}
		for query, want := range map[string][]string{
			"SELECT id, name, email, city FROM users":             users,
			"SELECT id, customer_id, item, cents FROM orders":     orders,
			`SELECT "user", followee, name, city FROM follows`:    follows,
			"SELECT id, user_id, body, created_at FROM posts":     nil,
			"SELECT id, user_id, body, created_at FROM photos":    nil,
			"SELECT id, value, expires_at FROM sessions":          nil,
			`SELECT 1 FROM follows f WHERE f."user" = f.followee`: nil,
		} {
			if got := rowsOf(t, c, query); !slices.Equal(got, sorted(want)) {
				t.Errorf("%s, %s: %d rows %q\nwant %d %q", name, query, len(got), got, len(want), sorted(want))
			}
		}
	}
}

// TestNoFollows: the table is there only when somebody follows somebody.
func TestNoFollows(t *testing.T) {
	s := start(t, spec(), database.Config{})
	_, err := connect(t, s.address, "").Exec(t.Context(), "SELECT count(*) FROM follows")
	if code(err) != "42P01" {
		t.Errorf("follows without follows: %v", err)
	}
}

func rowsOf(t *testing.T, c *pgx.Conn, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := c.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		v, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(v...))
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", query, rows.Err())
	}
	return sorted(all)
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// TestShardsDirectory: it belongs to one shard of one sharding, whoever lives there
// now.
func TestShardsDirectory(t *testing.T) {
	directory := t.TempDir()
	open := func(sp targets.Database, owns func(int64) bool) error {
		s, err := database.New(sp, database.Config{Role: "d1", Directory: directory, Owns: owns})
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := open(shardSpec("s1"), ownsModulo("s1")); err != nil {
		t.Fatal(err)
	}
	moved := shardSpec("s1")
	moved.Sharding.Shards = append(moved.Sharding.Shards, moved.Sharding.Spare...)
	moved.Sharding.Spare = nil
	moved.Sharding.Pins = []targets.Pin{{User: 7, Shards: []string{"s2", "s1"}}}
	if err := open(moved, func(user int64) bool { return user%5 == 1 }); err != nil {
		t.Errorf("after a spare shard came into use and a user was pinned: %v", err)
	}
	for what, change := range map[string]func(*targets.Database){
		"another shard":           func(sp *targets.Database) { sp.Shard = "s2" },
		"another method":          func(sp *targets.Database) { sp.Sharding.Method = targets.ShardJump },
		"a shard less":            func(sp *targets.Database) { sp.Sharding.Spare = nil },
		"a shard's name":          func(sp *targets.Database) { sp.Sharding.Shards[0].Name = "x" },
		"no sharding":             func(sp *targets.Database) { sp.Sharding, sp.Shard = nil, "" },
		"other users":             func(sp *targets.Database) { sp.Data.Users++ },
		"other orders":            func(sp *targets.Database) { sp.Data.OrdersPerUser++ },
		"other follows":           func(sp *targets.Database) { sp.Data.Follows-- },
		"a shard that is unknown": func(sp *targets.Database) { sp.Shard = "x" },
	} {
		sp := shardSpec("s1")
		change(&sp)
		if err := open(sp, ownsModulo("s1")); err == nil {
			t.Errorf("a directory of shard s1 was opened with %s", what)
		} else if !strings.Contains(err.Error(), "d1") && !strings.Contains(err.Error(), directory) {
			t.Errorf("%s: %v names neither the role nor the path", what, err)
		}
	}
	if err := open(shardSpec("s1"), nil); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

func TestVirtualNodesAreTheRings(t *testing.T) {
	directory := t.TempDir()
	open := func(method targets.ShardMethod, virtual int) error {
		sp := shardSpec("s1")
		sp.Sharding.Method, sp.Sharding.VirtualNodes = method, virtual
		s, err := database.New(sp, database.Config{Role: "d1", Directory: directory})
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := open(targets.ShardRing, 100); err != nil {
		t.Fatal(err)
	}
	if open(targets.ShardRing, 200) == nil {
		t.Error("other virtual nodes, and the same data")
	}
	directory = t.TempDir()
	if err := open(targets.ShardModulo, 100); err != nil {
		t.Fatal(err)
	}
	if err := open(targets.ShardModulo, 200); err != nil {
		t.Errorf("virtual nodes without a ring: %v", err)
	}
}

func TestTooManyFollows(t *testing.T) {
	for _, d := range []targets.Data{{Users: 5, Follows: 5}, {Users: 5, Follows: -1}, {Follows: 1}} {
		sp := spec()
		sp.Data = d
		if s, err := database.New(sp, database.Config{Directory: t.TempDir()}); err == nil {
			t.Errorf("%+v was accepted", d)
			s.Close()
		}
	}
}
