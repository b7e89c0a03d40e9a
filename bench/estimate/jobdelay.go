package estimate

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/targets"
)

// JobDelay is the time from the acknowledgement of a photo by a queue until it
// has been worked on.
type JobDelay struct {
	// Wait in the queue, in seconds, for a worker.
	Wait Wait
	// Work is the mean time of one job: CPU, the row, and the way to queue and
	// store.
	Work time.Duration
	// Use of the workers, 0 to 1.
	Use float64
	// Derivation of the above, line by line.
	Derivation []string
	// Outside says why there is no steady state; empty when there is one.
	Outside string
}

// Mean is the mean delay.
func (d JobDelay) Mean() time.Duration { return seconds(d.Wait.Mean) + d.Work }

// PhotoDelay predicts the JobDelay when photos come at random, at a rate per
// second: one line for all workers, M/G/c by Allen and Cunneen, which for work
// of constant length is M/D/c. It is too high by some percent where workers are many
// and little used. It is an error without workers, and for a rate that is not
// a number of at least 0.
func PhotoDelay(t targets.Topology, w bench.Workload, rate float64) (JobDelay, error) {
	if !(rate >= 0) {
		return JobDelay{}, fmt.Errorf("photo delay at %v/s: the rate must be zero or positive", rate)
	}
	f, err := forceOf(t, w)
	if err != nil {
		return JobDelay{}, err
	}
	d := JobDelay{Work: seconds(f.job), Derivation: f.lines, Use: rate / f.perS}
	if d.Use >= 1 {
		return JobDelay{Work: d.Work, Use: 1, Derivation: f.lines,
			Outside: fmt.Sprintf("%.4g photos/s come, and the workers do %.4g/s: the queue grows without end", rate, f.perS)}, nil
	}
	if f.job > 0 {
		d.Wait = WaitOf(f.servers, rate, f.job, f.variance/(f.job*f.job))
	}
	d.Derivation = append(d.Derivation, fmt.Sprintf("%d jobs at once, each for %.4g ms, at %.4g/s: use %.3g%%, P(wait) %.3g, mean wait %.4g ms",
		f.servers, f.job*1e3, rate, d.Use*100, d.Wait.Busy, d.Wait.Mean*1e3))
	return d, nil
}
