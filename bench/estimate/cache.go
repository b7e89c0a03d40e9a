package estimate

import "rung/targets"

// lookUp reads through the cache tier: a hit is one question there, a miss
// goes on to the store and fills the cache before it is answered.
func (m *model) lookUp(r *route) []*route {
	shelves := m.path.shelves
	if _, ok := cached(r.operation); shelves == nil || !ok {
		return m.query(r)
	}
	m.askCache(r, m.path.caches, "look")
	miss := r.fork(1 - shelves.hit[r.operation])
	if miss == nil {
		return []*route{r}
	}
	routes := m.query(miss)
	for _, r := range routes {
		m.askCache(r, m.path.caches, "fill")
	}
	if r.share <= 0 { // nothing hits
		return routes
	}
	return append(routes, r)
}

// forget deletes what is cached of a user after a write: the user and the
// orders, one after the other.
func (m *model) forget(r *route) {
	if c := m.path.web().Web.Cache; c == nil || !c.Invalidate {
		return
	}
	for range 2 {
		m.askCache(r, m.path.caches, "forget")
	}
}

// askCache is one command to a node of a tier. The keys are spread over the
// nodes by chance; each node has a line of its own.
func (m *model) askCache(r *route, tier []targets.Role, label string) {
	at := m.path.group(tier)
	m.travel(r, m.path.home().Name, at.node.Name, 1)
	m.work(r, at, "cpu", tier[0].Cache.Demand, label)
}

// session adds what it takes to find or keep a login: nothing where the web
// server's own memory or the client has it.
func (m *model) session(r *route) []*route {
	p := m.path
	login := r.operation == targets.OpLogin
	switch p.web().Web.Sessions.Store {
	case targets.SessionsCache:
		m.askCache(r, p.keepers, "session")
	case targets.SessionsDatabase:
		s := p.tiers[0]
		if login {
			return m.write(r, s, targets.StatementWrite, "")
		}
		return m.ask(r, s.primary(), targets.StatementRead, "")
	case targets.SessionsVolume:
		return m.file(r, login)
	}
	return []*route{r}
}

// file reads or writes a session's file. A read of one that is not in memory,
// and every write, takes a disk access. All sessions are used alike.
func (m *model) file(r *route, write bool) []*route {
	v, at := m.path.volume.Volume, m.path.at(*m.path.volume)
	m.travel(r, m.path.home().Name, at.node.Name, 1)
	m.work(r, at, "cpu", v.Demand, "session")
	missing := 0.0
	if n := m.workload.Sessions; v.PoolFiles > 0 && n > v.PoolFiles {
		missing = 1 - float64(v.PoolFiles)/float64(n)
	}
	if write {
		missing = 1
	}
	miss := r.fork(missing)
	if miss == nil {
		return []*route{r}
	}
	m.work(miss, at, "disk", v.Access, "session file")
	if r.share <= 0 {
		return []*route{miss}
	}
	return []*route{r, miss}
}
