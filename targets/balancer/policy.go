package balancer

import (
	"fmt"

	"rung/targets"
)

// policy chooses the backend of one request. Calls never overlap: the fleet
// makes them under its lock, so that a choice by load sees the choice before.
type policy interface {
	// pick returns one of the candidates; there is always at least one.
	// client is the IP address of the client.
	pick(candidates []*backend, client string) *backend
}

func newPolicy(name targets.Policy, seed uint64) (policy, error) {
	switch name {
	case targets.PolicyRoundRobin:
		return roundRobin{}, nil
	case targets.PolicyLeastConnections:
		return leastConnections{}, nil
	case targets.PolicyRandomTwo:
		return newRandomTwo(seed), nil
	case targets.PolicyIPHash:
		return ipHash{}, nil
	}
	return nil, fmt.Errorf("unknown policy %q: allowed are %v", name, targets.Policies())
}
