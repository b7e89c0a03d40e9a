package attack_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/attack"
)

// freezer is a server that answers at once, but for one freeze.
type freezer struct {
	gate     sync.RWMutex
	from, to time.Time
}

func (f *freezer) ServeHTTP(http.ResponseWriter, *http.Request) {
	f.gate.RLock()
	defer f.gate.RUnlock()
}

// freeze holds every request that comes, and notes when it was.
func (f *freezer) freeze(d time.Duration) {
	from := time.Now()
	f.gate.Lock()
	<-time.After(d)
	f.from, f.to = from, time.Now()
	f.gate.Unlock()
}

// watched is a transport with a stopwatch of its own: it notes when each
// answer has been read to its end.
type watched struct {
	next http.RoundTripper
	mu   sync.Mutex
	ends map[uint64]time.Time
}

// KeepsDeadline is the transport's that is watched.
func (w *watched) KeepsDeadline() {}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	seq, _ := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
	response, err := w.next.RoundTrip(r)
	if err == nil {
		response.Body = &ending{response.Body, w, seq}
	}
	return response, err
}

type ending struct {
	io.ReadCloser
	w   *watched
	seq uint64
}

func (e *ending) Close() error {
	e.w.mu.Lock()
	e.w.ends[e.seq] = time.Now()
	e.w.mu.Unlock()
	return e.ReadCloser.Close()
}

// TestFreeze is the ruler's own test. A server at 1000/s freezes for about a
// second out of three. By the plan about a thousand requests fall into the
// freeze and wait for what is left of it: 0 to 1000 ms, evenly. A generator
// that times requests from when a worker got to them sees that with many
// workers only; here the number of workers must not matter.
func TestFreeze(t *testing.T) {
	for _, workers := range []int{4, 64, 4000} {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			t.Parallel()
			frozen := &freezer{}
			server := httptest.NewServer(frozen)
			t.Cleanup(server.Close)
			r := newRig(t, server.URL, 256)
			stopwatch := &watched{next: r.transport, ends: map[uint64]time.Time{}}
			r.cfg.Client = &http.Client{Transport: stopwatch}
			r.cfg.MaxWorkers, r.cfg.Timeout = workers, 30*time.Second

			var began time.Time
			thawed := make(chan struct{})
			r.cfg.Began = func(at time.Time) {
				began = at
				time.AfterFunc(time.Second, func() { defer close(thawed); frozen.freeze(time.Second) })
			}
			p := constant(t, 1000, 3*time.Second)
			samples, gen, err := r.run(context.Background(), t, newSteady("/"), p)
			if err != nil {
				t.Fatal(err)
			}
			<-thawed
			if uint64(len(samples)) != p.Count() {
				t.Fatalf("%d of %d requests were sent", len(samples), p.Count())
			}

			var response, service, least, real []time.Duration
			for _, s := range samples {
				response = append(response, s.Done-s.Intended)
				service = append(service, s.Done-s.Sent)
				// By the distribution: what is left of the freeze.
				due := began.Add(p.At(s.Seq))
				left := time.Duration(0)
				if due.After(frozen.from) && due.Before(frozen.to) {
					left = frozen.to.Sub(due)
				}
				least = append(least, left)
				// By the other stopwatch, and the plan.
				real = append(real, stopwatch.ends[s.Seq].Sub(due))
			}
			got, floor, want := p99(response), p99(least), p99(real)
			t.Logf("froze %v; response p99 %v (by the distribution %v, by the stopwatch %v), service p99 %v, %d late",
				frozen.to.Sub(frozen.from), got, floor, want, p99(service), gen.Late)
			// It cannot be less than the freeze explains. It can be more by
			// the time the machine needs to answer those that waited, which
			// the stopwatch knows.
			if float64(got) < 0.95*float64(floor) {
				t.Errorf("response p99 is %v, but the freeze alone makes it %v", got, floor)
			}
			if math.Abs(float64(got-want)) > 0.05*float64(want) {
				t.Errorf("response p99 is %v, by the stopwatch it is %v", got, want)
			}
			if floor < 500*time.Millisecond {
				t.Errorf("the freeze makes a p99 of only %v: it did not happen", floor)
			}
			// With four workers only four requests met the freeze. What a
			// worker's clock says is then no use, which is the point.
			if workers == 4 && p99(service) > got/2 {
				t.Errorf("service p99 is %v of %v: the test does not show what it should", p99(service), got)
			}
			checkLimited(t, gen, workers)
		})
	}
}

// checkLimited: too few workers must not go unsaid.
func checkLimited(t *testing.T, gen bench.Generator, workers int) {
	t.Helper()
	if workers < 1000 && (gen.Limited == "" || gen.Workers != workers || gen.Late == 0) {
		t.Errorf("%d workers were too few, but the generator says %+v", workers, gen)
	}
	if gen.LateAfter != attack.LateAfter {
		t.Errorf("LateAfter = %v", gen.LateAfter)
	}
}

// p99 is the smallest value that at least 99% do not exceed.
func p99(values []time.Duration) time.Duration {
	slices.Sort(values)
	return values[int(math.Ceil(0.99*float64(len(values))))-1]
}
