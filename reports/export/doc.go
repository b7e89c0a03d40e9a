// Package export writes a run in formats that other tools read: the Go
// benchmark format (benchstat), CSV, Prometheus text and HdrHistogram's
// percentile distribution. Everything is made from a bench.Run alone.
//
// Texts of a run come from files and servers of others: control characters
// and marks that turn the writing direction are replaced everywhere, and each
// format's own rules are kept. A value that is missing is left out, never
// written as zero; a number that is not finite counts as missing.
package export
