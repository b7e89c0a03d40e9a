package node

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"time"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/trace"
	"rung/targets/web"
)

func (n *Node) buildWeb(r targets.Role) (role, error) {
	data, err := n.openTier(*r.Web)
	if err != nil {
		return nil, err
	}
	out := webRole{tier: data}
	if out.sessions, err = n.openSessions(*r.Web, data.plain); err != nil {
		out.closeTiers()
		return nil, err
	}
	config := web.Config{Role: r.Name, Store: data.Store, Share: n.machine.For(r.Name), SessionStore: out.sessions,
		Log: n.log.With("role", r.Name), Access: n.access(r), Sample: n.sample(), Version: strconv.Itoa(max(n.spec.Version, 1)), Seed: n.spec.Seed}
	if len(r.Web.Queues) > 0 {
		out.publisher = n.openPublisher(r.Web.Queues)
		config.Enqueue = out.enqueue
	}
	if out.Server, err = web.New(*r.Web, config); err != nil {
		out.closeTiers()
		return nil, err
	}
	return out, nil
}

// publishTimeout bounds one try to put a photo into a queue, and queueHold is
// how long a queue that failed is left alone.
const (
	publishTimeout = time.Second
	queueHold      = time.Second
)

func (n *Node) openPublisher(queues []string) *jobs.Publisher {
	var endpoints []jobs.Endpoint
	for _, q := range queues {
		endpoints = append(endpoints, jobs.Endpoint{Name: q, Address: n.address(q)})
	}
	return jobs.NewPublisher(jobs.PublisherConfig{Queues: endpoints, Timeout: publishTimeout, Hold: queueHold, Log: n.log,
		Dial: func(ctx context.Context, queue string) (net.Conn, error) { return n.dial(ctx, "tcp", queue) }})
}

// enqueue puts a photo into the first queue that answers.
func (r webRole) enqueue(ctx context.Context, id string, user int64) (time.Duration, error) {
	t, _ := trace.Of(ctx)
	ack, err := r.publisher.Publish(ctx, jobs.Job{ID: id, User: user, Trace: t})
	return ack.Took, err
}

// access is the log of a role's requests; nil when there is none.
func (n *Node) access(r targets.Role) *slog.Logger {
	if n.spec.Telemetry == nil || !n.spec.Telemetry.Access {
		return nil
	}
	return n.log.With("role", r.Name)
}

// sample is the share of requests that are traced through every hop.
func (n *Node) sample() float64 {
	if n.spec.Telemetry == nil {
		return 0
	}
	return n.spec.Telemetry.Sample
}
