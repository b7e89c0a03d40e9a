package launch

import (
	"context"
	"fmt"
	"os"
	"slices"

	"rung/targets"
)

// Begin starts a node that is on standby, or that has ended, and returns when
// it serves. Nobody is told of it but itself.
func (s *System) Begin(ctx context.Context, node string) error {
	if s.Alive(node) {
		return fmt.Errorf("node %s: runs already", node)
	}
	spec, err := s.spec(node)
	if err != nil {
		return err
	}
	if _, err := s.process(node); err == nil {
		if spec, err = s.samePorts(spec); err != nil {
			return err
		}
	}
	return s.add(ctx, spec)
}

// End has a node end by itself, as when its machine is shut down, and returns
// when it has. What it was doing is cut off after a grace of 2 s.
func (s *System) End(node string) error {
	p, err := s.process(node)
	if err != nil {
		return err
	}
	p.end(grace)
	return nil
}

// Replace starts a new machine for a node that has ended: the same addresses,
// an empty disk.
func (s *System) Replace(ctx context.Context, node string) error {
	if s.Alive(node) {
		return fmt.Errorf("node %s: still runs", node)
	}
	if err := os.RemoveAll(s.config.data(node)); err != nil {
		return fmt.Errorf("node %s: data directory: %w", node, err)
	}
	// It stays one when it is restarted before it has the data.
	if err := s.change(node, func(spec *targets.Spec) { spec.Replacement = true }); err != nil {
		return err
	}
	return s.Restart(ctx, node)
}

// Deploy starts a node that has ended with another version of the software,
// on the same addresses and data.
func (s *System) Deploy(ctx context.Context, node string, version int) error {
	if err := s.change(node, func(spec *targets.Spec) { spec.Version = version }); err != nil {
		return err
	}
	return s.Restart(ctx, node)
}

// change changes what a node is told from its next start on.
func (s *System) change(node string, how func(*targets.Spec)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, ok := s.plan.specs[node]
	if !ok {
		return fmt.Errorf("there is no node %q", node)
	}
	how(&spec)
	s.plan.specs[node] = spec
	return nil
}

// spec is what a node is told.
func (s *System) spec(node string) (targets.Spec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, ok := s.plan.specs[node]
	if !ok {
		return spec, fmt.Errorf("there is no node %q", node)
	}
	return spec, nil
}

// Servers tells balancer role which servers there are now.
func (s *System) Servers(ctx context.Context, balancer string, roles []string) error {
	endpoints, addresses := s.Endpoints(), map[string]string{}
	for _, r := range roles {
		addresses[r] = endpoints[r].Address
	}
	return s.Command(ctx, balancer, targets.Command{Do: targets.DoServers, Servers: addresses, Endpoints: endpoints})
}

// Resharded tells what nodes are told at their next start: where the data is
// since users were moved.
func (s *System) Resharded(to targets.Sharding) error {
	for _, n := range s.topology.Nodes {
		err := s.change(n.Name, func(spec *targets.Spec) {
			roles := slices.Clone(spec.Node.Roles) // the topology has them too
			for i, r := range roles {
				switch {
				case r.Web != nil && r.Web.Sharding != nil:
					web := *r.Web
					web.Sharding = &to
					roles[i].Web = &web
				case r.Worker != nil && r.Worker.Data.Sharding != nil:
					worker := *r.Worker
					worker.Data.Sharding = &to
					roles[i].Worker = &worker
				}
			}
			spec.Node.Roles = roles
		})
		if err != nil {
			return err
		}
	}
	return nil
}
