package balancer

import "rung/targets"

// Where the specification has no Fall or Rise, HAProxy's defaults hold.
const (
	defaultFall = 3
	defaultRise = 2
)

// health is the state machine of one backend: pure, without clock or lock. The
// zero value is up.
type health struct {
	fall, rise, fails int
	down              bool
	// epoch counts the changes between up and down. A request that began in
	// another epoch says nothing about this one: without that, the time-outs
	// of old requests would strike a server that has just come back.
	epoch int

	failed, passed int // active checks in a row
	strikes        int // failed requests in a row
}

func newHealth(spec targets.Health) health {
	h := health{fall: spec.Fall, rise: spec.Rise, fails: spec.PassiveFails}
	if h.fall <= 0 {
		h.fall = defaultFall
	}
	if h.rise <= 0 {
		h.rise = defaultRise
	}
	return h
}

// checked takes the result of an active check; it reports whether the backend
// went up or down by it.
func (h *health) checked(ok bool) bool {
	if !ok {
		h.passed = 0
		if h.down {
			return false
		}
		h.failed++
		return h.failed >= h.fall && h.set(true)
	}
	h.failed = 0
	if !h.down {
		return false
	}
	h.passed++
	return h.passed >= h.rise && h.set(false)
}

// served takes the outcome of a request that began in that epoch; it reports
// whether the backend went down by it.
func (h *health) served(ok bool, epoch int) bool {
	switch {
	case epoch != h.epoch || h.down || h.fails <= 0:
		return false
	case ok:
		h.strikes = 0
		return false
	}
	h.strikes++
	return h.strikes >= h.fails && h.set(true)
}

// probation brings a backend back up on trial, after a hold time: one failed
// request puts it down again, one good one clears it.
func (h *health) probation() {
	h.set(false)
	h.strikes = h.fails - 1
}

func (h *health) set(down bool) bool {
	h.down = down
	h.epoch++
	h.failed, h.passed, h.strikes = 0, 0, 0
	return true
}
