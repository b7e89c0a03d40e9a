package dns

import "rung/targets"

// Where the settings have no Fall or Rise, HAProxy's defaults hold.
const (
	defaultFall = 3
	defaultRise = 2
)

// vitals is the health of one role: pure, without clock or lock. A new one is
// up.
type vitals struct {
	fall, rise     int
	down           bool
	failed, passed int // checks in a row
}

func newVitals(spec targets.Health) *vitals {
	v := &vitals{fall: spec.Fall, rise: spec.Rise}
	if v.fall <= 0 {
		v.fall = defaultFall
	}
	if v.rise <= 0 {
		v.rise = defaultRise
	}
	return v
}

// checked takes the result of a check, and says whether the role went up or
// down by it.
func (v *vitals) checked(ok bool) bool {
	if ok == !v.down {
		v.failed, v.passed = 0, 0
		return false
	}
	if ok {
		v.passed++
	} else {
		v.failed++
	}
	if v.failed < v.fall && v.passed < v.rise {
		return false
	}
	v.down, v.failed, v.passed = !v.down, 0, 0
	return true
}
