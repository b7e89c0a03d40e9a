package dns

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestFlightIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		f := newFlights[int](&running)
		calls := 0
		slow := func(context.Context) (int, error) {
			calls++
			time.Sleep(time.Second)
			return calls, nil
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if v, _, err := f.do(t.Context(), "k", slow); v != 1 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
			})
		}
		all.Wait()
		if v, joined, err := f.do(t.Context(), "k", slow); v != 2 || joined || err != nil {
			t.Errorf("later: got %d, joined %v, %v", v, joined, err)
		}
		running.Wait()
		if len(f.calls) != 0 {
			t.Errorf("%d calls left behind", len(f.calls))
		}
	})
}

func TestFlightEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, all sync.WaitGroup
		f := newFlights[int](&running)
		start := time.Now()
		ended := make(chan time.Duration, 1)
		forever := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			ended <- time.Since(start)
			return 0, ctx.Err()
		}
		for _, patience := range []time.Duration{time.Second, 3 * time.Second, 2 * time.Second} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if _, _, err := f.do(ctx, "k", forever); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		running.Wait()
		if took := <-ended; took != 3*time.Second {
			t.Errorf("the call ended after %v, want with its last waiter after 3s", took)
		}
		// A call that nobody waits for must not be joined.
		if v, joined, err := f.do(t.Context(), "k", func(context.Context) (int, error) { return 7, nil }); v != 7 || joined || err != nil {
			t.Errorf("afterwards: got %d, joined %v, %v", v, joined, err)
		}
	})
}
