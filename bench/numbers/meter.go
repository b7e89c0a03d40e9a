package numbers

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"rung/bench"
)

// Bounds of the samples of a row.
const (
	batchTime  = 50 * time.Microsecond // one operation that takes longer than singleTime is a sample of its own
	singleTime = 5 * time.Microsecond
	minSamples = 10
	maxSamples = 1 << 17
	maxBatch   = 1 << 22
	minSlot    = 5 * time.Millisecond
	p99Samples = 100 // below this there is no 99th percentile
)

// meter times rows and keeps the figures.
type meter struct {
	clock    func() time.Duration // since the start
	progress func(done, total int, what string)
	budget   time.Duration
	facts    facts

	templates map[string]bench.Number
	total     int
	done      int
	rows      []bench.Number
	notes     []string
}

func newMeter(clock func() time.Duration, cfg Config, families []family) *meter {
	m := &meter{clock: clock, progress: cfg.Progress, budget: cfg.Budget, templates: map[string]bench.Number{}}
	if m.progress == nil {
		m.progress = func(int, int, string) {}
	}
	for _, row := range templates(families) {
		m.templates[row.ID] = row
		m.total++
	}
	return m
}

// slot is the time that the next row may take.
func (m *meter) slot() time.Duration {
	return max(minSlot, (m.budget-m.clock())/time.Duration(max(1, m.total-m.done)))
}

// time measures a row.
func (m *meter) time(ctx context.Context, id string, w work) error {
	return m.share(ctx, id, w, 1)
}

// halves measures a row whose operation does what the row names twice: there
// and back.
func (m *meter) halves(ctx context.Context, id string, w work) error {
	return m.share(ctx, id, w, 2)
}

// share measures a row whose operation does what the row names several times.
func (m *meter) share(ctx context.Context, id string, w work, times int) error {
	row, ok := m.templates[id]
	if !ok {
		return fmt.Errorf("row %s: not in the table of rows", id)
	}
	m.progress(m.done, m.total, row.Label)
	slot := m.slot()
	runtime.GC() // what earlier rows left must not be collected inside this one
	begin := m.clock()
	batch, err := m.batch(ctx, w, slot/10)
	if err != nil {
		return fmt.Errorf("row %s: %w", id, err)
	}
	var samples []float64
	for len(samples) < minSamples || len(samples) < maxSamples && m.clock()-begin < slot {
		took, err := m.sample(ctx, w, batch)
		if err != nil {
			return fmt.Errorf("row %s: %w", id, err)
		}
		samples = append(samples, float64(took)/float64(batch*times))
	}
	m.rows = append(m.rows, figures(row, samples, batch*times, m.facts.resolution))
	m.done++
	return nil
}

// sample times one batch.
func (m *meter) sample(ctx context.Context, w work, n int) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if w.prepare != nil {
		if err := w.prepare(); err != nil {
			return 0, err
		}
	}
	began := m.clock()
	err := w.do(n)
	return m.clock() - began, err
}

// batch finds how many operations make a sample, and warms up for a while:
// what is cold at first would make batches too small for later.
func (m *meter) batch(ctx context.Context, w work, warm time.Duration) (int, error) {
	n, err := m.grow(ctx, w, 1)
	if err != nil {
		return 0, err
	}
	for begin := m.clock(); m.clock()-begin < warm; {
		if _, err := m.sample(ctx, w, n); err != nil {
			return 0, err
		}
	}
	return m.grow(ctx, w, n)
}

// grow doubles a batch until it takes long enough for the clock. The fastest
// of three tries counts.
func (m *meter) grow(ctx context.Context, w work, n int) (int, error) {
	for ; ; n *= 2 {
		fastest := time.Duration(math.MaxInt64)
		for range 3 {
			took, err := m.sample(ctx, w, n)
			if err != nil {
				return 0, err
			}
			fastest = min(fastest, took)
		}
		if fastest >= batchTime || n == 1 && fastest >= singleTime || n >= maxBatch {
			return n, nil
		}
	}
}

// skip leaves a row out, and says why.
func (m *meter) skip(id, why string) {
	m.notes = append(m.notes, fmt.Sprintf("row %s is not measured: %s", id, why))
	m.done++
}

// flag adds a flag to rows that are measured.
func (m *meter) flag(text string, ids ...string) {
	for i := range m.rows {
		if slices.Contains(ids, m.rows[i].ID) && !slices.Contains(m.rows[i].Flags, text) {
			m.rows[i].Flags = append(m.rows[i].Flags, text)
		}
	}
}

// figures fills a row with its percentiles in nanoseconds, and with the flags
// that they give by themselves.
func figures(row bench.Number, samples []float64, batch int, resolution time.Duration) bench.Number {
	slices.Sort(samples)
	p50, p99 := quantile(samples, 0.50), quantile(samples, 0.99)
	row.Flags = slices.Clone(row.Flags)
	if batch > 1 {
		row.Flags = append(row.Flags, fmt.Sprintf("batch means: percentiles are of the means of %d operations each", batch))
	}
	if took := p50 * float64(batch); resolution > 0 && took < 20*float64(resolution) {
		row.Flags = append(row.Flags, fmt.Sprintf("timer resolution: a sample takes %v, a step of the clock %v", time.Duration(took), resolution))
	}
	if len(samples) < p99Samples {
		row.Flags = append(row.Flags, fmt.Sprintf("few samples: %d, too few for a p99", len(samples)))
		p99 = 0
	} else if len(samples) < 10*p99Samples {
		row.Flags = append(row.Flags, fmt.Sprintf("few samples: p99 rests on the slowest %d of %d", len(samples)/100+1, len(samples)))
	}
	if p99 > noisyRatio*p50 {
		row.Flags = append(row.Flags, fmt.Sprintf("noisy: p99 is %.1f times p50", p99/p50))
	}
	row.Value, row.P50, row.P99, row.Samples = digits(p50), digits(p50), digits(p99), len(samples)
	row.Quantile, row.Status = "p50", "measured"
	return row
}

// quantile is the nearest-rank quantile of sorted samples.
func quantile(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// digits keeps four digits: more would be false precision.
func digits(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return short
}

// resolution is the usual step of the clock: what two readings in a row
// differ by.
func resolution(clock func() time.Duration) time.Duration {
	var steps []float64
	for range 1000 {
		before := clock()
		if step := clock() - before; step > 0 {
			steps = append(steps, float64(step))
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return time.Duration(quantile(steps, 0.5))
}
