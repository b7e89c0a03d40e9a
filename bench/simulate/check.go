package simulate

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Bounds of a network.
const (
	// MaxServers of all groups together.
	MaxServers = 1_000_000
	// MaxHeld is how many groups a request may hold a server of at once.
	MaxHeld     = 8
	maxSteps    = 1_000_000
	maxDepth    = 16
	maxBranches = 64
)

// Check reports what is wrong with the network, or nil.
func (n Network) Check() error {
	total := 0
	for i, g := range n.Groups {
		switch {
		case g.Servers < 1 || g.Cells < 0 || g.Servers > MaxServers || g.cells() > MaxServers/g.Servers:
			return fmt.Errorf("group %d %q: %d servers in %d cells: allowed are 1 to %d together", i, g.Name, g.Servers, g.Cells, MaxServers)
		case g.Policy != "" && !slices.Contains(Policies(), g.Policy):
			return fmt.Errorf("group %d %q: %q is not a policy", i, g.Name, g.Policy)
		case g.Callers < 0 || g.Callers > len(n.Groups):
			return fmt.Errorf("group %d %q: callers %d: allowed is 0 to %d", i, g.Name, g.Callers, len(n.Groups))
		}
		if total += g.total(); total > MaxServers {
			return fmt.Errorf("network: more than %d servers", MaxServers)
		}
	}
	for i, s := range n.Stations {
		switch {
		case s.Group < 0 || s.Group >= len(n.Groups):
			return fmt.Errorf("station %d %q: there is no group %d", i, s.Name, s.Group)
		case s.Slots < 1 || s.Slots > math.MaxInt32:
			return fmt.Errorf("station %d %q: %d slots: allowed is 1 and more", i, s.Name, s.Slots)
		case s.Quantum < 0:
			return fmt.Errorf("station %d %q: quantum %v is negative", i, s.Name, s.Quantum)
		}
	}
	for i, a := range n.Appliers {
		if err := n.checkApplier(a); err != nil {
			return fmt.Errorf("applier %d: %w", i, err)
		}
	}
	return n.checkRoutes()
}

func (n Network) checkApplier(a Applier) error {
	if a.Group < 0 || a.Group >= len(n.Groups) {
		return fmt.Errorf("there is no group %d", a.Group)
	}
	for _, s := range []int{a.Station, a.Disk} {
		if s >= len(n.Stations) || (s >= 0 && n.Stations[s].Group != a.Group) {
			return fmt.Errorf("station %d is not one of group %d", s, a.Group)
		}
	}
	return errors.Join(a.Item.Check(), a.Access.Check())
}

func (n Network) checkRoutes() error {
	total, steps := 0.0, 0
	for i, r := range n.Routes {
		if !(r.Share >= 0) || math.IsInf(r.Share, 1) {
			return fmt.Errorf("route %d %q: share %v: it must be 0 or more", i, r.Operation, r.Share)
		}
		total += r.Share
		if err := n.checkSteps(r.Steps, &steps, 0); err != nil {
			return fmt.Errorf("route %d %q: %w", i, r.Operation, err)
		}
	}
	if !(total > 0) || math.IsInf(total, 1) {
		return errors.New("network: no route has a share")
	}
	return nil
}

func (n Network) checkSteps(steps []Step, count *int, depth int) error {
	if *count += len(steps); *count > maxSteps || depth > maxDepth {
		return fmt.Errorf("more than %d steps, or forks in more than %d forks", maxSteps, maxDepth)
	}
	for i, s := range steps {
		if err := n.checkStep(s); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		for _, b := range s.branches {
			if !(b.Chance >= 0 && b.Chance <= 1) {
				return fmt.Errorf("step %d: chance %v of a branch: allowed is 0 to 1", i, b.Chance)
			}
			if err := n.checkSteps(b.Steps, count, depth+1); err != nil {
				return fmt.Errorf("step %d: %w", i, err)
			}
		}
	}
	return nil
}

func (n Network) checkStep(s Step) error {
	known := len(n.Groups)
	switch s.kind {
	case stepWork:
		if err := s.law.Check(); err != nil {
			return err
		}
		known = len(n.Stations)
	case stepApply:
		known = len(n.Appliers)
	case stepHold, stepLeave:
		if s.index >= 0 && s.index < known && s.server > n.Groups[s.index].Servers {
			return fmt.Errorf("group %q has no server %d", n.Groups[s.index].Name, s.server-1)
		}
	case stepFork:
		if len(s.branches) > maxBranches {
			return fmt.Errorf("%d branches: allowed are %d", len(s.branches), maxBranches)
		}
		if s.need < nobody || s.need > len(s.branches) {
			return fmt.Errorf("%d of %d branches cannot be waited for", s.need, len(s.branches))
		}
		return nil
	case stepDelay:
		for _, d := range s.delays {
			if d < 0 {
				return fmt.Errorf("delay %v is negative", d)
			}
		}
		return nil
	}
	if s.index < 0 || s.index >= known || s.server < 0 {
		return fmt.Errorf("there is no number %d", s.index)
	}
	return nil
}
