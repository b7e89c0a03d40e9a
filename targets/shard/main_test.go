package shard_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/shard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sharding has n shards s0, s1, ... and one spare.
func sharding(method targets.ShardMethod, n int, pins ...targets.Pin) targets.Sharding {
	s := targets.Sharding{Method: method, VirtualNodes: 100, Pins: pins}
	for i := range n + 1 {
		x := targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("db-%d", i)}}
		if i < n {
			s.Shards = append(s.Shards, x)
		} else {
			s.Spare = append(s.Spare, x)
		}
	}
	return s
}

func mapOf(t testing.TB, s targets.Sharding) *shard.Map {
	t.Helper()
	m, err := shard.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
