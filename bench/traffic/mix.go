package traffic

import (
	"fmt"
	"math"
	"slices"

	"rung/bench"
	"rung/targets"
)

// mixture is the law of operations: cumulative shares by index into
// targets.Operations.
type mixture []float64

// newMixture makes shares into a law. They need not sum to 1.
func newMixture(shares []float64) mixture {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	m := make(mixture, len(shares))
	total := 0.0
	for i, s := range shares {
		total += s
		m[i] = total / sum
	}
	return m
}

// pick returns the operation for u in [0, 1). An operation without a share is
// never picked: its cumulative share equals the one before it.
func (m mixture) pick(u float64) int {
	for i, c := range m {
		if u < c {
			return i
		}
	}
	// Rounding may leave the last share a hair below 1.
	last := len(m) - 1
	for last > 0 && m[last] == m[last-1] {
		last--
	}
	return last
}

// sharesOf checks a mix and returns the share of every operation.
func sharesOf(mix []bench.Share) ([]float64, error) {
	operations := targets.Operations()
	shares := make([]float64, len(operations))
	named := make([]bool, len(operations))
	sum := 0.0
	for _, s := range mix {
		i := slices.Index(operations, s.Operation)
		switch {
		case i < 0:
			return nil, fmt.Errorf("mix: unknown operation %q: allowed are %v", s.Operation, operations)
		case named[i]:
			return nil, fmt.Errorf("mix: operation %q comes twice", s.Operation)
		case !(s.Ratio >= 0 && s.Ratio <= 1):
			return nil, fmt.Errorf("mix: ratio of %q is %v: allowed is 0 to 1", s.Operation, s.Ratio)
		}
		shares[i], named[i] = s.Ratio, true
		sum += s.Ratio
	}
	if math.Abs(sum-1) > 1e-6 {
		return nil, fmt.Errorf("mix: the ratios sum to %v: allowed is 1", sum)
	}
	return shares, nil
}
