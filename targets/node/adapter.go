package node

import (
	"context"
	"net"

	"rung/targets"
	"rung/targets/balancer"
	"rung/targets/database"
	"rung/targets/keyvalue"
	"rung/targets/store"
	"rung/targets/web"
)

// The adapters give every kind of server the node's interface.

type webRole struct {
	*web.Server
	store store.Store
}

func (r webRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (r webRole) Close() error {
	r.Server.Close()
	r.store.Close()
	return nil
}

type databaseRole struct{ *database.Server }

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

// Flush empties a resolver's cache; a nameserver has none.
func (r nameRole) Flush() {
	if f, ok := r.nameServer.(flusher); ok {
		f.Flush()
	}
}
