package clock

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestQueueLeavesInOrder pushes and removes at random and compares the queue
// with a sorted list.
func TestQueueLeavesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []*waiter
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				w := &waiter{deadline: time.Duration(rapid.IntRange(0, 50).Draw(t, "deadline"))}
				q.push(w)
				model = append(model, w)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				w := model[i]
				model = slices.Delete(model, i, i+1)
				if !q.remove(w) {
					t.Fatal("a queued waiter was not found")
				}
				if q.remove(w) {
					t.Fatal("removed twice")
				}
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				w := q.pop()
				i := slices.Index(model, w)
				if i < 0 {
					t.Fatal("popped a waiter that is not queued")
				}
				for _, other := range model {
					if other.deadline < w.deadline {
						t.Fatalf("popped %v before %v", w.deadline, other.deadline)
					}
				}
				model = slices.Delete(model, i, i+1)
			},
			"": func(t *rapid.T) {
				if len(q) != len(model) {
					t.Fatalf("%d queued, want %d", len(q), len(model))
				}
				for i, w := range q {
					if w.index != i {
						t.Fatalf("waiter at %d believes to be at %d", i, w.index)
					}
				}
			},
		})
	})
}

func TestCancelledWaitLeavesNothing(t *testing.T) {
	c := New()
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 1000 {
		_ = c.Until(ctx, time.Now().Add(time.Hour))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) != 0 {
		t.Errorf("%d cancelled waits are still queued", len(c.queue))
	}
}

// TestAlarmFailureEndsWaits: a clock that lost its alarm must not let its
// users wait for ever.
func TestAlarmFailureEndsWaits(t *testing.T) {
	c := New()
	defer c.Close()
	result := make(chan error, 1)
	go func() { result <- c.Until(context.Background(), time.Now().Add(time.Hour)) }()
	c.alarm.close()
	if err := <-result; err != ErrClosed {
		t.Errorf("wait: %v, want ErrClosed", err)
	}
}

func TestHistogramQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-10, math.MaxInt64), 1, 200).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "quantile")
		var h histogram
		for _, v := range values {
			h.add(time.Duration(v))
		}
		slices.Sort(values)
		exact := float64(max(values[min(int(q*float64(len(values))), len(values)-1)], 0))
		if got := float64(h.quantile(q)); math.Abs(got-exact) > exact/32+0.5 {
			t.Fatalf("quantile %v of %d values: %v, want %v within 1/32", q, len(values), got, exact)
		}
	})
}
