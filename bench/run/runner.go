package run

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rung/bench"
	"rung/bench/traffic"
	"rung/targets"
	"rung/targets/clock"
)

// runner runs the stages of a run, some at once. It is safe for concurrent
// use.
type runner struct {
	cfg         Config
	clock       *clock.Clock
	calibration bench.Calibration
	floor       *floor
	drawn       drawn

	mu sync.Mutex
	// beds are the systems that run now.
	beds map[*bed]bool
	// foretold are all sessions by their place in the order, and sessions those
	// that have ended.
	foretold []*session
	sessions []*session
	done     int

	saving sync.Mutex
}

// stages runs all stages and judges them. Results come in the stages' order.
// After an error no further stage begins.
func (r *runner) stages(ctx context.Context, out *bench.Run) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo := make(chan int, len(r.cfg.Stages))
	for _, i := range longestFirst(r.cfg.Stages, r.cfg.Profile.Name) {
		todo <- i
	}
	close(todo)
	var lanes sync.WaitGroup
	for range r.floor.lanes {
		lanes.Go(func() {
			for i := range todo {
				if ctx.Err() != nil {
					return
				}
				if err := r.stage(ctx, i, out); err != nil {
					stop(fmt.Errorf("stage %s: %w", r.cfg.Stages[i].ID, err))
				}
			}
		})
	}
	lanes.Wait()
	r.results(out)
	return context.Cause(ctx)
}

// longestFirst orders stages so that the lanes end at about the same time. A
// stage takes as long as it has kills and experiments.
func longestFirst(stages []bench.Stage, profile string) []int {
	order, work := make([]int, len(stages)), make([]int, len(stages))
	for i, s := range stages {
		s = s.In(profile)
		order[i], work[i] = i, len(s.Kills)+len(s.Experiments)
	}
	slices.SortStableFunc(order, func(a, b int) int { return work[b] - work[a] })
	return order
}

// stage runs one stage and saves the run so far.
func (r *runner) stage(ctx context.Context, i int, out *bench.Run) error {
	s := r.foretold[i]
	err := s.run(ctx)
	r.mu.Lock()
	r.sessions[i] = s
	r.done++
	so := *out
	r.results(&so)
	r.mu.Unlock()
	if err != nil || r.cfg.Save == nil {
		return err
	}
	so.Partial = "still running"
	return r.floor.carry(ctx, r.floor.bursting(), func() error {
		r.saving.Lock()
		defer r.saving.Unlock()
		if len(so.Stages) < r.finished() {
			return nil // another stage has ended meanwhile, and saves more
		}
		return r.cfg.Save(so)
	})
}

// results judges the sessions that have ended. A stage is compared with
// another one by that one's facts, so this is done again when more are known.
func (r *runner) results(out *bench.Run) {
	out.Stages = nil
	facts := map[string]bench.Facts{}
	for _, s := range r.sessions {
		if s != nil {
			facts[s.stage.ID] = s.facts
		}
	}
	for _, s := range r.sessions {
		if s != nil {
			s.judge(facts[s.stage.Compare])
			out.Stages = append(out.Stages, s.result)
		}
	}
}

// foretell predicts the stage and its experiments, before anything runs.
func (s *session) foretell() (err error) {
	if s.popularity, err = traffic.New(s.cfg.Workload, s.cfg.Seed, "estimate"); err != nil {
		return fmt.Errorf("estimate: %w", err)
	}
	if s.result.Prediction, err = s.predict(s.stage.Topology); err != nil {
		return fmt.Errorf("estimate: %w", err)
	}
	return s.foresee()
}

// predict predicts a topology under the common load, with users where they
// are.
func (s *session) predict(t targets.Topology) (bench.Prediction, error) {
	return s.predictFor(t, s.workload(t))
}

// workload is what users ask of a topology: a variant may hold fewer of them.
func (s *session) workload(t targets.Topology) bench.Workload {
	w := s.cfg.Workload
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			switch {
			case r.Database != nil && r.Database.Data.Users > 0:
				w.Data.Users = r.Database.Data.Users
				return w
			case r.KeyValue != nil && r.KeyValue.Data.Users > 0:
				w.Data.Users = r.KeyValue.Data.Users
				return w
			}
		}
	}
	return w
}

// enter and leave keep the list of the systems that run.
func (r *runner) enter(b *bed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beds[b] = true
}

func (r *runner) leave(b *bed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.beds, b)
}

// others lists the systems that run beside one.
func (r *runner) others(than *bed) []*bed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*bed
	for b := range r.beds {
		if b != than {
			out = append(out, b)
		}
	}
	return out
}

// finished is how many stages are over.
func (r *runner) finished() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

// oneAtATime has steps told by one stage at a time.
func oneAtATime(tell func(Step)) func(Step) {
	if tell == nil {
		return nil
	}
	var mu sync.Mutex
	return func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		tell(s)
	}
}

// processCPU is the real CPU time of every process of some systems.
func processCPU(ctx context.Context, beds []*bed) map[*bed]time.Duration {
	out := map[*bed]time.Duration{}
	for _, b := range beds {
		for _, m := range b.metrics(ctx) {
			out[b] += m.ProcessCPU
		}
	}
	return out
}
