package launch

import (
	"context"
	"fmt"
	"os"

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
	spec, err := s.spec(node)
	if err != nil {
		return err
	}
	if spec, err = s.samePorts(spec); err != nil {
		return err
	}
	if err := os.RemoveAll(spec.Directory); err != nil {
		return fmt.Errorf("node %s: data directory: %w", node, err)
	}
	spec.Replacement = true
	s.mu.Lock()
	whole := s.plan.specs[node]
	whole.Replacement = true // it stays one when it is restarted before it has the data
	s.plan.specs[node] = whole
	s.mu.Unlock()
	return s.add(ctx, spec)
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
