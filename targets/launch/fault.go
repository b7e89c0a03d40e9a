package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"syscall"
	"time"

	"rung/targets"
)

// Kill ends a node with SIGKILL and returns when it is gone, and when that
// was.
func (s *System) Kill(node string) (time.Time, error) {
	p, err := s.process(node)
	if err != nil {
		return time.Time{}, err
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		return time.Time{}, err
	}
	at := time.Now()
	<-p.done
	return at, nil
}

// Hang stops a node with SIGSTOP: its sockets stay open and nobody answers.
func (s *System) Hang(node string) error {
	p, err := s.process(node)
	if err != nil {
		return err
	}
	return p.signal(syscall.SIGSTOP)
}

// Resume lets a stopped node go on.
func (s *System) Resume(node string) error {
	p, err := s.process(node)
	if err != nil {
		return err
	}
	return p.signal(syscall.SIGCONT)
}

// Restart starts a new process for a node that has ended, on the same
// addresses and the same data, and returns when it serves.
func (s *System) Restart(ctx context.Context, node string) error {
	return s.again(ctx, node, func(*targets.Spec) {})
}

// RestartAfterPowerCut is Restart of a machine that lost its power: what was
// not synced to its disk is gone.
func (s *System) RestartAfterPowerCut(ctx context.Context, node string) error {
	return s.again(ctx, node, func(spec *targets.Spec) { spec.PowerCut = true })
}

// again starts a new process for a node that has ended, with a changed
// specification.
func (s *System) again(ctx context.Context, node string, change func(*targets.Spec)) error {
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
	change(&spec)
	return s.add(ctx, spec)
}

// add starts a node beside those that run, and returns when it serves.
func (s *System) add(ctx context.Context, spec targets.Spec) error {
	p, endpoints, err := s.startNode(ctx, spec)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		p.end(grace)
		return errors.New("the system was closed meanwhile")
	}
	s.processes[spec.Node.Name] = p
	maps.Copy(s.endpoints, endpoints)
	s.mu.Unlock()
	_, err = p.call(ctx, targets.Command{Do: targets.DoServe, Endpoints: s.Endpoints()})
	return err
}

// samePorts pins a specification to the ports that the node had.
func (s *System) samePorts(spec targets.Spec) (targets.Spec, error) {
	endpoints := s.Endpoints()
	roles := make([]targets.Role, len(spec.Node.Roles))
	spec.TLSPorts = map[string]int{}
	for i, r := range spec.Node.Roles {
		address, err := netip.ParseAddrPort(endpoints[r.Name].Address)
		if err != nil {
			return spec, fmt.Errorf("address of role %s: %w", r.Name, err)
		}
		r.Port = int(address.Port())
		roles[i] = r
		if tls, err := netip.ParseAddrPort(endpoints[r.Name].TLS); err == nil {
			spec.TLSPorts[r.Name] = int(tls.Port())
		}
	}
	spec.Node.Roles = roles
	if at, err := netip.ParseAddrPort(endpoints[targets.TelemetryEndpoint(spec.Node.Name)].Address); err == nil {
		spec.TelemetryPort = int(at.Port())
	}
	return spec, nil
}

// Impair changes the wire from one node, or from clients, to another. The
// zero Impairment heals it.
func (s *System) Impair(ctx context.Context, from, to string, i targets.Impairment) error {
	if link, ok := s.clients[[2]string{from, to}]; ok {
		link.Impair(i)
		return nil
	}
	_, err := s.call(ctx, from, targets.Command{Do: targets.DoImpair, To: to, Impairment: i})
	return err
}

// PID is the process id of a node, 0 when it has never run.
func (s *System) PID(node string) int {
	p, err := s.process(node)
	if err != nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Alive reports whether the node's process runs.
func (s *System) Alive(node string) bool {
	p, err := s.process(node)
	if err != nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (s *System) process(node string) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.processes[node]
	if !ok {
		return nil, fmt.Errorf("there is no node %q", node)
	}
	return p, nil
}
