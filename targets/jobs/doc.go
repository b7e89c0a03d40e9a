// Package jobs is the client of a durable queue: a NATS server with a JetStream
// stream. A Publisher puts jobs in, a Consumer takes them out and works on them,
// an Admin declares the stream and makes backups of it.
//
// Delivery is at least once. A publisher knows that a job is stored when the
// queue acknowledged it. A consumer acknowledges a job only after it was worked
// on, so a job whose worker dies is delivered again, and one whose
// acknowledgement is lost is worked on twice. Whoever handles jobs must be able
// to do one again.
//
// The queue drops a job whose ID it has seen within its window, as long as it
// knows of it: a restarted queue knows those that were not worked on yet.
package jobs
