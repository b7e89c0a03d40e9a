package bench

import "time"

// Heat is how response times changed over an attack: answered requests by
// when they were planned (columns) and how long they took (rows). It shows
// modes and outliers that quantiles hide.
type Heat struct {
	// Column is the length of a column; the last may be cut by the plan's end.
	Column time.Duration `json:"column_ns"`
	// Edges are the lower edges of the rows, rising; a row ends where the next
	// begins, and the last one has no end.
	Edges []time.Duration `json:"edges_ns"`
	// Counts of each column, by row. Rows above the last one that is not zero
	// are left out.
	Counts [][]uint64 `json:"counts"`
}
