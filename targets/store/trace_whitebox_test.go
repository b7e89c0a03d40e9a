package store

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"rung/targets/trace"
)

// TestNoTraceCostsNothing: no allocation for requests that are not sampled.
func TestNoTraceCostsNothing(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = client.Close() })
	command := redis.NewCmd(t.Context(), "PING")
	for name, ctx := range map[string]context.Context{
		"no trace":    t.Context(),
		"not sampled": trace.With(t.Context(), trace.New(false)),
	} {
		args := []any{"an argument"}
		if n := testing.AllocsPerRun(1000, func() {
			if statement, got := sqlTraced(ctx, sqlUser, args...); statement != sqlUser || &got[0] != &args[0] {
				t.Error("another statement")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a statement", name, n)
		}
		if n := testing.AllocsPerRun(1000, func() {
			if named(ctx, client, func(c kvCommander) *redis.Cmd { return command }) != command {
				t.Error("another command")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for a command", name, n)
		}
	}
}
