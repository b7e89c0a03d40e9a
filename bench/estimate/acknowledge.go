package estimate

import (
	"math"

	"rung/targets"
)

// acknowledged is what a write waits for after its commit at the primary,
// beyond the round trip and the work of a batch at a replica: for the batch
// that is on its way, and for the replica's CPU and disk. With one replica that
// must hold the write it is the least of theirs, with all of them the greatest.
// The replicas count as independent of one another.
func (s stream) acknowledged(replicas int, mode targets.Mode) Wait {
	one := s.behind
	if replicas < 2 || one.Mean <= 0 {
		return one
	}
	n := float64(replicas)
	longer := func(t float64) float64 { return 1 - math.Pow(1-one.beyond(t), n) }
	if mode == targets.ModeSemiSynchronous {
		longer = func(t float64) float64 { return math.Pow(one.beyond(t), n) }
	}
	// The mean and the second moment are integrals of the tail.
	const steps = 500
	end := one.Mean/one.Busy + 12*math.Sqrt(one.Variance()/one.Busy) + 12*one.Mean
	mean, second := 0.0, 0.0
	h := end / steps
	for i := range steps {
		t := (float64(i) + 0.5) * h
		mean += longer(t) * h
		second += 2 * t * longer(t) * h
	}
	return shaped(longer(0), mean, second-mean*mean)
}

// beyond is the probability that the wait is longer than t, 0 or more.
func (w Wait) beyond(t float64) float64 {
	if w.Busy <= 0 {
		return 0
	}
	mean := w.Mean / w.Busy
	variance := (w.Variance()+w.Mean*w.Mean)/w.Busy - mean*mean
	return w.Busy * tail(mean, variance, t)
}
