package record

import (
	"fmt"
	"io"
	"time"

	"rung/bench"
)

const (
	// defaultInterval is the length of an interval if none is given.
	defaultInterval = time.Second
	// intervalsMost bounds the intervals of a measurement: longer attacks
	// get longer intervals.
	intervalsMost = 3600
	// leastHighest is the least upper end of the histograms' range.
	leastHighest = time.Minute
	// namesMost bounds the unsent requests whose operation is looked up.
	namesMost = 1_000_000
)

// Config is what to record.
type Config struct {
	// Name of the attack, as in bench.Measurement.
	Name string
	// Operations are the names that bench.Sample.Operation indexes.
	Operations []string
	Plan       bench.Plan
	// Timeout of one request: how long after an interval its answers may
	// come. Zero means 30 s.
	Timeout time.Duration
	// Interval of the series; zero means 1 s. It is doubled until there are
	// at most 3600.
	Interval time.Duration
	// Started is the time of offset 0. The zero Time means now.
	Started time.Time
	// Log, if set, gets the interval log. It is flushed by Finish and not
	// closed.
	Log io.Writer
	// Operation, if set, names the operation of request n, so that the
	// requests that were never sent can be told by operation. Without it
	// they are counted in the total and the intervals only.
	Operation func(n uint64) int
	// Heat asks for the response time over time.
	Heat bool
}

// Recorder records the samples of one attack. It is for one goroutine.
type Recorder struct {
	cfg     Config
	highest time.Duration
	tallies []*tally
	regions regions
	series  *series
	journal *journal
	heat    *heat // nil without
	sample  *reservoir
	errors  failures
	// sent is one above the highest number seen.
	sent uint64
	// inTime counts the OK answers that came before the plan ended, after
	// length.
	inTime uint64
	length time.Duration
}

// New makes a recorder. Plan and Operations are required.
func New(cfg Config) *Recorder {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Interval <= 0 {
		cfg.Interval = defaultInterval
	}
	if cfg.Started.IsZero() {
		cfg.Started = time.Now()
	}
	// The longest response that attack.Run lets be: due at 0, started at the
	// latest possible, and then a time-out, twice over for its own delays.
	highest := max(leastHighest, cfg.Plan.Duration()+3*cfg.Timeout)
	// Requests that start on time end within a time-out of their interval.
	patience := cfg.Timeout + time.Second
	g := newGrid(cfg.Plan, cfg.Interval, intervalsMost)
	r := &Recorder{
		cfg: cfg, highest: highest, length: cfg.Plan.Duration(),
		series:  newSeries(g, highest, patience),
		journal: newJournal(cfg.Log, g, cfg.Operations, cfg.Started, highest, patience),
		sample:  newReservoir(),
		errors:  failures{},
		regions: regions{},
	}
	if cfg.Heat {
		r.heat = newHeat(cfg.Plan)
	}
	for range cfg.Operations {
		r.tallies = append(r.tallies, newTally(highest))
	}
	return r
}

// Record records a sample and keeps nothing of it but its ServerTiming.
func (r *Recorder) Record(s *bench.Sample) {
	r.tallies[s.Operation].add(s)
	r.regions.add(s, r.highest)
	r.series.add(s)
	r.journal.add(s)
	if r.heat != nil {
		r.heat.add(s)
	}
	r.sample.add(s)
	r.errors.add(s)
	r.sent = max(r.sent, s.Seq+1)
	if s.Outcome == bench.OK && s.Done <= r.length {
		r.inTime++
	}
}

// EndAt says, before Finish, that the attack was ended on purpose: what the
// plan has after the beginning that p is was never meant to be sent.
func (r *Recorder) EndAt(p bench.Plan) {
	r.cfg.Plan, r.series.grid.plan = p, p
}

// Finish ends the recording, once, and returns what was measured. An error of
// the log is a warning of the measurement.
func (r *Recorder) Finish(gen bench.Generator) bench.Measurement {
	total := newTally(r.highest)
	for _, t := range r.tallies {
		total.merge(t)
	}
	plan := r.cfg.Plan
	unsent := plan.Count() - min(total.sent(), plan.Count())
	m := bench.Measurement{
		Name: r.cfg.Name, Plan: plan.String(), Started: r.cfg.Started, Duration: plan.Duration(),
		Rate:      float64(plan.Count()) / plan.Duration().Seconds(),
		Goodput:   float64(r.inTime) / plan.Duration().Seconds(),
		Total:     total.result("total", unsent),
		Intervals: r.series.result(),
		Generator: gen,
		Errors:    r.errors.result(r.cfg.Operations),
		Regions:   r.regions.result(r.cfg.Operations),
	}
	if r.heat != nil {
		m.Heat = r.heat.result(plan.Duration())
	}
	logErr := r.journal.finish()
	byOperation, known := r.unsent(unsent)
	for i, t := range r.tallies {
		m.Operations = append(m.Operations, t.result(r.cfg.Operations[i], byOperation[i]))
	}
	var excess string
	m.Breakdown, excess = r.sample.result()
	warn := func(when bool, format string, args ...any) {
		if when {
			m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...))
		}
	}
	warn(gen.Limited != "", "the generator was the limit: %s", gen.Limited)
	warn(unsent > 0, "%d of %d planned requests were never sent", unsent, plan.Count())
	warn(!known, "the requests never sent are not counted by operation")
	warn(unsent > 0 && len(r.regions) > 0, "the requests never sent are not counted by region")
	warn(total.clamped() > 0, "%d times over %v were counted as that", total.clamped(), r.highest)
	warn(r.series.stragglers > 0, "%d requests ended too late for the quantiles of their interval", r.series.stragglers)
	warn(excess != "", "%s", excess)
	warn(logErr != nil, "interval log: %v", logErr)
	return m
}

// unsent returns the requests never sent by operation; known is false when
// they cannot be told. They are the tail of the plan: an attack numbers the
// requests that it sends without gaps.
func (r *Recorder) unsent(count uint64) (byOperation []uint64, known bool) {
	byOperation = make([]uint64, len(r.tallies))
	if count == 0 {
		return byOperation, true
	}
	if r.cfg.Operation == nil || count > namesMost || r.cfg.Plan.Count()-r.sent != count {
		return byOperation, false
	}
	for n := r.sent; n < r.cfg.Plan.Count(); n++ {
		byOperation[r.cfg.Operation(n)]++
	}
	return byOperation, true
}
