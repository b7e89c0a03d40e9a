package node

import (
	"context"
	"fmt"
	"net"

	"rung/targets"
	"rung/targets/telemetry"
)

// shipped stands for the lines sent to the monitor among a node's roles'
// metrics.
const shipped = "node/logs"

// observed is what a node tells to others than the harness. The zero value
// tells nothing.
type observed struct {
	server  *telemetry.Server
	shipper *telemetry.Shipper
}

// observe begins to tell, after every role runs: a node that answers checks
// is one that serves.
func (n *Node) observe(ctx context.Context) {
	if n.spec.Telemetry == nil {
		return
	}
	name := n.spec.Node.Name
	if to := n.spec.Telemetry.Logs; to != "" {
		n.observed.shipper = telemetry.NewShipper(telemetry.ShipperConfig{Node: name,
			Dial: func(ctx context.Context) (net.Conn, error) { return n.dial(ctx, "tcp", to) }})
		n.logs.ship(n.observed.shipper)
	}
	kinds := map[string]targets.Kind{}
	for _, r := range n.spec.Node.Roles {
		kinds[r.Name] = r.Kind
	}
	n.observed.server = telemetry.New(telemetry.Config{Node: name, Topology: n.spec.Topology, Version: max(n.spec.Version, 1),
		Metrics: n.metrics, Kinds: kinds, Log: n.log})
	s := n.sockets[targets.TelemetryEndpoint(name)]
	n.running.Go(func() {
		if err := n.observed.server.Serve(ctx, s.tcp); err != nil && ctx.Err() == nil {
			n.failed <- fmt.Errorf("telemetry stopped: %w", err)
		}
	})
}

// close sends the last lines.
func (o observed) close() {
	if o.shipper != nil {
		o.shipper.Close() // never fails
	}
	if o.server != nil {
		o.server.Close()
	}
}
