package clock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rung/targets/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// both runs a test on both kinds of clock.
func both(t *testing.T, test func(*testing.T, *clock.Clock)) {
	for name, start := range map[string]func() *clock.Clock{"precise": clock.New, "portable": clock.NewPortable} {
		t.Run(name, func(t *testing.T) {
			c := start()
			defer c.Close()
			test(t, c)
		})
	}
}

func TestNeverEarlyAndNoneForgotten(t *testing.T) {
	both(t, func(t *testing.T, c *clock.Clock) {
		const waiters, waits = 2000, 3
		var group sync.WaitGroup
		for w := range waiters {
			group.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				for range waits {
					deadline := time.Now().Add(time.Duration(random.Int64N(2e7)))
					if err := c.Until(context.Background(), deadline); err != nil {
						t.Errorf("wait: %v", err)
					}
					if early := time.Until(deadline); early > 0 {
						t.Errorf("woken %v early", early)
					}
				}
			})
		}
		group.Wait()
		if c.Error() <= 0 || c.ErrorAt(0.99) < c.Error() {
			t.Errorf("error of %v at the median and %v at p99", c.Error(), c.ErrorAt(0.99))
		}
	})
}

func TestEarlierDeadlineOvertakes(t *testing.T) {
	both(t, func(t *testing.T, c *clock.Clock) {
		ctx, cancel := context.WithCancel(context.Background())
		long := make(chan error, 1)
		go func() { long <- c.Until(ctx, time.Now().Add(time.Hour)) }()
		for range 20 { // with and without the long one in place
			if err := c.Until(context.Background(), time.Now().Add(200*time.Microsecond)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case err := <-long:
			t.Fatalf("a wait of an hour is over: %v", err)
		default:
		}
		cancel()
		if err := <-long; !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled wait: %v", err)
		}
	})
}

func TestPastReturnsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, c *clock.Clock) {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Hour), {}} {
			if err := c.Until(ended, at); err != nil {
				t.Errorf("until %v: %v", at, err)
			}
		}
		if err := c.Until(ended, time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
		if got := c.Error(); got != 0 {
			t.Errorf("error of %v without any wait", got)
		}
	})
}

func TestCloseEndsEveryWait(t *testing.T) {
	both(t, func(t *testing.T, c *clock.Clock) {
		const waiters = 500
		results := make(chan error, waiters)
		var begun sync.WaitGroup
		begun.Add(waiters)
		for range waiters {
			go func() {
				begun.Done()
				results <- c.Until(context.Background(), time.Now().Add(time.Hour))
			}()
		}
		begun.Wait()
		var closers sync.WaitGroup
		for range 3 {
			closers.Go(c.Close)
		}
		for range waiters {
			if err := <-results; !errors.Is(err, clock.ErrClosed) {
				t.Errorf("wait: %v, want ErrClosed", err)
			}
		}
		closers.Wait()
		if err := c.Until(context.Background(), time.Now().Add(time.Hour)); !errors.Is(err, clock.ErrClosed) {
			t.Errorf("wait on a closed clock: %v, want ErrClosed", err)
		}
	})
}

func TestUntilOr(t *testing.T) {
	both(t, func(t *testing.T, c *clock.Clock) {
		stop := make(chan struct{}, 1)
		if reached, err := c.UntilOr(time.Now().Add(time.Millisecond), stop); !reached || err != nil {
			t.Errorf("not stopped: %v, %v", reached, err)
		}
		stop <- struct{}{}
		if reached, err := c.UntilOr(time.Now().Add(time.Hour), stop); reached || err != nil {
			t.Errorf("stopped: %v, %v", reached, err)
		}
		if reached, err := c.UntilOr(time.Now().Add(time.Millisecond), nil); !reached || err != nil {
			t.Errorf("not stoppable: %v, %v", reached, err)
		}
	})
}

// TestWakesAtTheVeryDeadline runs random waits and cancellations in fake time:
// every wait ends exactly at its deadline or its cancellation, whichever is
// first.
func TestWakesAtTheVeryDeadline(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "waits")
		ms := rapid.SliceOfN(rapid.IntRange(-5, 100), 3*n, 3*n).Draw(rt, "start, length, patience in ms")
		failures := make(chan string, n)
		synctest.Test(t, func(*testing.T) {
			c := clock.NewPortable()
			defer c.Close()
			var group sync.WaitGroup
			for w := range n {
				start, length, patience := 2*ms[3*w], 2*ms[3*w+1], 2*ms[3*w+2]+1 // never both at once
				group.Go(func() {
					time.Sleep(time.Duration(start) * time.Millisecond)
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(patience)*time.Millisecond)
					defer cancel()
					begin := time.Now()
					err := c.Until(ctx, begin.Add(time.Duration(length)*time.Millisecond))
					took := int(time.Since(begin) / time.Millisecond)
					want, wantErr := max(length, 0), error(nil)
					if length > 0 && patience < length {
						want, wantErr = max(patience, 0), context.DeadlineExceeded
					}
					if took != want || !errors.Is(err, wantErr) {
						failures <- fmt.Sprintf("wait of %d with patience %d took %d: %v", length, patience, took, err)
					}
				})
			}
			group.Wait()
		})
		select {
		case failure := <-failures:
			rt.Fatal(failure)
		default:
		}
	})
}
