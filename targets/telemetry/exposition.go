package telemetry

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"rung/targets"
)

// exposition collects the series of one scrape. No two of them are the same,
// and all series of a name are of one type: what would break that is left out
// and counted.
type exposition struct {
	metrics []prometheus.Metric
	types   map[string]string // by family
	seen    map[string]bool   // by family and labels
	lost    int
}

// newExposition keeps the name free that tells what was lost.
func newExposition() *exposition {
	return &exposition{types: map[string]string{lostFamily: "reserved"}, seen: map[string]bool{}}
}

// end adds how many series were left out.
func (e *exposition) end(labels []label) {
	delete(e.types, lostFamily)
	e.value(lostFamily, labels, float64(e.lost))
}

// The types of families.
const (
	typeCounter   = "counter"
	typeGauge     = "gauge"
	typeHistogram = "histogram"
)

// value adds a counter or a gauge, as its name says.
func (e *exposition) value(family string, labels []label, value float64) {
	kind, of := typeGauge, prometheus.GaugeValue
	if isCounter(family) {
		kind, of = typeCounter, prometheus.CounterValue
	}
	desc, values, ok := e.admit(family, kind, labels)
	if !ok {
		return
	}
	e.keep(prometheus.NewConstMetric(desc, of, value, values...))
}

// histogram adds a histogram whose bounds and sum are multiplied by scale.
func (e *exposition) histogram(family string, labels []label, h targets.Histogram, scale float64) {
	if len(h.Counts) == 0 {
		return // the zero value has no room
	}
	buckets, total := cumulate(h, scale)
	desc, values, ok := e.admit(family, typeHistogram, labels)
	if !ok {
		return
	}
	e.keep(prometheus.NewConstHistogram(desc, total, h.Sum*scale, buckets, values...))
}

func (e *exposition) keep(m prometheus.Metric, err error) {
	if err != nil {
		e.lost++
		return
	}
	e.metrics = append(e.metrics, m)
}

// admit says whether a series may be added, and describes it. OpenMetrics
// names a counter without its _total, so that is what must differ.
func (e *exposition) admit(family, kind string, labels []label) (*prometheus.Desc, []string, bool) {
	base := strings.TrimSuffix(family, "_total")
	if have, ok := e.types[base]; ok && have != kind {
		e.lost++
		return nil, nil, false
	}
	var identity strings.Builder
	identity.WriteString(family)
	names, values := make([]string, len(labels)), make([]string, len(labels))
	for i, l := range labels {
		names[i], values[i] = l.name, l.value
		identity.WriteString("\xff" + l.name + "\xff" + l.value) // no byte of UTF-8
	}
	if e.seen[identity.String()] {
		e.lost++
		return nil, nil, false
	}
	e.types[base], e.seen[identity.String()] = kind, true
	return prometheus.NewDesc(family, help(family), names, nil), values, true
}

// cumulate turns counts by bucket into Prometheus' counts up to each bound.
func cumulate(h targets.Histogram, scale float64) (buckets map[float64]uint64, total uint64) {
	type bucket struct {
		bound float64
		count int64
		round bool
	}
	var all []bucket
	for i, count := range h.Counts {
		bound, whole := math.Inf(1), false
		if i < len(h.Bounds) && !math.IsNaN(h.Bounds[i]) {
			bound, whole = h.Bounds[i]*scale, round(h.Bounds[i])
		}
		all = append(all, bucket{bound, max(count, 0), whole})
	}
	slices.SortStableFunc(all, func(a, b bucket) int { return cmp.Compare(a.bound, b.bound) })
	buckets = make(map[float64]uint64, len(all))
	for _, b := range all {
		total += uint64(b.count)
		// The last one is the total.
		if !math.IsInf(b.bound, 1) && (len(all) <= mostBuckets || b.round) {
			buckets[b.bound] = total
		}
	}
	return buckets, total
}

// mostBuckets that are all exposed: each is a time series in Prometheus. Of
// more than these only the round ones are.
const mostBuckets = 30

// round says that a bound is 1, 2 or 5 times a power of ten.
func round(bound float64) bool {
	digits := strconv.FormatFloat(bound, 'e', -1, 64)
	mantissa, _, _ := strings.Cut(digits, "e")
	return mantissa == "1" || mantissa == "2" || mantissa == "5"
}
