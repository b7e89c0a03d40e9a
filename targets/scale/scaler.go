package scale

import (
	"fmt"
	"math"
	"time"

	"rung/targets"
)

// slack is what a quotient of floats may be off: 5 * (0.56 / 0.7) is 4 servers
// and not 5.
const slack = 1e-9

// Observation is what the scaler knows of its tier.
type Observation struct {
	// At is when it was made. It does not go backwards.
	At time.Time
	// Use is the mean share of the CPU slots' time that was in use on the
	// running servers over the last interval, 0 to 1. NaN says that there is
	// no figure: then nothing is changed.
	Use float64
	// Running is how many servers serve.
	Running int
	// Queue is how many requests wait now. By use it is mentioned and not
	// decided by, as in Kubernetes' rule for one resource. With a Backlog it
	// is the messages that wait, and decides.
	Queue int
}

// Decision is how many servers should run, and why in one plain sentence.
type Decision struct {
	Wanted int
	Why    string
}

// Scaler decides how many servers should run by the rule of the Kubernetes
// horizontal pod autoscaler (autoscaling/v2, algorithm details):
//
//	wanted = ceil(running * use / target)
//
// and as many as are running while |use/target - 1| is at most the tolerance;
// never fewer than Min or more than Max. Two things hold it back, not from
// the bounds:
//
//   - servers are added only UpAfter after the last change;
//   - for removal the highest number that was wanted in the last DownAfter
//     counts (Kubernetes' stabilisation window; the number found at the start
//     is the first one in it), and none is removed within DownAfter of the
//     last addition.
//
// Use is at most 1, however long the queue is: a saturated tier looks like one
// that is exactly full. So one decision multiplies the servers by 1/target at
// most (rounded up: with target 0.6 from 3 to 5), and a tier that is far too
// small needs several, UpAfter apart. And where target * (1 + tolerance) is 1
// or more, no use is high enough ever to add a server.
//
// At a constant load it comes to rest: below saturation running * use is the
// load, so wanted does not depend on how many are running.
//
// With a Backlog the rule is that of KEDA's queue scalers instead: wanted =
// ceil(messages that wait / Backlog). The bounds and cool-downs are the same.
//
// It is not safe for concurrent use.
type Scaler struct {
	spec targets.Autoscale
	// began says that there was an observation.
	began bool
	now   time.Time
	// running is how many there are once the last decision is carried out.
	running        int
	changed, added time.Time // zero if never
	grew           bool      // by the last change
	peak           peak
}

// New returns a scaler of a valid specification. Of that it uses Min, Max,
// Target, Tolerance, Backlog, UpAfter and DownAfter.
func New(spec targets.Autoscale) *Scaler { return &Scaler{spec: spec} }

// Decide says how many servers should run. It takes its decision for carried
// out at o.At; Changed corrects that.
func (s *Scaler) Decide(o Observation) Decision {
	s.begin(o)
	raw, why := s.rule(o)
	bounded := min(max(raw, s.spec.Min), s.spec.Max)
	switch {
	case raw < s.spec.Min:
		why += fmt.Sprintf("; at least %d run", s.spec.Min)
	case raw > s.spec.Max:
		why += fmt.Sprintf("; at most %d run", s.spec.Max)
	}
	s.peak.add(s.now, bounded, s.now.Add(-s.spec.DownAfter))
	wanted := bounded
	switch {
	case bounded > o.Running:
		wanted, why = s.mayAdd(o, bounded, why)
	case bounded < o.Running:
		wanted, why = s.mayRemove(o, bounded, why)
	}
	s.settle(o, wanted)
	return Decision{Wanted: wanted, Why: why}
}

// Changed says that the number of servers last changed at that time: starting
// and draining take a while, and cool-downs begin after it.
func (s *Scaler) Changed(at time.Time) {
	if !at.After(s.changed) {
		return
	}
	if s.changed = at; s.grew {
		s.added = at
	}
}

// begin takes in what is new in an observation.
func (s *Scaler) begin(o Observation) {
	if o.At.After(s.now) {
		s.now = o.At
	}
	switch {
	case !s.began:
		if s.began = true; s.spec.DownAfter > 0 {
			s.peak.add(s.now, o.Running, s.now)
		}
	case o.Running > s.running: // by another hand
		s.changed, s.added, s.grew = s.now, s.now, true
	}
}

// settle remembers the decision.
func (s *Scaler) settle(o Observation, wanted int) {
	s.running = wanted
	if wanted == o.Running {
		return
	}
	if s.changed, s.grew = s.now, wanted > o.Running; s.grew {
		s.added = s.now
	}
}

// rule is the formula, without bounds and cool-downs.
func (s *Scaler) rule(o Observation) (wanted int, why string) {
	if each := s.spec.Backlog; each > 0 {
		return (max(o.Queue, 0) + each - 1) / each, fmt.Sprintf("%d messages wait, %d for each", o.Queue, each)
	}
	ratio := min(max(o.Use, 0), 1) / s.spec.Target
	if math.IsNaN(ratio) {
		return o.Running, "there is no figure of the use"
	}
	why = fmt.Sprintf("%d running at use %.2f, aimed at is %.2f", o.Running, o.Use, s.spec.Target)
	if o.Queue > 0 {
		why += fmt.Sprintf(", and %d requests wait", o.Queue)
	}
	if math.Abs(ratio-1) <= s.spec.Tolerance+slack {
		return o.Running, why + fmt.Sprintf(": within the tolerance of %.2f", s.spec.Tolerance)
	}
	// The bound on a float, not on an int: a tiny target makes it huge.
	wanted = int(min(math.Ceil(float64(o.Running)*ratio-slack), math.MaxInt32))
	return wanted, why + fmt.Sprintf(": %d wanted", wanted)
}

// mayAdd holds an addition back while the last change is fresh, but not from
// the minimum.
func (s *Scaler) mayAdd(o Observation, wanted int, why string) (int, string) {
	since := s.now.Sub(s.changed)
	held := max(o.Running, s.spec.Min)
	if s.changed.IsZero() || since >= s.spec.UpAfter || held >= wanted {
		return wanted, why
	}
	return held, why + fmt.Sprintf(", but the last change was %v ago and additions wait for %v", since, s.spec.UpAfter)
}

// mayRemove holds a removal back while more were wanted a while ago, or the
// last addition is fresh, but not from the maximum.
func (s *Scaler) mayRemove(o Observation, wanted int, why string) (int, string) {
	most := min(o.Running, s.spec.Max)
	if since := s.now.Sub(s.added); !s.added.IsZero() && since < s.spec.DownAfter && most > wanted {
		return most, why + fmt.Sprintf(", but the last addition was %v ago and removals wait for %v", since, s.spec.DownAfter)
	}
	if held := min(s.peak.highest(), most); held > wanted {
		return held, why + fmt.Sprintf(", but %d were within the last %v", held, s.spec.DownAfter)
	}
	return wanted, why
}
