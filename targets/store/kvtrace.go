package store

import (
	"context"

	"github.com/redis/go-redis/v9"

	"rung/targets/trace"
)

// kvCommander is a client, or a pipeline of one.
type kvCommander interface {
	redis.Cmdable
	Process(ctx context.Context, command redis.Cmder) error
}

// named sends one command. When the request is traced, the connection is first given the
// trace as its name, in the same round trip: RESP has no other place for it. A server that
// does not know names answers that with an error, which does not concern the command.
func named[C redis.Cmder](ctx context.Context, client *redis.Client, command func(kvCommander) C) C {
	t, ok := trace.Of(ctx)
	if !ok || !t.Sampled {
		return command(client)
	}
	// A pipeline of the client itself would open connections of its own.
	conn := client.Conn()
	defer func() { _ = conn.Close() }() // gives it back; the command has its own error
	pipe := conn.Pipeline()
	pipe.Do(ctx, "CLIENT", "SETNAME", t.Child().String())
	c := command(pipe)
	_, _ = pipe.Exec(ctx) // the command has its own error
	return c
}
