// Package targets is the vocabulary of the systems under test: topologies of
// machines, the roles they run, the links between them, the faults they
// suffer, and the contract between the harness and a node process.
//
// It does no I/O and imports nothing but the standard library. All values are
// plain data: safe to copy and to read from several goroutines once built.
package targets
