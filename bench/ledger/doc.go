// Package ledger remembers every write that a run attempted and every one
// that was acknowledged, and compares them with what the store holds
// afterwards: acknowledged and not there is lost.
package ledger
