package node

import (
	"context"
	"net"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/queue"
	"rung/targets/store"
	"rung/targets/worker"
)

type queueRole struct{ *queue.Server }

func (r queueRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (r queueRole) events() []targets.Event { return r.Events() }

func (n *Node) buildQueue(r targets.Role) (role, error) {
	s, err := queue.New(*r.Queue, queue.Config{Role: r.Name, Share: n.machine.For(r.Name), Directory: n.folder(r),
		Log: n.log.With("role", r.Name), PowerCut: n.spec.PowerCut})
	if err != nil {
		return nil, err
	}
	return queueRole{s}, nil
}

type workerRole struct {
	*worker.Server
	tier
}

func (r workerRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (r workerRole) Metrics() map[string]float64 { return r.Server.Metrics() }

func (r workerRole) Close() error {
	err := r.Server.Close()
	r.tier.Close()
	return err
}

func (r workerRole) sharded() *store.Sharded { return r.shards }

func (n *Node) buildWorker(r targets.Role) (role, error) {
	data, err := n.openData(r.Worker.Data, reading{policy: targets.ReadsPrimary})
	if err != nil {
		return nil, err
	}
	var consumers []*jobs.Consumer
	for _, q := range r.Worker.Queues {
		consumers = append(consumers, jobs.NewConsumer(jobs.ConsumerConfig{Queue: jobs.Endpoint{Name: q, Address: n.address(q)},
			Concurrency: r.Worker.Concurrency, Log: n.log.With("role", r.Name),
			Dial: func(ctx context.Context, queue string) (net.Conn, error) { return n.dial(ctx, "tcp", queue) }}))
	}
	s, err := worker.New(*r.Worker, worker.Config{Role: r.Name, Share: n.machine.For(r.Name), Store: data.Store, Consumers: consumers,
		Access: n.access(r), Log: n.log.With("role", r.Name)})
	if err != nil {
		for _, c := range consumers {
			c.Close()
		}
		data.Close()
		return nil, err
	}
	return workerRole{s, data}, nil
}
