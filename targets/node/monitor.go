package node

import (
	"context"
	"time"

	"rung/targets"
	"rung/targets/monitor"
)

type monitorRole struct{ *monitor.Server }

func (r monitorRole) serve(ctx context.Context, s sockets) error { return r.Serve(ctx, s.tcp) }

func (n *Node) buildMonitor(r targets.Role) (role, error) {
	s, err := monitor.New(*r.Monitor, monitor.Config{Role: r.Name, Node: n.spec.Node.Name, Share: n.machine.For(r.Name), Log: n.log.With("role", r.Name), Now: time.Now})
	if err != nil {
		return nil, err
	}
	return monitorRole{s}, nil
}
