package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// span is a duration as files write it: a number with a unit.
type span time.Duration

func (s *span) parse(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil && text != "0" {
		return fmt.Errorf("%q has no unit: write it like 250ms (units: ns us ms s m h)", text)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration: write it like 250ms (units: ns us ms s m h)", text)
	}
	if d < 0 {
		return fmt.Errorf("%q is negative: a duration is zero or more", text)
	}
	*s = span(d)
	return nil
}

func (s span) duration() time.Duration { return time.Duration(s) }

// nanos is a latency number, which may be below one nanosecond.
type nanos float64

var nanosForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s)$`)

func (n *nanos) parse(text string) error {
	m := nanosForm.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is not a latency: write it like 0.5ns (units: ns us ms s)", text)
	}
	value, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return fmt.Errorf("%q is not a latency: %w", text, err)
	}
	*n = nanos(value * map[string]float64{"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[m[2]])
	return nil
}

// ratio is a share: 60%, or 0.6.
type ratio float64

func (r *ratio) parse(text string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return fmt.Errorf("%q is not a share: write it like 60%% or 0.6", text)
	}
	if percent {
		value /= 100
	}
	if !(value >= 0 && value <= 1) {
		return fmt.Errorf("%q is out of range: a share is 0%% to 100%%", text)
	}
	*r = ratio(value)
	return nil
}
