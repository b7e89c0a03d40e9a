// Package bench is the vocabulary of evidence: workloads, plans, samples,
// measurements, estimates, claims and verdicts, and the judge that compares
// them. Data flows one way: a Stage is attacked with a Workload, its
// Estimates are made before, Measurements observe it, Facts name what was
// seen, and Verdicts compare. No later step changes an earlier value.
//
// The package does no I/O. All values are plain data: safe to read from
// several goroutines once built. JSON field names carry their unit.
package bench
