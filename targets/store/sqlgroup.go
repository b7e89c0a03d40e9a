package store

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// sqlKind says where a statement may go.
type sqlKind int

const (
	sqlRead  sqlKind = iota // where SQLConfig.Reads says
	sqlFresh                // a read that must see the last write: to the primary
	sqlWrite                // to the primary, and of a kind that may be carried out twice
)

// sqlHurry is how often members are asked who is primary while a call waits for one. A
// question is one session of each member, so it is not asked more often.
const sqlHurry = 100 * time.Millisecond

// sqlSet is a set of members.
type sqlSet uint64

// sqlGroup chooses the member of each statement.
//
// Members say themselves whether they are the primary: when a session begins, and, if
// that has changed, with any answer (the parameter in_hot_standby). A member that
// turns primary takes over from the one that was; of two that both say so the one that
// turned last is believed, until it says otherwise or fails. SQLSTATE 25006 also means
// that a member is no primary.
//
// A member that failed gets nothing until it has answered a question, see SQL.seek and
// SQL.watch. One that does not answer the question loses its connections, so that what
// waits for its answers is tried elsewhere. An only member is never left alone. While no
// primary is known, what needs one waits for it as long as its call may take.
type sqlGroup struct {
	members []*sqlMember
	reads   string
	probe   time.Duration
	// hurry is the least time between questions to all members on demand.
	hurry time.Duration
	// patience bounds one question to one member.
	patience time.Duration

	mu      sync.Mutex
	dice    *rand.Rand
	primary *sqlMember    // up and a primary by its own word; nil when there is none
	last    *sqlMember    // the latest primary
	due     time.Time     // no questions on demand before
	met     bool          // every member has been asked once
	clock   int64         // counts what changed, so that late news of before can be told
	news    chan struct{} // closed when something has changed
	// primaries counts changes of the primary, reroutes tries at another member, waits
	// those for a primary.
	primaries, reroutes, waits int64
}

func (g *sqlGroup) open(config SQLConfig) {
	g.reads, g.probe, g.hurry = config.Reads, config.Probe, min(config.Probe, sqlHurry)
	g.patience = min(config.Timeout, max(config.Probe, time.Second))
	g.dice = rand.New(rand.NewPCG(config.Seed, 1))
	g.news = make(chan struct{})
}

// add is to be called before any statement.
func (g *sqlGroup) add(m *sqlMember) {
	m.bit = 1 << len(g.members)
	g.members = append(g.members, m)
}

func (g *sqlGroup) lone() bool { return len(g.members) == 1 }

// spread says that statements of this kind have a choice.
func (g *sqlGroup) spread(kind sqlKind) bool {
	return kind == sqlRead && g.reads != sqlReadsPrimary && !g.lone()
}

// tied says that statements of this kind must go to the primary of several members.
func (g *sqlGroup) tied(kind sqlKind) bool { return !g.lone() && !g.spread(kind) }

// most is how often a statement may be tried. What needs a primary is tried until its
// time is over: there will be another one.
func (g *sqlGroup) most(kind sqlKind) int {
	switch {
	case g.tied(kind):
		return math.MaxInt
	case g.lone():
		return 2
	}
	return len(g.members)
}

// fit chooses a member for a statement, nil when none will do. Of those that may
// answer a read, two are drawn and the one with fewer calls on their way is taken
// (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). Only
// reads with a choice leave out what was tried. The mutex is held.
func (g *sqlGroup) fit(kind sqlKind, tried sqlSet) *sqlMember {
	if g.lone() {
		return g.members[0]
	}
	if !g.spread(kind) {
		return g.primary
	}
	var fit [maxSQLMembers]*sqlMember
	n := 0
	for _, m := range g.members {
		if !m.up || tried&m.bit != 0 || (g.reads == sqlReadsReplicas && m.role != roleReplica) {
			continue
		}
		if g.reads == sqlReadsNearest && n > 0 {
			if m.distance > fit[0].distance {
				continue
			}
			if m.distance < fit[0].distance {
				n = 0
			}
		}
		fit[n] = m
		n++
	}
	switch {
	case n == 0 && g.primary != nil && tried&g.primary.bit == 0:
		return g.primary
	case n < 2:
		return fit[0]
	}
	i, j := g.dice.IntN(n), g.dice.IntN(n-1)
	if j >= i {
		j++
	}
	if fit[j].calls < fit[i].calls {
		return fit[j]
	}
	return fit[i]
}

// hear takes in that a member has answered, and what it says it is. News from before
// the last change of the member are too late. The mutex is held.
func (g *sqlGroup) hear(m *sqlMember, at int64, role sqlRole) {
	if at < m.changed || (m.up && (role == roleUnknown || role == m.role)) {
		return
	}
	m.up = true
	if role != roleUnknown {
		m.role = role
	}
	g.change(m)
}

// fall takes in that a member has failed. The mutex is held.
func (g *sqlGroup) fall(m *sqlMember, at int64) {
	if at < m.changed || !m.up {
		return
	}
	m.up, m.role = false, roleUnknown
	g.change(m)
}

// change draws the conclusions from what changed of a member.
func (g *sqlGroup) change(m *sqlMember) {
	g.clock++
	m.changed = g.clock
	switch {
	case m.up && m.role == rolePrimary:
		g.primary = m
	case g.primary == m:
		g.primary = nil
		for _, other := range g.members {
			if other.up && other.role == rolePrimary {
				g.primary = other
			}
		}
	}
	if g.primary != nil {
		g.due = time.Time{}
		if g.last != nil && g.last != g.primary {
			g.primaries++
		}
		g.last = g.primary
	}
	close(g.news)
	g.news = make(chan struct{})
}

// doubtful lists who should be asked: members that are left alone, those that owe an
// answer and gave none since the last call of doubtful, and, when there is no primary or
// it is one of these, all. The mutex is held.
func (g *sqlGroup) doubtful() []*sqlMember {
	var list []*sqlMember
	all := g.primary == nil
	for _, m := range g.members {
		silent := m.calls > 0 && m.answers == m.seen
		m.seen = m.answers
		if !m.up || silent {
			list = append(list, m)
		}
		all = all || (silent && m == g.primary)
	}
	if all {
		return g.members
	}
	return list
}

func (g *sqlGroup) rerouted() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reroutes++
}

// Metrics returns counters, which only grow, and gauges. Those by member are left out
// when there is only one that has no name:
//
//	reads_total, writes_total    statements sent, tries included
//	member_<name>_reads_total    of these, by member
//	member_<name>_writes_total
//	member_<name>_up             gauge: 1 when it is not left alone
//	member_<name>_primary        gauge: 1 when writes go there
//	members_up                   gauge
//	primary_changes_total        times that another member became primary
//	reroutes_total               tries at another member after the first
//	primary_waits_total          tries that found no primary and waited for one
func (s *SQL) Metrics() map[string]float64 {
	g := &s.group
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]float64{"primary_changes_total": float64(g.primaries), "reroutes_total": float64(g.reroutes),
		"primary_waits_total": float64(g.waits)}
	for _, m := range g.members {
		reads, writes, up, primary := float64(m.reads.Load()), float64(m.writes.Load()), 0.0, 0.0
		if m.up {
			up = 1
		}
		if m == g.primary {
			primary = 1
		}
		out["reads_total"] += reads
		out["writes_total"] += writes
		out["members_up"] += up
		if m.name == "" {
			continue
		}
		prefix := "member_" + m.name + "_"
		out[prefix+"reads_total"], out[prefix+"writes_total"] = reads, writes
		out[prefix+"up"], out[prefix+"primary"] = up, primary
	}
	return out
}
