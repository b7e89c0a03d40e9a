package theory

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// ErrFewSamples says that no pair of ranks covers a quantile as surely as
// asked.
var ErrFewSamples = errors.New("too few samples")

// RankInterval are the ranks, from 1 to n, of the two sorted samples between
// which the q quantile lies with that confidence, at most (1-confidence)/2
// below and as much above. It is exact for independent samples of any
// continuous law: the number of samples below the quantile is binomial (Wilks
// 1948; Hahn and Meeker, Statistical Intervals, 1991, 5.2). Samples of one run
// depend on one another, which makes the truth wider. It is ErrFewSamples when
// the first or last sample is not far enough out, and an error unless
// n is from 1 to a billion and q and confidence are in (0, 1).
func RankInterval(n int, q, confidence float64) (low, high int, err error) {
	const most = 1_000_000_000 // beyond, rounding shows
	if n < 1 || n > most || !(q > 0 && q < 1) || !(confidence > 0 && confidence < 1) {
		return 0, 0, fmt.Errorf("ranks of the %v quantile of %d samples with %v confidence: there must be 1 to a billion, and both ratios in (0, 1)",
			q, n, confidence)
	}
	beyond := (1 - confidence) / 2
	// P(at most k samples are below the quantile) grows with k.
	atMost := func(k int) float64 { return 1 - Beta(q, float64(k+1), float64(n-k)) }
	// The largest l with P(at most l-1 below) <= beyond, the smallest u with
	// P(at most u-1 below) >= 1-beyond.
	low = sort.Search(n, func(k int) bool { return atMost(k) > beyond })
	high = sort.Search(n, func(k int) bool { return atMost(k) >= 1-beyond }) + 1
	if low < 1 || high > n {
		return 0, 0, fmt.Errorf("ranks of the %v quantile of %d samples: %w, %d are needed", q, n, ErrFewSamples, needed(q, beyond))
	}
	return low, high, nil
}

// needed is the number of samples from which on the first and the last are
// on their sides of the quantile surely enough.
func needed(q, beyond float64) int {
	rare := max(q, 1-q)
	return int(math.Ceil(math.Log(beyond) / math.Log(rare)))
}

// SamplesBeyond is the mean number of samples beyond the q quantile, n (1-q).
// Below some hundred the quantile is a guess. It is 0 for a q outside [0, 1]
// and an n below 1.
func SamplesBeyond(n int, q float64) float64 {
	if n < 1 || !probability(q) {
		return 0
	}
	return float64(n) * (1 - q)
}
