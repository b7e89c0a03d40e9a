package compare

import (
	"math"
	"math/rand/v2"
	"time"
)

// sample is what can be measured again over windows drawn with repetition.
type sample interface {
	// windows is how many there are, and length how long one is.
	windows() int
	length() time.Duration
	// measure puts the statistics into out, where weights say how often each
	// window was drawn.
	measure(weights []int, out []float64)
}

// effect is the change of one statistic, in its own scale.
type effect struct {
	change float64
	// deviation is the standard error of change, with df degrees of freedom.
	deviation, df float64
}

// interval is where the change lies at a level of confidence.
func (e effect) interval(level float64) (low, high float64) {
	half := e.deviation * studentQuantile((1+level)/2, e.df)
	return e.change - half, e.change + half
}

// p is the probability of a change as large, up or down, where there is none.
func (e effect) p() float64 {
	if e.deviation == 0 {
		if e.change == 0 {
			return 1
		}
		return 0
	}
	return studentTails(e.change/e.deviation, e.df)
}

// blocking says how windows are drawn.
type blocking struct {
	// size is how many neighbours are drawn at once.
	size int
	// count is how many such blocks there are; need not be whole.
	count float64
	// loss is the share of the variance that blocks of this size do not see.
	loss float64
}

// blockingOf chooses blocks of n^(1/3) windows, or more where windows that
// follow each other are seen to be correlated, but so few that there are at
// least blocksLeast. With correlation r from one window to the next the best
// size is that of Politis and White (2004) for a law of first order,
// (1.5 n g^2)^(1/3) with g = 2r / (1-r^2), and blocks of size l still miss
// about g/l of the variance of a mean, because they cut what hangs together.
// Windows shorter than a second are drawn at least a second at once.
func blockingOf(length time.Duration, of []float64) blocking {
	n := float64(len(of))
	best, g := math.Cbrt(n), 0.0
	if r := correlation(of); r > 0 {
		g = 2 * r / (1 - r*r)
		best = max(best, math.Cbrt(1.5*n*g*g))
	}
	size := max(int(math.Round(min(best, n/blocksLeast))), 1)
	if length > 0 && length < windowLeast {
		size = max(size, int((windowLeast+length-1)/length))
	}
	return blocking{size: size, count: n / float64(size), loss: min(g/float64(size), mostLoss)}
}

// mostLoss bounds the correction for what blocks do not see: a short series
// does not tell it well.
const mostLoss = 0.5

// whole is the variance that a variance over resamples stands for: that of b
// blocks around their own mean is short by (b-1)/b.
func (b blocking) whole(variance float64) float64 {
	return variance * b.count / (b.count - 1) / (1 - b.loss)
}

// freedom is the degrees of freedom of that variance.
func (b blocking) freedom() float64 { return b.count - 1 }

// correlation is that of neighbours, corrected for the bias that a short
// series has (Kendall 1954), and at most 0.95. It is 0 where a value is not
// finite or nothing varies.
func correlation(of []float64) float64 {
	n := float64(len(of))
	mean := 0.0
	for _, v := range of {
		mean += v / n
	}
	var all, next float64
	for i, v := range of {
		all += (v - mean) * (v - mean)
		if i > 0 {
			next += (v - mean) * (of[i-1] - mean)
		}
	}
	r := next / all
	if !finite(r) {
		return 0
	}
	return min(r+(1+3*r)/n, 0.95)
}

// seen measures each window by itself: one series per statistic.
func seen(k int, s sample) [][]float64 {
	weights, out := make([]int, s.windows()), make([]float64, k)
	series := make([][]float64, k)
	for i := range weights {
		weights[i] = 1
		s.measure(weights, out)
		weights[i] = 0
		for j, v := range out {
			series[j] = append(series[j], v)
		}
	}
	return series
}

// draw draws as many windows as there are, in blocks that wrap around.
func draw(random *rand.Rand, weights []int, block int) {
	clear(weights)
	for n := 0; n < len(weights); {
		at := random.IntN(len(weights))
		for range min(block, len(weights)-n) {
			weights[at]++
			n++
			if at++; at == len(weights) {
				at = 0
			}
		}
	}
}

// ones are the weights of what was measured.
func ones(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// variances are those of k statistics over resamples; where one is not
// finite, neither is its variance.
func variances(k, n, block, resamples int, random *rand.Rand, measure func(weights []int, out []float64)) []float64 {
	weights, out := make([]int, n), make([]float64, k)
	mean, squares := make([]float64, k), make([]float64, k)
	for r := range resamples {
		draw(random, weights, block)
		measure(weights, out)
		for i, v := range out { // Welford
			step := v - mean[i]
			mean[i] += step / float64(r+1)
			squares[i] += step * (v - mean[i])
		}
	}
	for i := range squares {
		squares[i] /= float64(resamples - 1)
	}
	return squares
}

// contrast measures k statistics of both and their changes. Paired samples
// have the same windows and are drawn alike. How many neighbours are drawn at
// once follows from the first of the statistics.
func contrast(k int, before, after sample, paired bool, resamples int, random *rand.Rand) []effect {
	was, is := make([]float64, k), make([]float64, k)
	before.measure(ones(before.windows()), was)
	after.measure(ones(after.windows()), is)
	old, now := seen(k, before)[0], seen(k, after)[0]
	out := make([]effect, k)
	if paired {
		for i := range now {
			now[i] -= old[i]
		}
		blocks := blockingOf(before.length(), now)
		other := make([]float64, k)
		both := variances(k, before.windows(), blocks.size, resamples, random, func(weights []int, out []float64) {
			before.measure(weights, other)
			after.measure(weights, out)
			for i := range out {
				out[i] -= other[i]
			}
		})
		for i := range out {
			out[i] = effect{change: is[i] - was[i], deviation: math.Sqrt(blocks.whole(both[i])), df: blocks.freedom()}
		}
		return out
	}
	one, two := blockingOf(before.length(), old), blockingOf(after.length(), now)
	varWas := variances(k, before.windows(), one.size, resamples, random, before.measure)
	varIs := variances(k, after.windows(), two.size, resamples, random, after.measure)
	for i := range out {
		a, b := one.whole(varWas[i]), two.whole(varIs[i])
		out[i] = effect{change: is[i] - was[i], deviation: math.Sqrt(a + b), df: welch(a, one.freedom(), b, two.freedom())}
	}
	return out
}

// welch is the degrees of freedom of a sum of two variances (Welch 1947).
func welch(va, dfa, vb, dfb float64) float64 {
	if va+vb == 0 {
		return min(dfa, dfb)
	}
	return (va + vb) * (va + vb) / (va*va/dfa + vb*vb/dfb)
}
