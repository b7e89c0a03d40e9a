package replication

import "time"

// Status is what a member knows of itself and of its group.
type Status struct {
	// Role is "primary", "replica", or "joining" (it has no data yet).
	Role string
	Term uint64
	// Primary of the term, as far as it is known; empty when it is not.
	Primary string
	// Last is the end of the own log, all of which is applied, and PrimaryLast
	// that of the primary's, as last heard.
	Last, PrimaryLast Position
	// Members are the others, on a primary.
	Members []MemberStatus
}

// MemberStatus is what a primary knows of another member.
type MemberStatus struct {
	Name string
	// Matched is the last entry that it is known to have applied.
	Matched uint64
	// Synchronous says that it belongs to the synchronous set.
	Synchronous bool
	Heard       time.Time
}

// Status returns what the member knows now.
func (g *Group) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.core
	s := Status{Role: "replica", Term: c.term, Last: c.last, PrimaryLast: c.leaderLast}
	switch {
	case !c.joined:
		s.Role = "joining"
	case c.role == primary:
		s.Role, s.PrimaryLast = "primary", c.last
		for i, f := range c.reign.peers {
			if i != c.self {
				s.Members = append(s.Members, MemberStatus{Name: c.names[i], Matched: f.matched, Synchronous: f.member, Heard: f.heard})
			}
		}
	}
	if c.leader >= 0 {
		s.Primary = c.names[c.leader]
	}
	return s
}
