// Package worker takes photos out of queues, works on them and stores them.
//
// Each job takes CPU time of the emulated machine, then one statement of the
// store, and only then is acknowledged to its queue. So a job whose worker dies
// is done again by another, and one whose acknowledgement is lost is done
// twice: delivery is at least once. An idempotent worker stores a photo under
// the job's own id, so that doing it again changes nothing. One that is not
// leaves a row for each time: the id, "#" and a number that no other row has.
//
// A job that fails, because the emulated machine or the store refuses it or the
// store is away, goes back to its queue and comes again later.
//
// The worker has no protocol of its own. On its listener it answers
// GET /healthz, and GET / with its counters as JSON.
package worker
