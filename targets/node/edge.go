package node

import (
	"context"
	"net"

	"rung/targets"
	"rung/targets/cdn"
)

func (n *Node) buildEdge(r targets.Role) (role, error) {
	s, err := cdn.New(*r.Edge, cdn.Config{Role: r.Name, Site: n.spec.Site, Share: n.machine.For(r.Name), Log: n.log.With("role", r.Name), Access: n.access(r), Sample: n.sample(),
		Dial: func(ctx context.Context, role string) (net.Conn, error) { return n.dial(ctx, "tcp", role) }, Seed: n.spec.Seed})
	if err != nil {
		return nil, err
	}
	return edgeRole{s}, nil
}
