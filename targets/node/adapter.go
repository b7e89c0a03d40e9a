package node

import (
	"context"
	"net"

	"rung/targets"
	"rung/targets/balancer"
	"rung/targets/cache"
	"rung/targets/cdn"
	"rung/targets/database"
	"rung/targets/jobs"
	"rung/targets/keyvalue"
	"rung/targets/session"
	"rung/targets/store"
	"rung/targets/volume"
	"rung/targets/web"
)

// The adapters give every kind of server the node's interface.

type webRole struct {
	*web.Server
	tier      tier
	sessions  session.Store
	publisher *jobs.Publisher
}

func (r webRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (r webRole) Close() error {
	r.Server.Close()
	r.closeTiers()
	return nil
}

// closeTiers closes what the server asks.
func (r webRole) closeTiers() {
	if r.publisher != nil {
		r.publisher.Close()
	}
	if r.sessions != nil {
		r.sessions.Close()
	}
	r.tier.Close()
}

func (r webRole) sharded() *store.Sharded { return r.tier.shards }

// Metrics are the server's, and those of its way to the data.
func (r webRole) Metrics() map[string]float64 {
	m := r.Server.Metrics()
	if s, ok := r.tier.Store.(interface{ Metrics() map[string]float64 }); ok {
		for name, value := range s.Metrics() {
			m["store_"+name] = value
		}
	}
	if r.publisher != nil {
		for name, value := range r.publisher.Metrics() {
			m["publisher_"+name] = value
		}
	}
	return m
}

type databaseRole struct{ *database.Server }

func (r databaseRole) events() []targets.Event { return r.Events() }

func (r databaseRole) recover(ctx context.Context) (map[string]int64, error) {
	did, err := r.Recover(ctx)
	return map[string]int64{"restored": did.Restored, "present": did.Present, "conflicts": did.Conflicts}, err
}

type cacheRole struct{ *cache.Server }

func (r cacheRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

type edgeRole struct{ *cdn.Server }

func (r edgeRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

type volumeRole struct{ *volume.Server }

func (r volumeRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (r databaseRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

type keyvalueRole struct{ *keyvalue.Server }

func (r keyvalueRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

type balancerRole struct{ *balancer.Server }

func (r balancerRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp, s.tls) }

func (r balancerRole) Close() error {
	r.Server.Close()
	return nil
}

// events are the balancer's health transitions.
func (r balancerRole) events() []targets.Event {
	var out []targets.Event
	for _, e := range r.Events() {
		what := "down"
		if e.Up {
			what = "up"
		}
		out = append(out, targets.Event{At: e.At, What: what, Subject: e.Server, Cause: e.Cause})
	}
	return out
}

// nameServer is what nameservers and resolvers have in common.
type nameServer interface {
	Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error
	Metrics() map[string]float64
}

type nameRole struct{ nameServer }

func (r nameRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.udp, s.tcp) }
func (r nameRole) Close() error                               { return nil }

// events are a nameserver's health transitions; a resolver has none.
func (r nameRole) events() []targets.Event {
	if e, ok := r.nameServer.(interface{ Events() []targets.Event }); ok {
		return e.Events()
	}
	return nil
}

// Flush empties a resolver's cache; a nameserver has none.
func (r nameRole) Flush() {
	if f, ok := r.nameServer.(flusher); ok {
		f.Flush()
	}
}
