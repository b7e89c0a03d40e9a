package compare

import (
	"math"
	"slices"
)

// span is a value that is known between two bounds; a point has two equal
// ones. High may be infinite.
type span struct{ low, high float64 }

// ranked is the outcome of a test by ranks.
type ranked struct {
	low, high float64
	p         float64
	// known is false where there are too few values for the level.
	known bool
}

// mannWhitney compares two independent samples: the interval of the shift is
// made of the pairwise differences (Hodges and Lehmann 1963). Bounds take
// each difference as far as it may lie.
func mannWhitney(before, after []span, level float64) ranked {
	var lows, highs []float64
	for _, a := range before {
		for _, b := range after {
			lows, highs = append(lows, b.low-a.high), append(highs, b.high-a.low)
		}
	}
	return byRank(lows, highs, rankSums(len(before), len(after)), level)
}

// signedRank compares pairs by Wilcoxon's test: the interval is made of the
// averages of every two differences (Walsh).
func signedRank(before, after []span, level float64) ranked {
	var lows, highs []float64
	for i := range before {
		for j := range i + 1 {
			lows = append(lows, (after[i].low-before[i].high+after[j].low-before[j].high)/2)
			highs = append(highs, (after[i].high-before[i].low+after[j].high-before[j].low)/2)
		}
	}
	return byRank(lows, highs, signedSums(len(before)), level)
}

// byRank reads the interval and the p-value off the sorted differences;
// chances[i] is the probability of i of them, under no change.
func byRank(lows, highs, chances []float64, level float64) ranked {
	slices.Sort(lows)
	slices.Sort(highs)
	cut, below := 0, 0.0
	for cut < len(lows) && below+chances[cut] <= (1-level)/2 {
		below += chances[cut]
		cut++
	}
	if cut == 0 {
		return ranked{p: 1}
	}
	// Ties count against a change.
	up, down := 0, 0
	for i := range lows {
		if lows[i] <= 0 {
			up++
		}
		if highs[i] >= 0 {
			down++
		}
	}
	p := 0.0
	for _, chance := range chances[:min(up, down)+1] {
		p += chance
	}
	return ranked{low: lows[cut-1], high: highs[len(highs)-cut], p: min(2*p, 1), known: true}
}

// rankSums are the probabilities of Mann and Whitney's U from 0 to n m.
func rankSums(n, m int) []float64 {
	// ways[k][u] counts the subsets of k ranks whose sum is u above the least.
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, n*m+1)
	}
	ways[0][0] = 1
	for rank := 1; rank <= n+m; rank++ {
		for k := min(n, rank); k >= 1; k-- {
			step := rank - k // taking rank as the k-th smallest
			for u := n * m; u >= step; u-- {
				ways[k][u] += ways[k-1][u-step]
			}
		}
	}
	return normalised(ways[n])
}

// signedSums are the probabilities of Wilcoxon's W from 0 to n (n+1)/2.
func signedSums(n int) []float64 {
	ways := make([]float64, n*(n+1)/2+1)
	ways[0] = 1
	for rank := 1; rank <= n; rank++ {
		for w := len(ways) - 1; w >= rank; w-- {
			ways[w] += ways[w-rank]
		}
	}
	return normalised(ways)
}

func normalised(ways []float64) []float64 {
	total := 0.0
	for _, v := range ways {
		total += v
	}
	for i := range ways {
		ways[i] /= total
	}
	return ways
}

// medianInterval is the place from either end of n sorted values that bounds
// the median at a level, 0 being the first; false where n is too small. It is
// the order statistics' interval, free of any law.
func medianInterval(n int, level float64) (at int, ok bool) {
	below, chance := 0.0, math.Pow(0.5, float64(n))
	for ; at < n/2 && below+chance <= (1-level)/2; at++ {
		below += chance
		chance *= float64(n-at) / float64(at+1)
	}
	return at - 1, at > 0
}

// median of values that are not empty.
func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2
}
