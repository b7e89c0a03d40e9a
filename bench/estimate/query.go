package estimate

import (
	"slices"

	"rung/bench/simulate"
	"rung/targets"
)

func writes(v targets.Visit) bool {
	return v.Statement == targets.StatementWrite || v.Statement == targets.StatementSet
}

// kind of the stores.
func (m *model) kind() targets.Kind { return m.tiers[0].store.Kind }

// sharded says that the data are on several shards, also if there is one only.
func (m *model) sharded() bool { return m.paths[0].web().Web.Sharding != nil }

// visitsOf is what an operation asks of the store of its user, in order. What
// it asks of further shards comes after.
func (m *model) visitsOf(p *path, op targets.Operation) []targets.Visit {
	data := m.data()
	visits := targets.Visits(op, m.kind(), data)
	copied := p.web().Web.Denormalised
	switch {
	case m.kind() == targets.KindKeyValue:
	case op == targets.OpFollowing && data.Follows == 0:
		return nil // there is no such table: it is refused
	case op == targets.OpFollowing && (copied || m.sharded()):
		return []targets.Visit{{Statement: targets.StatementRead, Serial: true}} // the user's rows, with copies of names
	case op == targets.OpEdit && copied && !m.sharded():
		return append(visits, targets.Visit{Statement: targets.StatementWrite, Serial: true}) // the copies
	}
	return visits
}

// data is the size of the data set. Follows is a matter of the stores.
func (m *model) data() targets.Data {
	data := m.workload.Data
	data.Follows = max(data.Follows, m.tiers[0].settings().Data.Follows)
	return data
}

// query adds an operation's statements, at the shard of each user.
func (m *model) query(r *route) []*route {
	var routes []*route
	for i, r := range r.split(m.weights(r.operation)) {
		if r != nil {
			routes = append(routes, m.statements(r, m.path.tiers[i])...)
		}
	}
	return routes
}

// weights is the share of an operation's statements that each tier of the path
// gets.
func (m *model) weights(op targets.Operation) []float64 {
	if !m.sharded() {
		return []float64{1}
	}
	return m.audience.weights(op == targets.OpUser, m.missing(m.path, op))
}

// missing is the share of an operation's reads that a cache in front lets
// through, by rank; nil for all.
func (m *model) missing(p *path, op targets.Operation) []float64 {
	table, ok := cached(op)
	if !ok || p.shelves == nil {
		return nil
	}
	return p.shelves.missing[table]
}

// statements adds what an operation asks of a tier. Where a page may miss, the
// route forks: one branch finds it in memory, the other waits for the disk.
func (m *model) statements(r *route, s *tier) []*route {
	routes := []*route{r}
	seen := map[string]bool{}
	for _, v := range m.visitsOf(m.path, r.operation) {
		page := v.Page
		if seen[page] { // the second look at a page finds it in memory
			page = ""
		}
		seen[v.Page] = true
		var next []*route
		for _, r := range routes {
			next = append(next, m.statement(r, s, v.Statement, page, writes(v))...)
		}
		routes = next
	}
	if m.sharded() {
		for _, r := range routes {
			m.fanOut(r)
		}
	}
	return routes
}

// statement sends one statement to the members that answer it.
func (m *model) statement(r *route, s *tier, class targets.Statement, page string, write bool) []*route {
	if write {
		return m.write(r, s, class, page)
	}
	weights := make([]float64, len(s.parts))
	for i, x := range s.parts {
		weights[i] = x.reads[m.path]
	}
	var routes []*route
	for i, r := range slices.Backward(r.split(weights)) { // the primary last
		if r != nil {
			routes = append(routes, m.ask(r, s.parts[i], class, page)...)
		}
	}
	return routes
}

// ask adds a statement's round trip, its CPU time and, where it misses, the
// page's disk access.
func (m *model) ask(r *route, x *part, class targets.Statement, page string) []*route {
	law := x.tier.settings()
	group := m.draft.group(x.place)
	if len(x.names) > 1 {
		m.draft.choose(x.place, m.path.group(m.path.webs))
	}
	r.took(simulate.Hold(group))
	m.travel(r, m.path.home().Name, x.node.Name, 1)
	m.work(r, x.place, "cpu", law.Demand[class], string(class))
	routes := []*route{r}
	if page != "" {
		if miss := r.fork(x.misses[page]); miss != nil {
			m.work(miss, x.place, "disk", law.Access, "page miss")
			routes = append(routes, miss)
		}
	}
	for _, r := range routes {
		r.took(simulate.Leave(group))
	}
	return routes
}

// write adds a write at the primary, its commit, and what its replicas do.
func (m *model) write(r *route, s *tier, class targets.Statement, page string) []*route {
	routes := m.ask(r, s.primary(), class, page)
	for _, r := range routes {
		m.work(r, s.primary().place, "disk", s.settings().Access, "commit")
		m.replicate(r, s, class)
	}
	return routes
}
