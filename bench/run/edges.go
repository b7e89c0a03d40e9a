package run

import (
	"fmt"

	"rung/targets"
)

// Prices of a gigabyte that leaves the site for its users, in USD, by
// sirupsen/napkin-math (2026-03): from the site itself, and from a content
// delivery network.
const (
	egressUSD = 0.10
	cdnUSD    = 0.05
	gigabyte  = 1e9
)

// edgeFacts states what the edges saved the site between two readings.
func (s *session) edgeFacts(b *bed, prefix string, before, after reading) {
	count := func(counter string) (total float64) {
		for _, r := range b.system.Topology().RolesOf(targets.KindEdge) {
			node := b.system.Endpoints()[r.Name].Node
			total += after.nodes[node].Roles[r.Name][counter] - before.nodes[node].Roles[r.Name][counter]
		}
		return total
	}
	requests := count("requests_total")
	if requests == 0 {
		return
	}
	origin := count("origin_requests_total")
	toUsers, fromOrigin := count("egress_bytes_total"), count("origin_bytes_total")
	from := fmt.Sprintf("counters of the edges, %.0f requests", requests)
	s.facts.Add(prefix+".origin_requests_saved_ratio", 1-origin/requests, from)
	s.facts.Add(prefix+".edge_hit_ratio", count("hits_total")/requests, from)
	s.facts.Add(prefix+".egress_bytes", toUsers, from)
	s.facts.Add(prefix+".origin_bytes", fromOrigin, from)
	if toUsers > 0 {
		perMillion := 1e6 / requests / gigabyte
		s.facts.Add(prefix+".cdn_cost_per_million_usd", (toUsers*cdnUSD+fromOrigin*egressUSD)*perMillion,
			from+": USD 0.05/GB from the edges, 0.10/GB from the site")
		s.facts.Add(prefix+".direct_cost_per_million_usd", toUsers*egressUSD*perMillion, from+": the same bytes at USD 0.10/GB from the site")
	}
}
