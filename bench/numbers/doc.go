// Package numbers measures on this machine the rows that latency-number sets
// publish: from a reference to the first-level cache to a durable write and an
// HTTP round trip. Rows carry the ids of the published ones where they are the
// same thing, and flags where a figure is not what it seems.
//
// How: one operation is never timed below 5 us; shorter ones are timed in
// batches of at least 50 us, and their percentiles are then of batch means,
// which a flag says. The value of a row is its median. Nothing is subtracted
// for the clock, which takes at most 1% of a sample.
package numbers
