package supervise

import "time"

// Event is something that a supervisor or a deployment did.
type Event struct {
	At   time.Time
	Node string
	// What: "suspect", "dead", "replacing", "replaced" and "failed" of a
	// supervisor; "leaving", "stopped", "started", "joined" and "failed" of a
	// rolling deployment.
	What string
	// Cause in plain words, of what failed.
	Cause string
}
