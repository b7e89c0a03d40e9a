package endpoint

import (
	"context"
	"math"
	"math/bits"
	"sync"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
)

// Progress is how an attack stands.
type Progress struct {
	// Phase: "calibrate", "warm up", "attack", "probe 3".
	Phase string
	// Rate that the phase asks for on average, per second; zero when it has
	// none.
	Asked float64
	// Elapsed of Length; Length is zero when it is not known.
	Elapsed, Length time.Duration
	// Planned is all that the phase will send, Due what was due until now,
	// Sent what was sent, and Ended what was answered or given up.
	Planned, Due, Sent, Ended uint64
	// Failed and Late of those that ended.
	Failed, Late uint64
	// Rate of requests that ended within the last second, per second, and
	// their response times, to 3%. Null when there were none.
	Rate     float64
	P50, P99 *time.Duration
}

const (
	// tick is the time between two reports of progress.
	tick = 250 * time.Millisecond
	// slotLength and slots are the last second.
	slotLength = 100 * time.Millisecond
	slots      = 10
	// mantissa bits of a bucket: 32 to each doubling.
	mantissa = 5
	buckets  = 64 << mantissa
)

// slot counts response times of a tenth of a second.
type slot struct {
	number int64
	count  uint64
	by     [buckets]uint32
}

// meter watches an attack for Progress. It is safe for concurrent use.
type meter struct {
	mu     sync.Mutex
	began  time.Time
	length time.Duration
	slots  [slots]slot
	// ended, failed and late are totals.
	ended, failed, late uint64
}

// bucket of a time; buckets grow with it.
func bucket(d time.Duration) int {
	v := uint64(max(d, 1))
	high := bits.Len64(v) - 1
	if high < mantissa {
		return int(v)
	}
	return high<<mantissa | int(v>>(high-mantissa)&(1<<mantissa-1))
}

// middleOf a bucket.
func middleOf(at int) time.Duration {
	high := at >> mantissa
	if high < mantissa {
		return time.Duration(at)
	}
	low := (1<<mantissa | uint64(at)&(1<<mantissa-1)) << (high - mantissa)
	return time.Duration(low + 1<<(high-mantissa)/2)
}

func (m *meter) begin(t time.Time, length time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.began, m.length = t, length
}

func (m *meter) note(s *bench.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended++
	if s.Outcome == bench.Failed {
		m.failed++
	}
	if s.Sent-s.Intended > attack.LateAfter {
		m.late++
	}
	number := int64(s.Done / slotLength)
	at := &m.slots[number%slots]
	if at.number > number {
		return // its second is over
	}
	if at.number < number {
		*at = slot{number: number}
	}
	at.count++
	if s.Outcome == bench.OK {
		at.by[bucket(s.Done-s.Intended)]++
	}
}

// read is the state at a time.
func (m *meter) read(now time.Time) Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := Progress{Length: m.length, Ended: m.ended, Failed: m.failed, Late: m.late}
	if m.began.IsZero() {
		return p
	}
	p.Elapsed = now.Sub(m.began)
	newest := int64(p.Elapsed / slotLength)
	var by [buckets]uint64
	count, timed := uint64(0), uint64(0)
	for i := range m.slots {
		s := &m.slots[i]
		if s.number <= newest-slots || s.number > newest || s.count == 0 {
			continue
		}
		count += s.count
		for b, n := range s.by {
			by[b] += uint64(n)
			timed += uint64(n)
		}
	}
	// The newest slot has only begun.
	span := min(p.Elapsed, time.Duration(slots-1)*slotLength+p.Elapsed%slotLength)
	if span > 0 {
		p.Rate = float64(count) / span.Seconds()
	}
	p.P50, p.P99 = quantileIn(&by, timed, 0.5), quantileIn(&by, timed, 0.99)
	return p
}

func quantileIn(by *[buckets]uint64, count uint64, q float64) *time.Duration {
	if count == 0 {
		return nil
	}
	left := uint64(math.Ceil(q * float64(count)))
	for b, n := range by {
		if n >= left {
			value := middleOf(b)
			return &value
		}
		left -= n
	}
	return nil
}

// watching tells Progress how a phase stands, until stop is called, which
// tells it once more.
type watching struct {
	tell  func(Progress)
	phase string
	plan  bench.Plan // nil when there is none
	meter *meter
	sent  func() uint64
}

func (w watching) start() (stop func()) {
	if w.tell == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w.now()
	go func() {
		defer close(done)
		t := time.NewTicker(tick)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				w.now()
			}
		}
	}()
	return func() { cancel(); <-done; w.now() }
}

func (w watching) now() {
	p := w.meter.read(time.Now())
	p.Phase = w.phase
	if w.plan != nil {
		p.Length, p.Planned = w.plan.Duration(), w.plan.Count()
		p.Asked = float64(w.plan.Count()) / w.plan.Duration().Seconds()
		if p.Elapsed > 0 {
			p.Due = plan.Before(w.plan, p.Elapsed)
		}
	}
	if w.sent != nil {
		p.Sent = w.sent()
	}
	w.tell(p)
}
