package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"rung/bench"
	"rung/targets"
	"rung/targets/reshard"
)

// defaultBatch is how many users move together.
const defaultBatch = 250

// reshard gives the spare shards their part of the data while users read,
// post and edit.
func (s *session) reshard(ctx context.Context, b *bed, e bench.Experiment) error {
	from, err := shardingOf(b.system.Topology())
	if err != nil {
		return err
	}
	to := from
	to.Shards, to.Spare = from.All(), nil
	batch := e.Count
	if batch == 0 {
		batch = defaultBatch
	}
	users := s.workload(b.system.Topology()).Data.Users
	plan, err := reshard.Plan(from, to, users, batch)
	if err != nil {
		return err
	}
	// The load goes on until the last user has moved.
	const most = 60 * time.Second
	s.stepFor(max(e.Length, 10*time.Second), "%s: %d to %d shards under %.4g/s", e.Name, len(from.Shards), len(to.Shards), e.Rate)
	if err := b.settle(ctx); err != nil {
		return err
	}
	if err := b.caughtUp(ctx); err != nil {
		return err
	}
	books, probe := newBooks(b.system.Topology()), newFreshness(b, s.cfg.Seed)
	probe.others = b.runName(e.Name, s.attacks+1) + "-"
	done := make(chan resharded, 1)
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := b.attack(loadCtx, order{open: true, name: e.Name, rate: e.Rate, length: most, only: e.Operations, books: books, keep: true,
		interval: 200 * time.Millisecond, began: func(t time.Time) {
			go func() {
				done <- b.move(ctx, plan, to, probe, t.Add(s.cfg.Profile.Before))
				if s.clock.Until(ctx, time.Now().Add(s.cfg.Profile.After)) == nil {
					stop()
				}
			}()
		}})
	if seen == nil {
		return err
	}
	if seen.began.IsZero() {
		return err
	}
	did := <-done
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
	s.reshardFacts(e, seen, did, audit, users)
	s.freshnessFacts(e, probe)
	return nil
}

// shardingOf is the sharding that web servers route by.
func shardingOf(t targets.Topology) (targets.Sharding, error) {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web.Sharding != nil {
			return *r.Web.Sharding, nil
		}
	}
	return targets.Sharding{}, errors.New("no web server uses shards")
}

// resharded is what a move did.
type resharded struct {
	result     reshard.Result
	began, end time.Time
	err        error
}

// move carries out a plan, with edits and reads of some users beside it.
func (b *bed) move(ctx context.Context, plan []targets.Move, to targets.Sharding, probe *freshness, at time.Time) (out resharded) {
	if out.err = b.session.clock.Until(ctx, at); out.err != nil {
		return out
	}
	probeCtx, stop := context.WithCancel(ctx)
	var probing sync.WaitGroup
	probing.Go(func() {
		const rate = 20
		probe.run(probeCtx, time.Now(), time.Minute, rate) // it ends by being told to
	})
	out.began = time.Now()
	out.result, out.err = reshard.Run(ctx, plan, to, routers{b}, nil)
	out.end = time.Now()
	stop()
	probing.Wait()
	if out.err == nil {
		out.err = b.system.Resharded(to)
	}
	return out
}

// routers are the roles that use shards.
type routers struct{ bed *bed }

// users lists the roles that route to shards.
func (r routers) users() []string {
	var roles []string
	t := r.bed.system.Topology()
	for _, role := range append(t.RolesOf(targets.KindWeb), t.RolesOf(targets.KindWorker)...) {
		if role.Web != nil && role.Web.Sharding != nil || role.Worker != nil && role.Worker.Data.Sharding != nil {
			roles = append(roles, role.Name)
		}
	}
	return roles
}

// Routers implements reshard.Platform: every role carries out the phase.
func (r routers) Routers(ctx context.Context, m targets.Move) error {
	roles := r.users()
	errs := make([]error, len(roles))
	var all sync.WaitGroup
	for i, role := range roles {
		all.Go(func() { errs[i] = r.bed.system.Command(ctx, role, targets.Command{Do: targets.DoShards, Move: &m}) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Copy implements reshard.Platform: the first of the roles does it.
func (r routers) Copy(ctx context.Context, m targets.Move) (reshard.Counts, error) {
	return r.bed.system.Ask(ctx, r.users()[0], targets.Command{Do: targets.DoCopy, Move: &m})
}

// Erase implements reshard.Platform.
func (r routers) Erase(ctx context.Context, m targets.Move) (reshard.Counts, error) {
	return r.bed.system.Ask(ctx, r.users()[0], targets.Command{Do: targets.DoErase, Move: &m})
}
