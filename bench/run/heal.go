package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rung/bench"
	"rung/targets/launch"
	"rung/targets/supervise"
)

// heal kills nodes under an attack and leaves it to the supervisor to notice
// and to replace them.
func (s *session) heal(ctx context.Context, b *bed, e bench.Experiment) error {
	spec := b.system.Topology().Supervisor
	if spec == nil {
		return errors.New("kind heal needs a topology with a supervisor")
	}
	p := s.cfg.Profile
	noticed := time.Duration(spec.Fall)*spec.Interval + spec.Timeout
	length := p.Before + spec.Interval + noticed + time.Second + p.After
	s.stepFor(length, "%s: kill %s and wait for the supervisor", e.Name, e.Nodes[0])
	if err := b.ready(ctx); err != nil {
		return err
	}
	watch := &supervised{Supervised: launch.Supervised{System: b.system}}
	superviseCtx, stop := context.WithCancel(ctx)
	defer stop()
	ended, struck := make(chan error, 1), make(chan blowTime, 1)
	books := newBooks(b.system.Topology())
	seen, err := b.attack(ctx, order{name: e.Name, rate: s.rateOf(e), length: length, only: e.Operations,
		regions: b.system.Topology().Spread(), interval: 100 * time.Millisecond, books: books, keep: true, began: func(t time.Time) {
			go func() { ended <- supervise.Run(superviseCtx, *spec, watch, watch.note) }()
			go func() {
				at, err := b.killAt(ctx, e.Nodes, t.Add(p.Before))
				struck <- blowTime{at, err}
			}()
		}})
	if seen == nil {
		return err
	}
	if seen.began.IsZero() {
		return err
	}
	blow := <-struck
	if err == nil {
		err = blow.err
	}
	if err == nil {
		err = b.until(ctx, "the supervisor has replaced what was killed", func() bool { return watch.replaced() >= len(e.Nodes) })
	}
	stop()
	if runErr := <-ended; err == nil && runErr != nil && !errors.Is(runErr, context.Canceled) {
		err = runErr
	}
	if err == nil {
		err = b.caughtUp(ctx)
	}
	if err == nil {
		audit, _ := b.audits(ctx, books, seen.run)
		s.healFacts(e, seen, watch, blow.at, audit)
	}
	return err
}

// blowTime is when nodes were killed.
type blowTime struct {
	at  time.Time
	err error
}

func (b *bed) killAt(ctx context.Context, nodes []string, at time.Time) (time.Time, error) {
	if err := b.session.clock.Until(ctx, at); err != nil {
		return time.Time{}, err
	}
	return b.breakDown(ctx, strike{nodes: nodes})
}

// rateOf is the rate of an experiment, or else the common one.
func (s *session) rateOf(e bench.Experiment) float64 {
	if e.Rate > 0 {
		return e.Rate
	}
	return s.cfg.Profile.Rate
}

// supervised is the platform that a supervisor works on, and what it did. It
// is safe for concurrent use.
type supervised struct {
	launch.Supervised

	mu     sync.Mutex
	events []supervise.Event
}

func (p *supervised) note(e supervise.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

// first is when a thing first happened to any node; zero when it did not.
func (p *supervised) first(what string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e.What == what {
			return e.At
		}
	}
	return time.Time{}
}

func (p *supervised) replaced() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e.What == "replaced" {
			n++
		}
	}
	return n
}

func (s *session) healFacts(e bench.Experiment, o *seen, p *supervised, killed time.Time, audit bench.Audit) {
	s.measured(e.Name, o)
	from := "the supervisor's events"
	dead, replaced := p.first("dead"), p.first("replaced")
	s.facts.Add(e.Name+".detection_ns", float64(dead.Sub(killed)), from)
	s.facts.Add(e.Name+".replaced_ns", float64(replaced.Sub(killed)), from)
	s.facts.Add(e.Name+".replaced_count", float64(p.replaced()), from)
	s.facts.Add(e.Name+".availability_ratio", o.measurement.Total.Availability(), "attack "+e.Name)
	if audit.Checked {
		s.facts.Add(e.Name+".lost_count", float64(audit.Lost), fmt.Sprintf("ledger: %d of %d posts acknowledged", audit.Acknowledged, audit.Attempted))
	}
	figure := timeline(e.Name, "A dead node is replaced without a person, "+e.Name,
		"Answers and failures of each tenth of a second, p99 on the right. The bands are the time until the supervisor "+
			"held the node for dead, and until a new machine had taken its place.", o)
	figure.Bands = []bench.Band{o.band("dead, not yet noticed", killed, dead), o.band("being replaced", dead, replaced)}
	s.result.Figures = append(s.result.Figures, figure)
}
