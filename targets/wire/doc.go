// Package wire emulates the network between two nodes: delay, jitter,
// bandwidth, and the faults cut, slow and lossy.
//
// The end that dials owns the wire. A connection that a Link dials is a real
// loopback connection; what is written to it, and what arrives on it, is held
// back for the time it would have spent on the way. The listening end needs no
// code at all.
//
// Every byte is stamped when it enters the wire and its arrival is an absolute
// time from there, so that time spent in goroutine scheduling on the way does
// not add to the delay. On TCP nothing is ever lost or reordered, whatever the
// impairment: TCP turns loss into delay. On UDP datagrams are lost and
// overtake each other.
//
// A link without delay and without impairment hands every Read and Write
// straight to the socket.
package wire
