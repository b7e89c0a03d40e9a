package estimate

import (
	"fmt"
	"math"

	"rung/targets"
)

// LoggedOut is the share of the users, 0 to 1, who must log in again when one
// of the web servers is lost: those of that server where each keeps its own
// logins, and nobody where a store is shared. With logins in each server's
// memory users must be sticky; the model then says that they are spread evenly.
// It is an error where servers keep their own and no balancer is sticky: then
// users are logged out all the time.
func LoggedOut(t targets.Topology) (ratio float64, derivation []string, err error) {
	p, err := pathOf(t, "")
	if err != nil {
		return 0, nil, err
	}
	if s := p.web().Web.Sessions.Store; s != "" && s != targets.SessionsMemory {
		return 0, []string{fmt.Sprintf("logins are in the shared store %q: any server knows them", s)}, nil
	}
	n := len(p.webs)
	if n > 1 && !p.balancer.Balancer.Sticky {
		return 0, nil, fmt.Errorf("topology %s: servers keep their own logins, and no balancer is sticky", t.Name)
	}
	return 1 / float64(n), []string{fmt.Sprintf("each of %d servers has its own logins: 1/%d of the users", n, n)}, nil
}

// Servers is how many servers keep the use of their slots at or below target
// when requests come at a rate per second and take demand seconds of slot
// time each: ceil(rate * demand / (slots * target)), at least 1. Slots is that
// of one server. It is an error unless slots and target are positive.
func Servers(rate, demand float64, slots int, target float64) (int, error) {
	if !(slots > 0 && target > 0 && rate >= 0 && demand >= 0) || math.IsInf(rate*demand, 1) {
		return 0, fmt.Errorf("servers for %v/s of %v s on %d slots at %v: slots and target must be positive", rate, demand, slots, target)
	}
	const rounding = 1e-9 // of a server: 3.0000000001 is three
	return int(max(1, math.Ceil(rate*demand/(float64(slots)*target)-rounding))), nil
}

// ServersWanted is what an autoscaler of the topology settles at when
// requests come at a rate: Servers, within its bounds. It is an error without
// an autoscaler.
func ServersWanted(t targets.Topology, rate, demand float64) (int, error) {
	a := t.Autoscale
	if a == nil || len(a.Nodes) == 0 {
		return 0, fmt.Errorf("topology %s: there is no autoscaler", t.Name)
	}
	node, ok := t.Node(a.Nodes[0])
	if !ok {
		return 0, fmt.Errorf("topology %s: there is no node %q to scale", t.Name, a.Nodes[0])
	}
	n, err := Servers(rate, demand, node.Machine.CPU.Slots, a.Target)
	return min(max(n, a.Min), a.Max), err
}
