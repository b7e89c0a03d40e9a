package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rung/bench"
	"rung/targets"
)

// drain lets photos pile up while no worker works, and watches how long some
// workers take for them.
func (s *session) drain(ctx context.Context, b *bed, e bench.Experiment) error {
	workers := b.system.Topology().RolesOf(targets.KindWorker)
	n := len(workers)
	if e.Count > 0 {
		n = min(e.Count, n)
	}
	length := max(e.Length, time.Second)
	s.stepFor(length, "%s: photos at %.4g/s, then %d workers", e.Name, e.Rate, n)
	if err := b.work(ctx, workers, 0); err != nil {
		return err
	}
	// Whatever happens, the workers work again afterwards.
	defer b.work(context.WithoutCancel(ctx), workers, len(workers))
	if err := b.drained(ctx); err != nil {
		return err
	}
	books := newBooks(b.system.Topology())
	watch := b.watchBacklog(ctx)
	seen, err := b.attack(ctx, order{name: e.Name, rate: e.Rate, length: length, only: []targets.Operation{targets.OpPhoto},
		books: books, keep: true})
	if err == nil {
		err = b.work(ctx, workers, n)
	}
	began := time.Now()
	if err == nil {
		err = b.drained(ctx)
	}
	depth := watch()
	if seen == nil || err != nil {
		return err
	}
	s.measured(e.Name, seen)
	s.drainFacts(e, seen, depth, began, perWorker(workers)*float64(n))
	_, photos := b.audits(ctx, books, seen.run)
	if photos != nil && photos.Checked {
		from := fmt.Sprintf("ledger: %d of %d photos acknowledged", photos.Acknowledged, photos.Attempted)
		s.facts.Add(e.Name+".photos_lost_count", float64(photos.Lost), from)
		s.facts.Add(e.Name+".photos_duplicated_count", float64(photos.Duplicated), from)
	}
	return nil
}

// work has the first n workers take jobs, and the others none.
func (b *bed) work(ctx context.Context, workers []targets.Role, n int) error {
	for i, w := range workers {
		on := 0
		if i < n {
			on = 1
		}
		if err := b.system.Command(ctx, w.Name, targets.Command{Do: targets.DoWork, Count: on}); err != nil {
			return err
		}
	}
	return nil
}

// perWorker is how many photos one worker does in a second when it never
// waits: its slots, or the jobs that it takes at once, over the time of one.
func perWorker(workers []targets.Role) float64 {
	w := workers[0].Worker
	return float64(w.Concurrency) / max(w.Demand.Mean.Seconds(), 1e-9)
}

// depth is how many messages the queues held at a time.
type depth struct {
	at       time.Time
	messages float64
}

// watchBacklog samples how much the queues hold until it is told to end.
func (b *bed) watchBacklog(ctx context.Context) (end func() []depth) {
	const every = 50 * time.Millisecond
	ctx, stop := context.WithCancel(ctx)
	var samples []depth
	var watching sync.WaitGroup
	watching.Go(func() {
		for b.session.clock.Until(ctx, time.Now().Add(every)) == nil {
			if n, heard := b.backlog(ctx); heard {
				samples = append(samples, depth{time.Now(), n})
			}
		}
	})
	return func() []depth {
		stop()
		watching.Wait()
		return samples
	}
}

func (s *session) drainFacts(e bench.Experiment, o *seen, samples []depth, began time.Time, perS float64) {
	most, empty := 0.0, began
	for _, d := range samples {
		most = max(most, d.messages)
		if d.at.After(began) && d.messages > 0 {
			empty = d.at
		}
	}
	from := fmt.Sprintf("the queue, sampled %d times", len(samples))
	took := empty.Sub(began)
	predicted := time.Duration(most / perS * float64(time.Second))
	s.facts.Add(e.Name+".backlog_count", most, from)
	s.facts.Add(e.Name+".drain_ns", float64(took), from)
	s.facts.Add(e.Name+".workers_per_s", perS, "slots of the workers over the time of a photo")
	s.facts.Add(e.Name+".estimate.drain_ns", float64(predicted), "backlog / rate of the workers")
	if predicted > 0 {
		s.facts.Add(e.Name+".drain_error_ratio", float64(took-predicted)/float64(predicted), "measured less predicted drain time, as a share of the predicted")
	}
	measured := bench.Series{Name: "measured", Mark: bench.MarkLine}
	for _, d := range samples {
		y := d.messages
		measured.Points = append(measured.Points, bench.FigurePoint{X: float64(d.at.Sub(o.began)), Y: &y})
	}
	fluid := bench.Series{Name: "fluid model", Mark: bench.MarkLine, Predicted: true}
	start, zero := began.Sub(o.began), 0.0
	fluid.Points = []bench.FigurePoint{{X: 0, Y: &zero}, {X: float64(start), Y: &most}, {X: float64(start + predicted), Y: &zero}}
	s.result.Figures = append(s.result.Figures, bench.Figure{ID: e.Name, Title: "Backlog of the queue, " + e.Name,
		How: "Messages in the queue: they pile up while no worker works, and go at the workers' rate when they do. " +
			"Dashed is a fluid that comes at the photos' rate and goes at the workers'.",
		X: bench.Axis{Label: "time", Unit: bench.UnitNs}, Y: bench.Axis{Label: "messages in the queue", Unit: bench.UnitCount},
		Series: []bench.Series{measured, fluid}})
}
