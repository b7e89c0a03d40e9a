package machine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// unit is the mean service time of the simulations.
const unit = time.Millisecond

// simulation runs arrivals through a queue in virtual time.
type simulation struct {
	slots, bound int
	quantum      time.Duration
	rate         float64 // arrivals per unit
	regular      bool    // constant gaps, not Poisson arrivals
	service      targets.Law
	arrivals     int
}

// simulate runs s, but not under the race detector: it would take a minute, and
// there is one goroutine only.
func simulate(t *testing.T, s simulation) outcome {
	t.Helper()
	if raceDetector {
		t.Skip("one goroutine: no race to detect")
	}
	t.Parallel()
	return s.run()
}

// outcome has times in units.
type outcome struct{ meanWait, waitShare, waitP95, meanResponse, refused, busy float64 }

func (s simulation) run() outcome {
	random := rand.New(rand.NewPCG(20, 26))
	q := newQueue(s.slots, s.bound, s.quantum)
	jobs := make([]job, s.arrivals)
	arrived := make([]time.Duration, s.arrivals)
	var roles account
	var now time.Duration
	for i := range jobs {
		gap := float64(unit) / s.rate
		if !s.regular {
			gap *= random.ExpFloat64()
		}
		now += time.Duration(math.Round(gap))
		arrived[i] = now
		jobs[i].account = &roles
		q.offer(now, Sample(s.service, random), &jobs[i])
	}
	q.advance(1 << 62)
	var waits []float64
	var o outcome
	for i := range jobs {
		if !jobs[i].done {
			o.refused += 1 / float64(s.arrivals)
			continue
		}
		waits = append(waits, float64(jobs[i].queued)/float64(unit))
		o.meanResponse += float64(jobs[i].finish-arrived[i]) / float64(unit)
		o.meanWait += waits[len(waits)-1]
		if jobs[i].queued > 0 {
			o.waitShare++
		}
	}
	n := float64(len(waits))
	slices.Sort(waits)
	o.waitP95 = waits[int(0.95*n)]
	o.meanWait, o.waitShare, o.meanResponse = o.meanWait/n, o.waitShare/n, o.meanResponse/n
	o.busy = float64(q.busy) / float64(now) / float64(s.slots)
	return o
}

// TestQueueIsErlangC compares a million Poisson arrivals with exponential
// service with the Erlang C formula: C is the share that waits, W the mean
// wait in service times. The seed is fixed: it passes or fails for ever.
//
// The tolerance of W is about three standard deviations of a mean over so many
// (dependent) waits; in M/M/1 at 0.8 one is 1.1%.
func TestQueueIsErlangC(t *testing.T) {
	tests := []struct {
		name      string
		slots     int
		rho       float64
		c, w, p95 float64
		tolerance float64
	}{
		{"1 slot at 0.8", 1, 0.8, 0.800000, 4.000000, 13.862944, 0.03},
		{"2 slots at 0.8", 2, 0.8, 0.711111, 1.777778, 6.637014, 0.03},
		{"4 slots at 0.8", 4, 0.8, 0.596432, 0.745541, 3.098679, 0.03},
		{"4 slots at 0.5", 4, 0.5, 0.173913, 0.086957, 0.623266, 0.02},
		{"8 slots at 0.9", 8, 0.9, 0.701533, 0.876916, 3.301556, 0.06},
		{"16 slots at 0.9", 16, 0.9, 0.591343, 0.369590, 1.543984, 0.06},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := simulate(t, simulation{
				slots: test.slots, bound: math.MaxInt, rate: test.rho * float64(test.slots),
				service: targets.Law{Shape: targets.ShapeExponential, Mean: unit}, arrivals: 1_000_000,
			})
			near(t, "mean wait", o.meanWait, test.w, test.tolerance)
			near(t, "p95 of waits", o.waitP95, test.p95, test.tolerance)
			near(t, "share that waits", o.waitShare, test.c, test.tolerance/2)
			near(t, "busy", o.busy, test.rho, 0.005)
		})
	}
}

// TestQueueAgainstOtherFormulas checks what Erlang C does not: other laws,
// bounded queues, and the quantum.
func TestQueueAgainstOtherFormulas(t *testing.T) {
	exponential := targets.Law{Shape: targets.ShapeExponential, Mean: unit}
	constant := targets.Constant(unit)
	heavy := targets.Law{Shape: targets.ShapeLognormal, Mean: unit, CV: 2}
	const infinite, n = math.MaxInt, 1_000_000
	wait := func(o outcome) float64 { return o.meanWait }
	response := func(o outcome) float64 { return o.meanResponse }
	refused := func(o outcome) float64 { return o.refused }
	tests := []struct {
		name      string
		s         simulation
		got       func(outcome) float64
		want      float64
		tolerance float64
	}{
		// Pollaczek-Khinchine: W = rho (1 + cv^2) / (2 (1 - rho)).
		{"M/D/1 at 0.8", simulation{1, infinite, 0, 0.8, false, constant, n}, wait, 2, 0.03},
		{"M/G/1 at 0.5 with cv 2", simulation{1, infinite, 0, 0.5, false, heavy, n}, wait, 2.5, 0.05},
		// D/M/1: W = sigma/(1 - sigma) with sigma = exp(-(1 - sigma)/rho).
		{"D/M/1 at 0.8", simulation{1, infinite, 0, 0.8, true, exponential, n}, wait, 1.692731, 0.03},
		{"D/D/1 at 1 never waits", simulation{1, 0, 0, 1, true, constant, n}, wait, 0, 0},
		{"D/D/1 at 1 refuses nobody", simulation{1, 0, 0, 1, true, constant, n}, refused, 0, 0},
		// M/M/c/K, K = slots + queue.
		{"M/M/1/10 at 0.9 refuses", simulation{1, 9, 0, 0.9, false, exponential, n}, refused, 0.0508137, 0.03},
		{"M/M/1/10 at 0.9 responds", simulation{1, 9, 0, 0.9, false, exponential, n}, response, 4.646601, 0.02},
		{"M/M/1/10 at 1.2 refuses", simulation{1, 9, 0, 1.2, false, exponential, n}, refused, 0.192586, 0.02},
		{"M/M/4/20 at 3.2 refuses", simulation{4, 16, 0, 3.2, false, exponential, n}, refused, 0.00340332, 0.10},
		{"M/M/4/20 at 5 refuses", simulation{4, 16, 0, 5, false, exponential, n}, refused, 0.202843, 0.02},
		// A small quantum is processor sharing: R = 1/(1 - rho), whatever the law.
		{"sharing, exponential", simulation{1, infinite, unit / 20, 0.6, false, exponential, n / 4}, response, 2.5, 0.04},
		{"sharing, cv 2", simulation{1, infinite, unit / 20, 0.6, false, heavy, n / 4}, response, 2.5, 0.06},
		// The bound counts the work in the machine, cut or not.
		{"sharing refuses as M/M/1/10", simulation{1, 9, unit / 20, 0.9, false, exponential, n / 4}, refused, 0.0508137, 0.05},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			near(t, "result", test.got(simulate(t, test.s)), test.want, test.tolerance)
		})
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	t.Logf("%s: %.6f, want %.6f", what, got, want)
	if math.Abs(got-want) > tolerance*want {
		t.Errorf("%s: %.6f, want %.6f within %v%%", what, got, want, 100*tolerance)
	}
}

// reference is the textbook definition, computed the slow way: servers take
// work from the front of a list, in steps of one tick.
type reference struct {
	slots, bound int
	queue        []int // jobs in line
	serving      []int // jobs in service
	left         map[int]int
	starts       map[int]int
	ends         map[int]int
}

// step serves one tick that begins at now.
func (r *reference) step(now int) {
	for len(r.serving) < r.slots && len(r.queue) > 0 {
		r.starts[r.queue[0]] = now
		r.serving, r.queue = append(r.serving, r.queue[0]), r.queue[1:]
	}
	for _, id := range r.serving {
		r.left[id]--
	}
	r.serving = slices.DeleteFunc(r.serving, func(id int) bool {
		if r.left[id] == 0 {
			r.ends[id] = now + 1
		}
		return r.left[id] == 0
	})
}

func (r *reference) offer(id, demand int) bool {
	if len(r.serving)+len(r.queue) >= r.slots+r.bound {
		return false
	}
	r.left[id] = demand
	r.queue = append(r.queue, id)
	return true
}

// TestQueueIsFirstInFirstOut compares random arrivals with the reference:
// same refusals, same starts, same ends. That covers order of service, work
// conservation, and the exact bound.
func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots, bound := rapid.IntRange(1, 4).Draw(t, "slots"), rapid.IntRange(0, 5).Draw(t, "queue")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 60).Draw(t, "gaps")
		q := newQueue(slots, bound, 0)
		r := &reference{slots: slots, bound: bound, left: map[int]int{}, starts: map[int]int{}, ends: map[int]int{}}
		jobs := make([]*job, len(gaps))
		now := 0
		var roles account
		for i, gap := range gaps {
			for range gap {
				r.step(now)
				now++
			}
			demand := rapid.IntRange(1, 12).Draw(t, "demand")
			jobs[i] = &job{account: &roles}
			got := q.offer(time.Duration(now), time.Duration(demand), jobs[i])
			if want := r.offer(i, demand); got != want {
				t.Fatalf("job %d at %d: admitted %v, want %v", i, now, got, want)
			}
			if got := jobs[i].finish - jobs[i].start; r.left[i] > 0 && got != time.Duration(demand) {
				t.Fatalf("job %d is served for %d, asked for %d", i, got, demand)
			}
		}
		for len(r.queue)+len(r.serving) > 0 {
			r.step(now)
			now++
		}
		for i, j := range jobs {
			if end, ok := r.ends[i]; ok && (int(j.start) != r.starts[i] || int(j.finish) != end) {
				t.Fatalf("job %d runs from %d to %d, want %d to %d", i, j.start, j.finish, r.starts[i], end)
			}
		}
	})
}

// TestQueueCountsAddUp draws random jobs, quanta and moments of looking.
func TestQueueCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots, bound := rapid.IntRange(1, 4).Draw(t, "slots"), rapid.IntRange(0, 6).Draw(t, "queue")
		q := newQueue(slots, bound, time.Duration(rapid.IntRange(0, 4).Draw(t, "quantum")))
		accounts := [2]account{}
		var now, admitted, lastBusy time.Duration
		var jobs, refused int64
		for range rapid.IntRange(1, 60).Draw(t, "arrivals") {
			now += time.Duration(rapid.IntRange(0, 8).Draw(t, "gap"))
			demand := time.Duration(rapid.IntRange(1, 15).Draw(t, "demand"))
			j := &job{account: &accounts[rapid.IntRange(0, 1).Draw(t, "role")]}
			if q.offer(now, demand, j) {
				admitted += demand
				jobs++
				if j.finish < now {
					t.Fatal("finished before it came")
				}
			} else {
				refused++
			}
			var byRole time.Duration
			busy := q.used(func(_ *account, d time.Duration) { byRole += d })
			byRole += accounts[0].busy + accounts[1].busy
			switch {
			case busy > now*time.Duration(slots):
				t.Fatalf("%d of slot time used in %d by %d slots", busy, now, slots)
			case busy < lastBusy:
				t.Fatalf("busy fell from %d to %d", lastBusy, busy)
			case busy != byRole:
				t.Fatalf("busy is %d, by role %d", busy, byRole)
			case q.waiting.len() > bound:
				t.Fatalf("%d wait, allowed are %d", q.waiting.len(), bound)
			case q.peak < q.waiting.len() || q.peak > bound:
				t.Fatalf("peak %d with %d waiting and room for %d", q.peak, q.waiting.len(), bound)
			case len(q.pieces) > slots+bound:
				t.Fatalf("%d pieces in %d slots and %d places", len(q.pieces), slots, bound)
			}
			lastBusy = busy
		}
		q.advance(1 << 40)
		if q.busy != admitted || q.served != jobs || q.refused != refused {
			t.Fatalf("busy %d, served %d, refused %d; want %d, %d, %d", q.busy, q.served, q.refused, admitted, jobs, refused)
		}
		if q.waiting.len() != 0 || len(q.pieces) != 0 {
			t.Fatal("something is left over")
		}
	})
}

func TestQuantumGoesRound(t *testing.T) {
	q := newQueue(1, 10, 2)
	var roles account
	long, short, late := &job{account: &roles}, &job{account: &roles}, &job{account: &roles}
	q.offer(0, 5, long)  // 0-2, 4-6, 8-9
	q.offer(1, 3, short) // 2-4, 6-7
	q.offer(5, 1, late)  // 7-8: behind short's second piece, before long's third
	q.advance(100)
	for _, test := range []struct {
		name           string
		j              *job
		finish, queued time.Duration
	}{{"long", long, 9, 4}, {"short", short, 7, 3}, {"late", late, 8, 2}} {
		if !test.j.done || test.j.finish != test.finish || test.j.queued != test.queued {
			t.Errorf("%s: finished %v at %d after queueing %d; want %d, %d",
				test.name, test.j.done, test.j.finish, test.j.queued, test.finish, test.queued)
		}
	}
}

func TestAbandonedKeepsOnlyItsPiece(t *testing.T) {
	q := newQueue(1, 10, 2)
	var roles account
	gone, next := &job{account: &roles}, &job{account: &roles}
	q.offer(0, 10, gone)
	q.offer(0, 2, next)
	q.abandon(gone)
	q.advance(100)
	if next.finish != 4 || q.busy != 4 || !gone.done {
		t.Errorf("next finished at %d, busy %d, gone done %v; want 4, 4, true", next.finish, q.busy, gone.done)
	}
}
