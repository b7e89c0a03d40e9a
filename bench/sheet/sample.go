package sheet

import (
	"math/big"
	"math/rand/v2"
)

// span is where a value can be over the ranges of the inputs.
type span struct {
	interval
	// seen is the least and the greatest value met at corners and samples of
	// the ranges, where the interval is only an outer bound; nil elsewhere.
	seen *interval
}

// Corners and samples that are tried for a step with only outer bounds. The
// seed is fixed, so that a sheet gives the same result each time.
const (
	maxCorners = 256
	samples    = 256
	sampleSeed = 1
	grid       = 1 << 16 // steps of a range
)

// sample tries a formula at the corners of the ranges, all of them or as many
// random ones, and at points drawn evenly from the ranges.
func (p *program) sample(n *node, point value, earlier []line) (interval, error) {
	random := rand.New(rand.NewPCG(sampleSeed, 0))
	corners := maxCorners
	if len(p.ranged) < 8 {
		corners = 1 << len(p.ranged)
	}
	seen := point.interval
	for try := range corners + samples {
		at := map[string]*big.Rat{}
		for r, i := range p.ranged {
			k := random.IntN(grid + 1)
			switch {
			case try < corners && corners < maxCorners:
				k = (try >> r & 1) * grid
			case try < corners:
				k = random.IntN(2) * grid
			}
			at[p.inputs[i].Name] = p.inputs[i].part(k, grid)
		}
		v, err := p.evaluate(n, earlier, func(in input) interval {
			if r, ok := at[in.Name]; ok {
				return exactly(r)
			}
			return exactly(in.point)
		})
		if err != nil {
			return seen, err
		}
		seen = seen.hull(v.interval)
	}
	return seen, nil
}
