package store

import (
	"sync"
	"time"
)

// circuitTrip is how many commands in a row must fail before a node is left alone. One
// lost connection is not enough to send all of a node's keys to the store behind.
const circuitTrip = 3

// circuit says whether a node is worth asking. After circuitTrip failures in a row it
// is not, for the time of hold; then one request tries, while the others still do
// without. If that one fails, another hold begins; any answer ends it. So a node that
// is cut off delays few requests, each by one time-out, and a node that is back is
// used again within one hold.
type circuit struct {
	hold time.Duration
	now  func() time.Time

	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // left alone until then, if failures reach circuitTrip
	trying   bool
}

// verdict is what a command tells of its node.
type verdict int

const (
	unclear  verdict = iota // it was never sent, or the caller gave up
	answered                // also with an error
	silent                  // refused, broken, or no answer in time
)

// ask reports whether to ask the node. If so, tell must follow.
func (c *circuit) ask() (ok, trial bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.failures < circuitTrip:
		return true, false
	case c.trying || c.now().Before(c.until):
		return false, false
	}
	c.trying = true
	return true, true
}

// tell says what came of it.
func (c *circuit) tell(v verdict, trial bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if trial {
		c.trying = false
	}
	switch v {
	case answered:
		c.failures = 0
	case silent:
		// Those that were on their way when it opened do not make it longer.
		if c.failures < circuitTrip {
			c.failures++
		} else if !trial {
			return
		}
		if c.failures == circuitTrip {
			c.until = c.now().Add(c.hold)
		}
	}
}

// open says that the node is left alone.
func (c *circuit) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failures >= circuitTrip
}
