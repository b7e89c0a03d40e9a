// Package machine emulates the size of a node: how many CPU slots and how many
// disk slots it has, and the queues before them.
//
// A piece of work takes a slot for its service time and burns no real CPU: the
// queue computes when the work will be finished, and the caller waits for that
// moment once. So a resource's capacity is exactly slots / mean service time,
// however imprecise the waking up is.
package machine
