package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

const (
	// defaultKills of a failover experiment.
	defaultKills = 3
	// aroundKill is how long posts go on before each kill, so that there is
	// something to lose.
	aroundKill = 300 * time.Millisecond
)

// failover kills the primary again and again under posts, has the group
// promote another, and lets the old one come back. It counts what was
// acknowledged and lost, and what a recovery brings back.
func (s *session) failover(ctx context.Context, b *bed, e bench.Experiment) error {
	groups := b.groups()
	if len(groups) == 0 {
		return fmt.Errorf("kind failover needs a replicated database")
	}
	group := groups[0]
	kills := e.Count
	if kills == 0 {
		kills = defaultKills
	}
	if most := s.cfg.Profile.Failovers; most > 0 {
		kills = min(kills, most)
	}
	// What one kill takes: until it is noticed, until the old one is back,
	// and some room. The load goes on until the last one is over.
	length := time.Duration(kills)*(group.Lease+1500*time.Millisecond) + time.Second
	s.stepFor(length, "%s: kill the primary %d times", e.Name, kills)
	if err := b.caughtUp(ctx); err != nil {
		return err
	}
	books := newBooks(b.system.Topology())
	done := make(chan blows, 1)
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := b.attack(loadCtx, order{open: true, name: e.Name, rate: e.Rate, length: length, only: e.Operations, books: books, keep: true,
		interval: 100 * time.Millisecond,
		began: func(t time.Time) {
			go func() {
				done <- b.blows(ctx, group, e.Slow, kills)
				stop() // no more load is needed
			}()
		}})
	if seen == nil {
		return err
	}
	var did blows
	if !seen.began.IsZero() {
		did = <-done
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if did.err != nil {
		return did.err
	}
	if err := b.caughtUp(ctx); err != nil {
		return err
	}
	audit, _ := b.audits(ctx, books, seen.run)
	s.failoverFacts(e, seen, did, audit)
	return s.recover(ctx, b, e, books, seen)
}

// blow is one kill of a primary.
type blow struct {
	node   string
	killed time.Time
	takeover
}

// blows are the kills that happened.
type blows struct {
	list []blow
	err  error
}

func (b *bed) blows(ctx context.Context, group targets.Replication, slow time.Duration, kills int) (out blows) {
	for range kills {
		one, err := b.blow(ctx, group, slow)
		if err != nil {
			out.err = err
			return out
		}
		out.list = append(out.list, one)
	}
	return out
}

// blow kills the primary and restarts it when another has been promoted.
func (b *bed) blow(ctx context.Context, group targets.Replication, slow time.Duration) (blow, error) {
	primary, err := b.primary(ctx, group)
	if err != nil {
		return blow{}, err
	}
	if err := b.slowReplication(ctx, primary, slow); err != nil {
		return blow{}, err
	}
	if err := b.session.clock.Until(ctx, time.Now().Add(aroundKill+2*slow)); err != nil {
		return blow{}, err
	}
	out := blow{node: primary.node}
	if out.killed, err = b.system.Kill(primary.node); err != nil {
		return out, err
	}
	err = b.until(ctx, "another member is promoted", func() bool {
		out.takeover = b.takeover(ctx, group.Members, out.killed)
		return !out.promoted.IsZero()
	})
	if err != nil {
		return out, err
	}
	if err := b.system.Restart(ctx, primary.node); err != nil {
		return out, err
	}
	return out, b.caughtUp(ctx)
}

// slowReplication slows the wires from the primary to the other members; they
// are as designed again when its node has been restarted.
func (b *bed) slowReplication(ctx context.Context, primary member, slow time.Duration) error {
	if slow == 0 {
		return nil
	}
	for _, m := range b.members(ctx) {
		if m.node == primary.node || !slices.Contains(primary.group, m.role) {
			continue
		}
		if err := b.system.Impair(ctx, primary.node, m.node, targets.Impairment{Extra: slow}); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) failoverFacts(e bench.Experiment, o *seen, did blows, audit bench.Audit) {
	from := fmt.Sprintf("attack %s, %s", e.Name, o.measurement.Plan)
	prefix := e.Name + "."
	add := func(name string, value float64) { s.facts.Add(prefix+name, value, from) }
	add("kills_count", float64(len(did.list)))
	if audit.Checked {
		add("acknowledged_count", float64(audit.Acknowledged))
		add("lost_count", float64(audit.Lost))
		add("unacknowledged_count", float64(audit.Unacknowledged))
	}
	figure := bench.Figure{ID: e.Name, Title: "Time to recover from the loss of the primary, " + e.Name,
		How: "One bar for each kill of the primary under posts. Detection: a replica's lease ran out. Decision: a majority " +
			"elected the most advanced one. Promotion: it accepts writes. Convergence: the first post that it acknowledged.",
		X: bench.Axis{Label: "kill"}, Y: bench.Axis{Label: "time since the kill", Unit: bench.UnitNs}}
	names := [4]string{"detection", "decision", "promotion", "convergence"}
	for _, name := range names {
		figure.Series = append(figure.Series, bench.Series{Name: name, Mark: bench.MarkStack})
	}
	parts, totals := [4][]float64{}, []float64(nil)
	for i, one := range did.list {
		figure.X.Names = append(figure.X.Names, fmt.Sprintf("%d: %s", i+1, one.node))
		whole := 0.0
		for j, part := range one.parts(one.killed, o.servedAfter(one.promoted)) {
			point := bench.FigurePoint{X: float64(i)}
			if part != nil {
				ns := float64(*part)
				point.Y = &ns
				parts[j] = append(parts[j], ns)
				whole += ns
			}
			figure.Series[j].Points = append(figure.Series[j].Points, point)
		}
		totals = append(totals, whole)
	}
	for j, name := range names {
		if len(parts[j]) == len(did.list) && len(did.list) > 0 {
			add(name+"_p50_ns", median(parts[j]))
			add(name+"_max_ns", slices.Max(parts[j]))
		}
	}
	if len(totals) > 0 {
		add("recovery_p50_ns", median(totals))
		add("recovery_max_ns", slices.Max(totals))
	}
	s.result.Figures = append(s.result.Figures, figure)
}

// recover has every member send the writes that only it still holds to the
// primary, and looks at what is lost then.
func (s *session) recover(ctx context.Context, b *bed, e bench.Experiment, books *books, o *seen) error {
	total := map[string]int64{"restored": 0, "present": 0, "conflicts": 0}
	kept := 0.0
	for _, m := range b.members(ctx) {
		kept += m.diverged
		counts, err := b.system.Ask(ctx, m.role, targets.Command{Do: targets.DoRecover})
		if err != nil {
			return err
		}
		for name, n := range counts {
			total[name] += n
		}
	}
	from := "the recovery command on every member"
	s.facts.Add(e.Name+".diverged_count", kept, "writes that only an old primary still held")
	for name, n := range total {
		s.facts.Add(e.Name+"."+name+"_count", float64(n), from)
	}
	if err := b.caughtUp(ctx); err != nil {
		return err
	}
	if audit, _ := b.audits(ctx, books, o.run); audit.Checked {
		s.facts.Add(e.Name+".lost_after_recovery_count", float64(audit.Lost), from+", then the ledger again")
	}
	return nil
}

// median of values, which must not be empty.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
