package store

import (
	"context"
	"time"
)

// pick chooses a member for a try. If there is none, it waits for those that are asked;
// what needs a primary waits for one until ctx ends. The number says when the member was
// chosen, for SQL.learn, which must follow.
func (s *SQL) pick(ctx context.Context, t *Timing, kind sqlKind, tried sqlSet) (*sqlMember, int64) {
	g := &s.group
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.fit(kind, tried)
	if m == nil {
		start := time.Now()
		if !g.met || !g.tied(kind) {
			s.seek(ctx, kind, tried)
			m = g.fit(kind, tried)
		}
		if m == nil && g.tied(kind) {
			m = s.await(ctx)
		}
		t.Wait += time.Since(start)
	}
	if m != nil {
		m.calls++
	}
	return m, g.clock
}

// seek asks the members, unless that was done just now, and waits until one is fit,
// all that are being asked have answered, or ctx ends. Only the first round is waited
// for in any case, so that reads do not all go to whoever answered first. The mutex is
// held, but for the waits.
func (s *SQL) seek(ctx context.Context, kind sqlKind, tried sqlSet) {
	g := &s.group
	s.ask()
	var pending []chan struct{}
	for _, m := range g.members {
		if m.asked != nil {
			pending = append(pending, m.asked)
		}
	}
	first := !g.met
	for _, done := range pending {
		for open := true; open; {
			if !first && g.fit(kind, tried) != nil {
				return
			}
			news := g.news
			g.mu.Unlock()
			var ended bool
			select {
			case <-done:
				open = false
			case <-news:
			case <-ctx.Done():
				ended = true
			}
			g.mu.Lock()
			if ended {
				return
			}
		}
	}
	g.met = true
}

// await waits for a primary, and has the members asked meanwhile. It returns nil when ctx
// ends first. The mutex is held, but for the waits.
func (s *SQL) await(ctx context.Context) *sqlMember {
	g := &s.group
	if g.primary != nil || ctx.Err() != nil {
		return g.primary
	}
	g.waits++
	tick := time.NewTicker(g.hurry)
	defer tick.Stop()
	for g.primary == nil && ctx.Err() == nil {
		s.ask()
		news := g.news
		g.mu.Unlock()
		select {
		case <-news:
		case <-tick.C:
		case <-ctx.Done():
		}
		g.mu.Lock()
	}
	return g.primary
}

// ask asks all members who is primary, at most every sqlGroup.hurry until there is one.
// The mutex is held, and the caller counts as running.
func (s *SQL) ask() {
	g := &s.group
	now := time.Now()
	if g.lone() || now.Before(g.due) {
		return
	}
	g.due = now.Add(g.hurry)
	for _, m := range g.members {
		s.askMember(m)
	}
}

// askMember asks one member, unless it is being asked. The mutex is held, and the
// caller counts as running.
func (s *SQL) askMember(m *sqlMember) {
	g := &s.group
	if m.asked != nil || s.life.Err() != nil {
		return
	}
	done := make(chan struct{})
	m.asked = done
	at := g.clock
	s.running.Go(func() {
		ctx, cancel := context.WithTimeout(s.life, g.patience)
		defer cancel()
		role, err := m.ask(ctx)
		g.mu.Lock()
		defer g.mu.Unlock()
		m.asked = nil
		defer close(done)
		switch {
		case s.life.Err() != nil:
		case err != nil:
			g.fall(m, at)
			if !m.up {
				m.line.cut()
			}
		default:
			m.line.mend()
			g.hear(m, at, role)
		}
	})
}

// watch asks members that are in doubt, every SQLConfig.Probe and from the first
// statement on. It ends with the store.
func (s *SQL) watch() {
	g := &s.group
	tick := time.NewTicker(g.probe)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.life.Done():
			return
		}
		g.mu.Lock()
		if g.met {
			for _, m := range g.doubtful() {
				s.askMember(m)
			}
			if g.primary == nil {
				g.due = time.Now().Add(g.hurry)
			}
		}
		g.mu.Unlock()
	}
}

// sqlVerdict is what a try tells of its member.
type sqlVerdict int

const (
	sqlUnclear  sqlVerdict = iota // the caller gave up
	sqlAnswered                   // also with an error
	sqlSilent                     // no answer in time
	sqlFailed                     // refused, broken, or shutting down
)

// learn takes in what came of a try.
func (s *SQL) learn(m *sqlMember, at int64, v sqlVerdict, role sqlRole) {
	g := &s.group
	g.mu.Lock()
	defer g.mu.Unlock()
	m.calls--
	switch v {
	case sqlAnswered:
		m.answers++
		g.hear(m, at, role)
	case sqlSilent:
		if !g.lone() {
			s.askMember(m)
		}
	case sqlFailed:
		g.fall(m, at)
	}
	if g.primary == nil {
		s.ask()
	}
}
