package shard_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"rung/targets"
)

func TestTheLastRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseHold, targets.PhaseSwitch, targets.PhaseRelease)
		next := sharding(targets.ShardModulo, 5, targets.Pin{User: 4, Shards: []string{"s0"}})
		m.move.Users, m.move.To = []int64{4}, []string{"s4"}
		m.must(targets.PhaseHold, targets.PhaseSwitch)
		m.move.Sharding = &next
		if err := m.apply(targets.PhaseRelease); err == nil || !strings.Contains(err.Error(), "user 4") {
			t.Errorf("a sharding that disagrees with the move: %v", err)
		}
		next = sharding(targets.ShardModulo, 5)
		if err := m.apply(targets.PhaseRelease); err == nil || !strings.Contains(err.Error(), "on shard") {
			t.Errorf("a sharding that disagrees with an earlier batch: %v", err)
		}
		for user := range int64(3) {
			next.Pins = append(next.Pins, targets.Pin{User: user + 1, Shards: []string{"s4"}})
		}
		m.must(targets.PhaseRelease, targets.PhaseRelease)
		m.places("s4")
		if got := m.router.Owner(9); got != "s4" {
			t.Errorf("user 9 is on %s; want what the new sharding says", got)
		}
		if got := m.router.Shards(); len(got) != 6 {
			t.Errorf("shards are %q", got)
		}
	})
}

func TestMovesThatAreWrong(t *testing.T) {
	for _, row := range []struct {
		name, want string
		damage     func(*targets.Move)
	}{
		{"no users", "no users", func(m *targets.Move) { m.Users, m.To = nil, nil }},
		{"no place", "3 users and 2 shards", func(m *targets.Move) { m.To = m.To[1:] }},
		{"a user twice", "user 1 is there twice", func(m *targets.Move) { m.Users[2] = 1 }},
		{"an unknown shard", `no shard "s9"`, func(m *targets.Move) { m.To[1] = "s9" }},
		{"an unknown phase", `"dance"`, func(m *targets.Move) { m.Phase = "dance" }},
		{"a sharding that is wrong", "no shards", func(m *targets.Move) { m.Sharding = &targets.Sharding{Method: targets.ShardJump} }},
	} {
		m := begin(t)
		m.move.Phase = targets.PhaseHold
		row.damage(&m.move)
		if err := m.router.Apply(t.Context(), m.move); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v; want %q", row.name, err, row.want)
		}
	}
}

func TestBatchesThatOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := begin(t)
		m.must(targets.PhaseHold)
		other := m
		other.move.Users, other.move.To = []int64{3, 5}, []string{"s4", "s4"}
		for _, phase := range []targets.Phase{targets.PhaseHold, targets.PhaseRelease} {
			if err := other.apply(phase); err == nil || !strings.Contains(err.Error(), "user 3 is in another batch") {
				t.Errorf("%s: %v", phase, err)
			}
		}
		other.move.Users = []int64{7, 5}
		other.must(targets.PhaseHold)
		m.must(targets.PhaseAbort)
		m.write("s1")
		if !other.router.Moving(5) || other.router.Moving(3) {
			t.Error("the end of one batch is that of another")
		}
		other.must(targets.PhaseAbort)
	})
}
