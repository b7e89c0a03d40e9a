package estimate_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/shard"
)

func sharding(method targets.ShardMethod, virtual int, names ...string) targets.Sharding {
	s := targets.Sharding{Method: method, VirtualNodes: virtual}
	for _, n := range names {
		s.Shards = append(s.Shards, targets.Shard{Name: n, Members: []string{"db-" + n}})
	}
	return s
}

// numberedShards is that many shards; another ring has other names.
func numberedShards(method targets.ShardMethod, virtual, n, ring int) targets.Sharding {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("r%d-s%d", ring, i))
	}
	return sharding(method, virtual, names...)
}

// moved counts the users who have another home.
func moved(t *testing.T, from, to targets.Sharding, users int) float64 {
	t.Helper()
	before, err := shard.New(from)
	if err != nil {
		t.Fatal(err)
	}
	after, err := shard.New(to)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for id := range int64(users) {
		if before.Home(id+1) != after.Home(id+1) {
			n++
		}
	}
	return float64(n) / float64(users)
}

// The laws against the placing of the site itself.
func TestMovedAgainstTheSite(t *testing.T) {
	t.Parallel()
	const users = 27_720 // a multiple of every number up to 12
	for _, row := range [][2]int{{4, 5}, {5, 4}, {4, 8}, {3, 7}, {10, 11}, {6, 4}, {4, 4}} {
		for _, method := range targets.ShardMethods() {
			from, to := numberedShards(method, 40, row[0], 0), numberedShards(method, 40, row[1], 0)
			share, law := estimate.Moved(from, to, users)
			if law == "" || math.IsNaN(share) {
				t.Fatalf("%s %v: no law", method, row)
			}
			what, within := fmt.Sprintf("%s from %d to %d", method, row[0], row[1]), 1e-9
			got := 0.0
			switch method {
			case targets.ShardRing: // the mean over rings
				const rings = 20
				for ring := range rings {
					got += moved(t, numberedShards(method, 40, row[0], ring), numberedShards(method, 40, row[1], ring), users/5) / rings
				}
				within = 0.025
			case targets.ShardJump:
				got, within = moved(t, from, to, users), 0.01
			default:
				got = moved(t, from, to, users)
			}
			near(t, what, share, got, within)
		}
	}
}

func TestMovedVectors(t *testing.T) {
	for _, row := range []struct {
		method targets.ShardMethod
		n, m   int
		want   float64
	}{
		{targets.ShardModulo, 4, 5, 0.8}, {targets.ShardModulo, 10, 11, 0.909091}, {targets.ShardModulo, 4, 8, 0.5},
		{targets.ShardRing, 4, 5, 0.2}, {targets.ShardRing, 10, 11, 0.090909}, {targets.ShardRing, 5, 4, 0.2},
		{targets.ShardJump, 4, 5, 0.2}, {targets.ShardJump, 4, 8, 0.5}, {targets.ShardJump, 5, 4, 0.2},
	} {
		got, _ := estimate.Moved(numberedShards(row.method, 200, row.n, 0), numberedShards(row.method, 200, row.m, 0), 10_000)
		near(t, fmt.Sprintf("%s from %d to %d", row.method, row.n, row.m), got, row.want, 1e-6)
	}
	if got, _ := estimate.Moved(sharding(targets.ShardRing, 10, "a", "b", "c"), sharding(targets.ShardRing, 10, "a", "b", "d"), 0); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("a ring with one shard replaced moves %v", got)
	}
	if got, _ := estimate.Moved(sharding(targets.ShardJump, 0, "a", "b"), sharding(targets.ShardJump, 0, "b", "a"), 0); got != 1 {
		t.Errorf("jump with its two shards swapped moves %v", got)
	}
	for _, row := range [][2]targets.Sharding{
		{sharding(targets.ShardRing, 10, "a"), sharding(targets.ShardJump, 0, "a")},
		{sharding(targets.ShardRing, 10, "a"), sharding(targets.ShardRing, 20, "a")},
		{sharding(targets.ShardModulo, 0), sharding(targets.ShardModulo, 0, "a")},
		{sharding("dice", 0, "a"), sharding("dice", 0, "a")},
	} {
		if share, law := estimate.Moved(row[0], row[1], 10); share != 0 || law != "" {
			t.Errorf("%v to %v has the law %q, %v", row[0], row[1], law, share)
		}
	}
}

// A change moves as many as its way back, and no change nobody.
func TestMovedBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom(targets.ShardMethods()).Draw(t, "method")
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}), 1, 7, rapid.ID[string])
		from, to := sharding(method, 10, names.Draw(t, "from")...), sharding(method, 10, names.Draw(t, "to")...)
		there, _ := estimate.Moved(from, to, 100)
		back, _ := estimate.Moved(to, from, 100)
		if math.Abs(there-back) > 1e-12 || there < -1e-12 || there > 1+1e-12 {
			t.Fatalf("%v move, and %v back", there, back)
		}
		if none, _ := estimate.Moved(from, from, 100); math.Abs(none) > 1e-12 {
			t.Fatalf("no change moves %v", none)
		}
	})
}
