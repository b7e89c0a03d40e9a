package numbers

import (
	"context"
	"sync"

	"rung/bench"
)

// goroutine measures handing over from one goroutine to another.
func goroutine() family {
	return family{"goroutines", []bench.Number{
		{ID: "goroutine_switch", Label: "goroutine switch (half of a ping-pong over two channels)"},
	}, func(ctx context.Context, m *meter) error {
		ping, pong := make(chan struct{}), make(chan struct{})
		var partner sync.WaitGroup
		partner.Go(func() {
			for range ping {
				pong <- struct{}{}
			}
		})
		defer partner.Wait()
		defer close(ping)
		// One round trip is two switches.
		return m.halves(ctx, "goroutine_switch", op(func(n int) {
			for range n {
				ping <- struct{}{}
				<-pong
			}
		}))
	}}
}
