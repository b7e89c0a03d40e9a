package shard_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/ring"
	"rung/targets/shard"
)

func TestModuloIsTheTextbooks(t *testing.T) {
	m := mapOf(t, sharding(targets.ShardModulo, 4))
	for _, row := range []struct {
		user int64
		want string
	}{{0, "s0"}, {1, "s1"}, {4, "s0"}, {7, "s3"}, {1_000_002, "s2"}, {-1, "s3"}, {math.MinInt64, "s0"}, {math.MaxInt64, "s3"}} {
		if got := m.Home(row.user); got != row.want {
			t.Errorf("user %d is on %s; want %s", row.user, got, row.want)
		}
	}
}

func TestRingAndJumpHashTheDecimalID(t *testing.T) {
	names := []string{"s0", "s1", "s2"}
	const seed = 0x72756e67 // every node of every version must agree
	circle, jump := ring.NewConsistent(seed, 100, names...), ring.NewJump(seed, names...)
	byRing, byJump := mapOf(t, sharding(targets.ShardRing, 3)), mapOf(t, sharding(targets.ShardJump, 3))
	for id, key := range map[int64]string{1: "1", 42: "42", 123456789: "123456789", -5: "-5"} {
		if got, want := byRing.Home(id), circle.Locate(key); got != want {
			t.Errorf("ring: user %d is on %s; want %s", id, got, want)
		}
		if got, want := byJump.Home(id), jump.Locate(key); got != want {
			t.Errorf("jump: user %d is on %s; want %s", id, got, want)
		}
	}
}

// TestUsersThatMove holds the law of each method: modulo moves n/(n+1) of the users,
// ring and jump 1/(n+1), and those only to the new shard.
func TestUsersThatMove(t *testing.T) {
	const users, n = 100_000, 4
	for _, row := range []struct {
		method    targets.ShardMethod
		want, off float64
	}{{targets.ShardModulo, 0.8, 0.001}, {targets.ShardJump, 0.2, 0.01}, {targets.ShardRing, 0.2, 0.06}} {
		from, to := mapOf(t, sharding(row.method, n)), mapOf(t, sharding(row.method, n+1))
		moved := 0
		for id := int64(1); id <= users; id++ {
			was, is := from.Home(id), to.Home(id)
			if was == is {
				continue
			}
			moved++
			if row.method != targets.ShardModulo && is != "s4" {
				t.Fatalf("%s: user %d goes from %s to %s", row.method, id, was, is)
			}
		}
		if got := float64(moved) / users; math.Abs(got-row.want) > row.off {
			t.Errorf("%s: %.4f of the users move; want %.3f", row.method, got, row.want)
		}
	}
}

func TestPins(t *testing.T) {
	m := mapOf(t, sharding(targets.ShardModulo, 3,
		targets.Pin{User: 3, Shards: []string{"s3"}}, targets.Pin{User: 4, Shards: []string{"s2", "s0", "s1"}}))
	if m.Home(3) != "s3" || !m.Holds("s3", 3) || m.Holds("s0", 3) {
		t.Error("user 3 is not on the spare shard alone")
	}
	if got := m.Copies(4); m.Home(4) != "s2" || !slices.Equal(got, []string{"s2", "s0", "s1"}) {
		t.Errorf("user 4 is on %q", got)
	}
	if got := m.Copies(6); !slices.Equal(got, []string{"s0"}) {
		t.Errorf("user 6 is on %q", got)
	}
	if got := m.Shards(); !slices.Equal(got, []string{"s0", "s1", "s2"}) {
		t.Errorf("shards are %q", got)
	}
	if got := m.All(); !slices.Equal(got, []string{"s0", "s1", "s2", "s3"}) {
		t.Errorf("with the spare one they are %q", got)
	}
}

func TestShardingsThatAreWrong(t *testing.T) {
	for _, row := range []struct {
		name, want string
		damage     func(*targets.Sharding)
	}{
		{"no method", "allowed are", func(s *targets.Sharding) { s.Method = "" }},
		{"no shards", "no shards", func(s *targets.Sharding) { s.Shards = nil }},
		{"no points", "0 virtual nodes", func(s *targets.Sharding) { s.VirtualNodes = 0 }},
		{"too many points", "virtual nodes", func(s *targets.Sharding) { s.VirtualNodes = ring.MaxVirtual + 1 }},
		{"a name twice", `two shards are called "s0"`, func(s *targets.Sharding) { s.Spare[0].Name = "s0" }},
		{"no name", "has no name", func(s *targets.Sharding) { s.Shards[1].Name = "" }},
		{"a pin to nowhere", `none of that name`, func(s *targets.Sharding) { s.Pins[0].Shards[0] = "s9" }},
		{"a pin to nothing", `to no shard`, func(s *targets.Sharding) { s.Pins[0].Shards = nil }},
		{"a pin to one twice", `"s1" twice`, func(s *targets.Sharding) { s.Pins[0].Shards = []string{"s1", "s1"} }},
		{"two pins", "pinned twice", func(s *targets.Sharding) { s.Pins = append(s.Pins, s.Pins[0]) }},
	} {
		s := sharding(targets.ShardRing, 2, targets.Pin{User: 7, Shards: []string{"s1"}})
		row.damage(&s)
		if _, err := shard.New(s); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v; want %q", row.name, err, row.want)
		}
	}
}

// TestEveryUserHasOneHome: whatever the sharding, a user's home is one of its shards,
// and the shards that hold the user are the copies.
func TestEveryUserHasOneHome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom(targets.ShardMethods()).Draw(t, "method")
		n := rapid.IntRange(1, 12).Draw(t, "shards")
		s := sharding(method, n)
		s.VirtualNodes = rapid.IntRange(1, 40).Draw(t, "virtual")
		pinned := rapid.Int64Range(1, 50).Draw(t, "pinned")
		s.Pins = []targets.Pin{{User: pinned, Shards: []string{"s0"}}}
		m, err := shard.New(s)
		if err != nil {
			t.Fatal(err)
		}
		user := rapid.Int64().Draw(t, "user")
		for _, id := range []int64{user, pinned} {
			home, copies := m.Home(id), m.Copies(id)
			if copies[0] != home || !slices.Contains(m.All(), home) {
				t.Fatalf("user %d is at home on %q, with copies on %q", id, home, copies)
			}
			if id != pinned && home == s.Spare[0].Name {
				t.Fatalf("user %d is on the spare shard", id)
			}
			for _, name := range m.All() {
				if m.Holds(name, id) != slices.Contains(copies, name) {
					t.Fatalf("shard %s and user %d: %v, but copies are %q", name, id, m.Holds(name, id), copies)
				}
			}
		}
	})
}
