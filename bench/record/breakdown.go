package record

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rung/bench"
)

const (
	// reservoirSize is how many requests the breakdown is taken from.
	reservoirSize = 4096
	// nearRatio of the sampled requests, but at least nearLeast, lie around
	// a quantile.
	nearRatio = 0.05
	nearLeast = 10
	// envelope is the balancer's metric of all that its server took. The
	// server's own metrics are parts of it, so it is not a part itself.
	envelope = "upstream"
	// excessRatio of requests whose server timings exceed their service time
	// earns a warning.
	excessRatio = 0.01
)

// The parts that are not from Server-Timing.
const (
	partLate = "late"
	partRest = "rest"
)

// trace is what the breakdown needs of a request.
type trace struct {
	response, late time.Duration
	header         string
}

// reservoir is a uniform sample of the answered requests (algorithm R,
// Vitter 1985), by a fixed seed.
type reservoir struct {
	random *rand.Rand
	seen   uint64
	traces []trace
}

func newReservoir() *reservoir {
	return &reservoir{random: rand.New(rand.NewPCG(1, 2)), traces: make([]trace, 0, reservoirSize)}
}

func (r *reservoir) add(s *bench.Sample) {
	if s.Outcome != bench.OK && s.Outcome != bench.LoggedOut {
		return
	}
	r.seen++
	at := uint64(len(r.traces))
	if at < reservoirSize {
		r.traces = r.traces[:at+1]
	} else if at = r.random.Uint64N(r.seen); at >= reservoirSize {
		return
	}
	header := s.ServerTiming
	if len(header) > timingBytes {
		header = "" // a part of it would be wrong; all of it has no bound
	}
	late := max(s.Sent-s.Intended, 0)
	r.traces[at] = trace{response: max(s.Done-s.Intended, late), late: late, header: header}
}

// result breaks the response time down around the median and the p99, as far
// as these can be named. The warning is empty when all is well.
func (r *reservoir) result() (out []bench.Breakdown, warning string) {
	slices.SortFunc(r.traces, func(a, b trace) int { return cmp.Compare(a.response, b.response) })
	used, excess := 0, 0
	for _, q := range []float64{0.5, 0.99} {
		if r.seen-min(rank(q, max(r.seen, 1)), r.seen) < beyondLeast {
			continue
		}
		b, over := breakdown(q, near(r.traces, q))
		used, excess = used+b.Requests, excess+over
		out = append(out, b)
	}
	if float64(excess) > excessRatio*float64(used) {
		warning = fmt.Sprintf("server timings exceed the service time in %d of %d requests of the breakdown: scaled down", excess, used)
	}
	return out, warning
}

// near returns the traces around quantile q of the sorted traces: as many
// below as above it, as far as the end allows.
func near(traces []trace, q float64) []trace {
	n := len(traces)
	center := int(rank(q, uint64(n))) - 1
	half := int(nearRatio * float64(n) / 2)
	half = min(half, center, n-1-center)
	from, to := center-half, center+half+1
	if to-from < nearLeast {
		from = max(center-nearLeast/2, 0)
		to = min(from+nearLeast, n)
		from = max(to-nearLeast, 0)
	}
	return traces[from:to]
}

// breakdown takes means over traces. Whole nanoseconds that the divisions
// lose go to the rest, so the parts add up to the response time exactly. The
// rest is never negative: parts of a trace do not exceed its response time,
// and a mean rounded down is at least the sum of its parts' rounded down.
func breakdown(q float64, traces []trace) (b bench.Breakdown, excess int) {
	n := time.Duration(len(traces))
	var response, late time.Duration
	var names []string
	sums := map[string]time.Duration{}
	for _, t := range traces {
		response += t.response
		late += t.late
		parts, over := t.parts()
		if over {
			excess++
		}
		for _, p := range parts {
			if _, known := sums[p.Name]; !known {
				names = append(names, p.Name)
			}
			sums[p.Name] += p.Time
		}
	}
	b = bench.Breakdown{Quantile: q, Requests: len(traces), Response: response / n}
	rest := b.Response - late/n
	b.Parts = append(b.Parts, bench.Part{Name: partLate, Time: late / n})
	for _, name := range names {
		b.Parts = append(b.Parts, bench.Part{Name: name, Time: sums[name] / n})
		rest -= sums[name] / n
	}
	b.Parts = append(b.Parts, bench.Part{Name: partRest, Time: rest})
	return b, excess
}

// parts returns the server's timings. Where they add up to more than the
// service time, because clocks differ or something was counted twice, they
// are scaled down to it.
func (t trace) parts() (parts []bench.Part, over bool) {
	sum := time.Duration(0)
	for _, p := range ParseServerTiming(t.header) {
		if p.Name == envelope || p.Name == partLate || p.Name == partRest {
			continue
		}
		parts = append(parts, p)
		sum += p.Time
	}
	service := t.response - t.late
	if sum <= service {
		return parts, false
	}
	for i := range parts {
		parts[i].Time = time.Duration(float64(parts[i].Time) * (float64(service) / float64(sum)))
	}
	return parts, true
}
