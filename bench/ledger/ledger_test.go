package ledger_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/ledger"
)

// there is a store that holds keys.
func there(keys ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func TestAudit(t *testing.T) {
	l := ledger.New()
	for _, key := range []string{"r-1", "r-2", "r-3", "r-4", "odd key", "r-007"} {
		l.Attempt(key)
	}
	for _, key := range []string{"r-1", "r-2", "odd key", "r-9", "r-7"} { // r-9 and r-7 were not attempted first
		l.Acknowledge(key)
	}
	l.Attempt("r-1") // changes nothing
	got := l.Audit(there("r-1", "r-1", "r-3", "r-007", "other-5", "odd key", "r-3#2", "r-3#9"))
	// Lost: r-2, r-9 and r-7, which is not r-007.
	want := bench.Audit{Attempted: 8, Acknowledged: 5, Lost: 3, Unacknowledged: 2, Duplicated: 3, Checked: true}
	if got != want {
		t.Errorf("audit is %+v, want %+v", got, want)
	}
	// A later audit starts afresh.
	if got := l.Audit(there()); got.Lost != 5 || got.Unacknowledged != 0 {
		t.Errorf("audit of an empty store is %+v", got)
	}
}

func TestUnreadableStoreIsUnchecked(t *testing.T) {
	l := ledger.New()
	l.Acknowledge("r-1")
	got := l.Audit(func(yield func(string, error) bool) { yield("", errors.New("store is down")) })
	if want := (bench.Audit{Attempted: 1, Acknowledged: 1, Why: "store is down"}); got != want {
		t.Errorf("audit is %+v, want %+v", got, want)
	}
}

// For any interleaving of attempts and acknowledgements by any number of
// goroutines, lost is acknowledged minus present.
func TestLostIsAcknowledgedMinusPresent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"a-0", "a-1", "a-01", "a-2", "b-1", "a-b-1", "x", "", "-", "-1", "a-", "a-+1",
			"a-18446744073709551615", "a-18446744073709551616"})
		type event struct {
			key          string
			acknowledged bool
		}
		events := rapid.SliceOf(rapid.Custom(func(t *rapid.T) event {
			return event{key.Draw(t, "key"), rapid.Bool().Draw(t, "acknowledged")}
		})).Draw(t, "events")
		present := rapid.SliceOf(key).Draw(t, "present")

		l := ledger.New()
		var group sync.WaitGroup
		for g := range 3 {
			group.Go(func() {
				for i := g; i < len(events); i += 3 {
					if events[i].acknowledged {
						l.Acknowledge(events[i].key)
					} else {
						l.Attempt(events[i].key)
					}
				}
			})
		}
		group.Wait()

		want := bench.Audit{Checked: true}
		attempted, acknowledged, stored := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, e := range events {
			attempted[e.key] = true
			acknowledged[e.key] = acknowledged[e.key] || e.acknowledged
		}
		times := map[string]uint64{}
		for _, k := range present {
			stored[k] = true
			times[k]++
		}
		for k := range attempted {
			if times[k] > 1 {
				want.Duplicated += times[k] - 1
			}
		}
		for k := range attempted {
			want.Attempted++
			switch {
			case acknowledged[k] && !stored[k]:
				want.Acknowledged++
				want.Lost++
			case acknowledged[k]:
				want.Acknowledged++
			case stored[k]:
				want.Unacknowledged++
			}
		}
		if got := l.Audit(there(present...)); got != want {
			t.Fatalf("audit is %+v, want %+v", got, want)
		}
	})
}

// writes is a source of posts and photos.
type writes struct{ observed int }

func (*writes) Operations() []string { return []string{"post", "photo"} }
func (*writes) Request(n uint64) bench.Request {
	return bench.Request{Operation: int(n % 2), Key: fmt.Sprintf("r-%d", n)}
}
func (w *writes) Observe(uint64, bench.Request, int, http.Header) { w.observed++ }

func TestWatch(t *testing.T) {
	for _, c := range []struct {
		operations []string
		want       bench.Audit
	}{
		{nil, bench.Audit{Attempted: 5, Acknowledged: 2, Lost: 1, Unacknowledged: 1, Checked: true}},
		{[]string{"post"}, bench.Audit{Attempted: 3, Acknowledged: 1, Lost: 0, Unacknowledged: 1, Checked: true}},
	} {
		source, l := &writes{}, ledger.New()
		watched := l.Watch(source, c.operations...)
		for n, code := range []int{201, 200, 0, 503, 429} {
			watched.Observe(uint64(n), watched.Request(uint64(n)), code, nil)
		}
		watched.Observe(5, bench.Request{}, 200, nil) // promises nothing
		if got := l.Audit(there("r-0", "r-2")); got != c.want {
			t.Errorf("%v: audit is %+v, want %+v", c.operations, got, c.want)
		}
		if source.observed != 6 {
			t.Errorf("the source observed %d answers, want 6", source.observed)
		}
	}
}

func BenchmarkAcknowledge(b *testing.B) {
	l := ledger.New()
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = fmt.Sprintf("run1-%d", i*13)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Acknowledge(keys[i%len(keys)])
	}
}
