// Package compare says whether two runs, or two stages of one run, differ.
//
// # Windows
//
// Requests of one run are not independent: a slow second makes all of its
// requests slow. So requests are never resampled, but whole windows of a
// second or more, and of these blocks of neighbours, for windows that follow
// each other may be correlated too (circular block bootstrap, Politis and
// Romano 1992). The blocks have n^(1/3) of n windows, the order at which the
// error of a bootstrap variance is smallest (Hall, Horowitz and Jing 1995),
// or more where the windows are seen to be correlated. A resample adds the
// histograms of its windows up and takes mean and quantiles of the sum, so the
// interval is that of the quantile that a report prints. The variance of the
// logarithm over all resamples, corrected for the few blocks and for what
// blocks cut apart, gives a Student t interval with one degree of freedom less
// than there are blocks on each side (Welch's sum for two sides). Six windows
// on each side are the least, and wide.
//
// Two runs of the same seed and plan get the same requests at the same times.
// Then the same windows are drawn on both sides, and what the requests have
// in common cancels out.
//
// # Rounds
//
// Windows say how a run varies within itself, not what the next run would
// give. Where both sides have rounds enough, the rounds are compared instead:
// by ranks, without any law assumed, as benchstat does. The interval is that
// of Hodges and Lehmann to the Mann-Whitney test, or of Walsh averages to
// Wilcoxon's signed ranks where rounds took turns and are compared in pairs.
//
// # Brackets
//
// A capacity is known to lie between the rate that passed and the one that
// failed. One search each gives the bounds of the ratio, which is no
// confidence interval; over rounds, each pair of rounds gives its bounds to
// the ranks.
//
// # Many numbers
//
// Each verdict is at its own level: of twenty numbers that did not change,
// one is expected to seem so. The step-down test of Holm (1979) over all
// numbers of a comparison marks those that may be chance with Chance.
package compare
