// Package configs turns files, the environment and flags into validated
// values: stages, workloads, profiles, latency-number sets and the settings
// of a run. The files under this folder are embedded in the binary; a user's
// own files of the same shape are read in the same way.
//
// Every error names the file, the line where that is known, the field, and
// what is allowed. Only the command imports this package.
package configs
