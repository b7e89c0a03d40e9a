package numbers

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"

	"rung/bench"
)

// sorting measures sorting 1 MiB of random numbers.
func sorting() family {
	return family{"sorting", []bench.Number{
		{ID: "sort_u64_1m", Label: "sort 1 MiB of random 64-bit numbers", Bytes: 1 << 20},
	}, func(ctx context.Context, m *meter) error {
		random := rand.New(rand.NewPCG(1, 2))
		list := make([]uint64, 1<<20/8)
		err := m.time(ctx, "sort_u64_1m", work{
			// New numbers each time: the branches of one order would be learned.
			prepare: func() error {
				for i := range list {
					list[i] = random.Uint64()
				}
				return nil
			},
			do: func(n int) error {
				for range n { // one, as it takes far longer than a batch
					slices.Sort(list)
				}
				return nil
			},
		})
		runtime.KeepAlive(list)
		return err
	}}
}
