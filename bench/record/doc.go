// Package record turns samples into a measurement. It is the only package
// that imports hdrhistogram-go.
//
// What is kept is bounded by the number of operations and intervals, not by
// the number of requests: per operation three HDR histograms of what was
// answered (response, service, lateness) and one of the failures; per
// interval one small struct; a sample of 4096 requests for the breakdown.
// Histograms keep three decimal digits of a value, from 1 us up; minimum,
// maximum and sum are kept exactly beside them, so a mean is exact and a
// quantile never lies above the maximum.
//
// # The interval log
//
// Config.Log gets a HdrHistogram interval log (format version 1.3, V2
// compressed histograms), which every tool of that family reads. Its
// histograms are response times of answered requests (OK and logged out), by
// the interval in which they were due, in nanoseconds; as the format's custom
// has it, the Interval_Max column is in milliseconds (nanoseconds / 1e6).
// Lines without a tag are of all operations, lines with "Tag=<operation>" of
// one; so the untagged lines add up to the total of the measurement, and the
// tagged ones add up to the same again. Intervals are those of the
// measurement, but at least a second long, and are written in order. A
// request that ended after its interval was written is written at the end, in
// lines that span the intervals it is from: adding up stays exact.
package record
