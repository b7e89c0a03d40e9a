package wire

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	// retransmission is what a lost TCP segment costs: Linux's minimum
	// retransmission time-out, TCP_RTO_MIN in include/net/tcp.h.
	retransmission = 200 * time.Millisecond
	// longestStall bounds a stall (TCP_RTO_MAX, same file).
	longestStall = 120 * time.Second
	// segment is the payload of an Ethernet frame of TCP over IPv4.
	segment = 1460
)

// path computes when data arrives at the other end of one direction of one
// connection. It is not safe for concurrent use.
type path struct {
	link      *Link
	random    *rand.Rand
	datagrams bool

	free time.Time // when the last byte sent has left the sender
	last time.Time // latest arrival so far
}

// arrival returns when n bytes sent now arrive; false means that they are
// lost, which happens to datagrams only.
//
// The bytes leave one after another at the link's bandwidth, behind those
// that were sent before. On TCP they never arrive before those.
func (p *path) arrival(now time.Time, n int) (time.Time, bool) {
	impairment := p.link.impairment.Load()
	if p.datagrams && (impairment.Cut || lost(n, impairment.Loss, p.random)) {
		return time.Time{}, false
	}
	left := now
	if rate := p.link.spec.Bandwidth; rate > 0 {
		if p.free.After(left) {
			left = p.free
		}
		left = left.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
		p.free = left
	}
	due := left.Add(p.link.delay(p.random))
	if p.datagrams {
		return due, true
	}
	due = due.Add(stall(n, impairment.Loss, retransmission, p.random))
	if due.Before(p.last) {
		due = p.last
	}
	p.last = due
	return due, true
}

// piece is how much data is stamped as one: at most what leaves in 1 ms, so
// that a large write arrives as a stream and not all at its end.
func (p *path) piece() int {
	if rate := p.link.spec.Bandwidth; rate > 0 {
		return int(min(max(rate/1000, segment), largest))
	}
	return largest
}

// lost draws whether any of the packets that n bytes need is lost.
func lost(n int, loss float64, random *rand.Rand) bool {
	if loss <= 0 {
		return false
	}
	packets := max((n+segment-1)/segment, 1)
	return random.Float64() >= math.Pow(1-loss, float64(packets))
}

// stall draws how much later n bytes arrive over TCP because of loss. Segments
// of one write that are lost together are sent again together (selective
// acknowledgement, RFC 6675), one time-out later. The time-out doubles each
// time that the retransmission is lost, too (RFC 6298, 5.5).
func stall(n int, loss float64, timeout time.Duration, random *rand.Rand) time.Duration {
	if !lost(n, loss, random) {
		return 0
	}
	total := timeout
	for total < longestStall && lost(1, loss, random) {
		timeout *= 2
		total += timeout
	}
	return min(total, longestStall)
}
