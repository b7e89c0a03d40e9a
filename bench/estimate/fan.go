package estimate

import (
	"math"

	"rung/bench/simulate"
)

// fan is several things that a request does at once: it goes on with the last
// of them that it takes part in, or with the first. They count as independent
// of one another.
type fan struct {
	first    bool
	branches []branch
	// base is the time, in seconds, that the fan takes at least.
	base float64
	// played is the branches of a simulation.
	played []simulate.Branch
}

// branch is one of the things, or several that are alike.
type branch struct {
	// floor is its time without any wait, in seconds.
	floor float64
	// share is the probability that a request does it, and count how many
	// there are.
	share float64
	count int
	// centers that it waits at one after the other, or the stream of batches
	// that it waits for.
	centers []*center
	applied *applied
}

// settle finds the least time. Of what happens for certain the longest is
// waited for in any case.
func (f *fan) settle() {
	certain, least := 0.0, math.Inf(1)
	for _, b := range f.branches {
		least = min(least, b.floor)
		if b.share >= 1 {
			certain = max(certain, b.floor)
		}
	}
	switch {
	case len(f.branches) == 0:
	case f.first || certain == 0:
		f.base = least
	default:
		f.base = certain
	}
}

// wait is beyond the base.
func (f *fan) wait(loads map[*center]load) (w Wait, endless bool) {
	waits := make([]Wait, len(f.branches))
	end, sure := 0.0, len(f.branches) == 1 && f.branches[0].count == 1 && f.branches[0].share >= 1
	for i, b := range f.branches {
		if b.applied != nil {
			l := loads[b.applied.disk]
			waits[i], endless = l.stream.behind, endless || l.full || (b.applied.cpu != nil && loads[b.applied.cpu].full)
		}
		for _, c := range b.centers {
			waits[i], endless = waits[i].and(loads[c].wait), endless || loads[c].full
		}
		end = max(end, b.floor-f.base+waits[i].reach())
	}
	switch {
	case endless:
		return Wait{}, true
	case sure:
		return waits[0], false
	case end <= instant:
		return Wait{}, false
	}
	// The mean and the second moment are integrals of the tail.
	const steps = 500
	mean, second := 0.0, 0.0
	h := end / steps
	for i := range steps {
		t := (float64(i) + 0.5) * h
		tail := f.longer(waits, t)
		mean += tail * h
		second += 2 * t * tail * h
	}
	return shaped(f.longer(waits, 0), mean, second-mean*mean), false
}

// reach is a time that the wait hardly ever exceeds.
func (w Wait) reach() float64 {
	if w.Busy <= 0 || w.Mean <= 0 {
		return 0
	}
	return w.Mean/w.Busy + 12*math.Sqrt(w.Variance()/w.Busy) + 12*w.Mean
}

// longer is the probability that the fan takes longer than its base and t.
func (f *fan) longer(waits []Wait, t float64) float64 {
	none, all := 1.0, 1.0 // no branch is longer, all are
	for i, b := range f.branches {
		late := 1.0
		if after := t - (b.floor - f.base); after >= 0 {
			late = waits[i].beyond(after)
		}
		none *= math.Pow(1-b.share*late, float64(b.count))
		all *= math.Pow(late, float64(b.count))
	}
	if f.first {
		return all
	}
	return 1 - none
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
