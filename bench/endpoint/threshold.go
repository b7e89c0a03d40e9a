package endpoint

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rung/bench"
)

// Metric is what a threshold bounds.
type Metric string

// The metrics.
const (
	// MetricQuantile is a quantile of the response time, which counts from
	// the intended send time. A request that failed, or was never sent, is
	// slower than any limit.
	MetricQuantile Metric = "p"
	// MetricMean is the mean response time of the answered requests.
	MetricMean Metric = "mean"
	// MetricMax is the longest time until a request ended. One that timed
	// out, or was never sent, is longer than any limit.
	MetricMax Metric = "max"
	// MetricFailures is the share of planned requests that failed or were
	// never sent; MetricAvailability is 1 less that.
	MetricFailures     Metric = "failures"
	MetricAvailability Metric = "availability"
	// MetricRate is the rate at which requests were sent, MetricGoodput that
	// of good answers while the plan lasted, per second.
	MetricRate    Metric = "rate"
	MetricGoodput Metric = "goodput"
)

// Threshold is one bound that a run must keep.
type Threshold struct {
	Metric Metric
	// Quantile in (0, 1), of MetricQuantile only.
	Quantile float64
	// Strict leaves the limit itself out: "<" and not "<=".
	Strict bool
	// Limit is in nanoseconds, a ratio from 0 to 1, or per second.
	Limit float64
	// text as it was given.
	text string
}

// Bounds of a list of thresholds.
const (
	maxThresholds = 50
	maxSLO        = 2000
)

var (
	thresholdForm = regexp.MustCompile(`^\s*([a-z]+)([0-9]+(?:\.[0-9]+)?)?\s*(<=|>=|<|>|==|=)\s*([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms|s|m|%|/s|/m|/h)?\s*$`)
	units         = map[string]float64{"": 1, "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9,
		"%": 0.01, "/s": 1, "/m": 1. / 60, "/h": 1. / 3600}
)

// ParseSLO reads thresholds, with commas between:
//
//	p99<250ms, p99.9<=1s, mean<20ms, max<2s, failures<1%, availability>=99.9%, rate>=990/s, goodput>900/s
//
// Times take ns, us, ms, s or m; shares % or nothing (0.01 is 1%); rates /s,
// /m, /h or nothing, which is per second. An empty text has none.
func ParseSLO(text string) ([]Threshold, error) {
	if len(text) > maxSLO {
		return nil, fmt.Errorf("%w: thresholds of %d characters: allowed are up to %d", ErrConfig, len(text), maxSLO)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > maxThresholds {
		return nil, fmt.Errorf("%w: %d thresholds: allowed are up to %d", ErrConfig, len(parts), maxThresholds)
	}
	var out []Threshold
	for _, part := range parts {
		t, err := parseThreshold(part)
		if err != nil {
			return nil, fmt.Errorf("%w: threshold %.60q: %w", ErrConfig, strings.TrimSpace(part), err)
		}
		out = append(out, t)
	}
	return out, nil
}

func parseThreshold(text string) (Threshold, error) {
	m := thresholdForm.FindStringSubmatch(text)
	if m == nil {
		return Threshold{}, fmt.Errorf("want METRIC RELATION VALUE, such as p99<250ms, failures<1%% or goodput>=900/s")
	}
	metric, number, relation, unit := Metric(m[1]), m[2], m[3], m[5]
	value, err := strconv.ParseFloat(m[4], 64)
	if err != nil {
		return Threshold{}, err
	}
	t := Threshold{Metric: metric, Strict: relation == "<" || relation == ">", Limit: value * units[unit], text: strings.TrimSpace(text)}
	if metric == MetricQuantile {
		percent, err := strconv.ParseFloat(number, 64)
		if err != nil || !(percent > 0 && percent < 100) {
			return Threshold{}, fmt.Errorf("the percentile must be above 0 and below 100, such as p50 or p99.9 (the longest time is max)")
		}
		t.Quantile = percent / 100
	} else if number != "" {
		return Threshold{}, fmt.Errorf("metric %s takes no number", metric)
	}
	return t, t.check(relation, unit)
}

// check compares relation and unit with what the metric takes.
func (t Threshold) check(relation, unit string) error {
	want, kinds := "<", ""
	switch t.Metric {
	case MetricQuantile, MetricMean, MetricMax:
		kinds = " ns us µs ms s m "
		if unit == "" {
			return fmt.Errorf("a time needs a unit: ns, us, ms, s or m")
		}
	case MetricFailures:
		kinds = "  % "
	case MetricAvailability:
		want, kinds = ">", "  % "
	case MetricRate, MetricGoodput:
		want, kinds = ">", "  /s /m /h "
	default:
		return fmt.Errorf("metric %q is not known: allowed are p<percent>, mean, max, failures, availability, rate and goodput", t.Metric)
	}
	switch {
	case !strings.HasPrefix(relation, want):
		return fmt.Errorf("%s needs %s or %s=", t.Metric, want, want)
	case !strings.Contains(kinds, " "+unit+" "):
		return fmt.Errorf("unit %q is none of %s: allowed are %s", unit, t.metric(), strings.Join(strings.Fields(kinds), ", "))
	case kinds == "  % " && t.Limit > 1:
		return fmt.Errorf("a share of %v is more than all: 1%% is 0.01", t.Limit)
	case math.IsInf(t.Limit, 0) || t.Limit > 1e18:
		return fmt.Errorf("the limit is too large")
	}
	return nil
}

// metric in words: "p99", "failures".
func (t Threshold) metric() string {
	if t.Metric == MetricQuantile {
		return t.name()
	}
	return string(t.Metric)
}

// String is the threshold as it was written, or as it would be.
func (t Threshold) String() string {
	if t.text != "" {
		return t.text
	}
	relation := "<"
	switch t.Metric {
	case MetricAvailability, MetricRate, MetricGoodput:
		relation = ">"
	}
	if !t.Strict {
		relation += "="
	}
	return t.metric() + relation + t.literal()
}

// literal is the limit as ParseSLO reads it.
func (t Threshold) literal() string {
	plain := func(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
	switch t.Metric {
	case MetricFailures, MetricAvailability:
		return plain(t.Limit)
	case MetricRate, MetricGoodput:
		return plain(t.Limit) + "/s"
	}
	return plain(t.Limit) + "ns"
}

// quantity words a value of the metric.
func (t Threshold) quantity(value float64) string {
	switch t.Metric {
	case MetricFailures, MetricAvailability:
		return bench.Quantity("_ratio", value)
	case MetricRate, MetricGoodput:
		return bench.Quantity("_per_s", value)
	}
	return time.Duration(math.Round(value)).String()
}

// within says whether a time keeps the limit.
func (t Threshold) within(d time.Duration) bool {
	if t.Strict {
		return float64(d) < t.Limit
	}
	return float64(d) <= t.Limit
}

// holds says whether a value keeps the limit.
func (t Threshold) holds(value float64) bool {
	switch t.Metric {
	case MetricAvailability, MetricRate, MetricGoodput:
		return value > t.Limit || !t.Strict && value == t.Limit
	}
	return value < t.Limit || !t.Strict && value == t.Limit
}
