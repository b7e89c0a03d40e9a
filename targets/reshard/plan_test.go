package reshard_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/reshard"
	"rung/targets/shard"
)

// shards has n shards and then spare ones, to the number of all.
func shards(method targets.ShardMethod, n, all int) targets.Sharding {
	s := targets.Sharding{Method: method, VirtualNodes: 50}
	for i := range all {
		x := targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("db-%d", i)}}
		if i < n {
			s.Shards = append(s.Shards, x)
		} else {
			s.Spare = append(s.Spare, x)
		}
	}
	return s
}

func homes(t interface{ Fatal(...any) }, s targets.Sharding) *shard.Map {
	m, err := shard.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPlanMovesWhoMustMove: those whose home changes, each once, to the new home, and
// nobody else.
func TestPlanMovesWhoMustMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom(targets.ShardMethods()).Draw(t, "method")
		const all = 6
		from := shards(method, rapid.IntRange(1, all).Draw(t, "from"), all)
		to := shards(method, rapid.IntRange(1, all).Draw(t, "to"), all)
		to.Pins = []targets.Pin{{User: rapid.Int64Range(1, 200).Draw(t, "pinned"), Shards: []string{"s5"}}}
		users, batch := rapid.IntRange(0, 200).Draw(t, "users"), rapid.IntRange(1, 50).Draw(t, "batch")
		plan, err := reshard.Plan(from, to, users, batch)
		if err != nil {
			t.Fatal(err)
		}
		moved := map[int64]string{}
		for i, m := range plan {
			if len(m.Users) != len(m.To) || len(m.Users) > batch || len(m.Users) < batch && i < len(plan)-1 {
				t.Fatalf("batch %d of %d has %d users", i+1, len(plan), len(m.Users))
			}
			for k, user := range m.Users {
				if moved[user] != "" {
					t.Fatalf("user %d moves twice", user)
				}
				moved[user] = m.To[k]
			}
		}
		old, next := homes(t, from), homes(t, to)
		for id := int64(1); id <= int64(users); id++ {
			want := next.Home(id)
			if old.Home(id) == want {
				want = ""
			}
			if moved[id] != want {
				t.Fatalf("user %d moves to %q; want %q", id, moved[id], want)
			}
			delete(moved, id)
		}
		if len(moved) > 0 {
			t.Fatalf("users %v move and are not there", moved)
		}
	})
}

func TestPlansThatAreWrong(t *testing.T) {
	good := shards(targets.ShardModulo, 2, 3)
	pinned := good
	pinned.Pins = []targets.Pin{{User: 4, Shards: []string{"s0", "s1"}}}
	turned := good
	turned.Pins = []targets.Pin{{User: 4, Shards: []string{"s1", "s0"}}}
	for _, row := range []struct {
		name, want   string
		from, to     targets.Sharding
		users, batch int
	}{
		{"no batch", "batches of 0", good, good, 1, 0},
		{"fewer than no users", "-1 users", good, good, -1, 1},
		{"a wrong old one", "old sharding", targets.Sharding{}, good, 1, 1},
		{"a wrong new one", "new sharding", good, targets.Sharding{}, 1, 1},
		{"a shard from nowhere", `"s3" is not known`, good, shards(targets.ShardModulo, 4, 4), 1, 1},
		{"copies that nobody makes", "a move makes none", good, pinned, 10, 1},
		{"another home of copies", "a move makes none", pinned, turned, 10, 1},
	} {
		if _, err := reshard.Plan(row.from, row.to, row.users, row.batch); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v; want %q", row.name, err, row.want)
		}
	}
	if plan, err := reshard.Plan(pinned, pinned, 10, 1); err != nil || len(plan) != 0 {
		t.Errorf("pins that stay: %v, %v", plan, err)
	}
	if plan, err := reshard.Plan(pinned, good, 10, 1); err != nil || len(plan) != 0 {
		t.Errorf("copies that are given up: %v, %v", plan, err)
	}
}
