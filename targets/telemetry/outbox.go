package telemetry

import (
	"bytes"
	"sync"
)

const (
	// lineBytes bounds a log line, its newline included.
	lineBytes = 64 << 10
	// batchBytes is what a batch holds at most, but for one line that is
	// longer.
	batchBytes = 256 << 10
	// lineCost is what keeping a line costs besides its bytes.
	lineCost = 32
)

// outbox keeps log lines until they are sent. It is bounded in bytes; what
// does not fit is dropped, so that the oldest lines, which tell how it began,
// stay. It is safe for concurrent use.
type outbox struct {
	most int
	// full is sent a value when there is enough for a batch.
	full chan struct{}

	mu             sync.Mutex
	lines          [][]byte
	bytes          int // with lineCost each
	closed         bool
	taken, dropped int64
}

func newOutbox(most int) *outbox { return &outbox{most: most, full: make(chan struct{}, 1)} }

// add copies the lines of p. It never waits for more than a lock.
func (o *outbox) add(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for line := range bytes.Lines(p) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		cost := len(line) + 1 + lineCost
		if o.closed || len(line)+1 > lineBytes || o.bytes+cost > o.most {
			o.dropped++
			continue
		}
		o.taken++
		o.bytes += cost
		o.lines = append(o.lines, append(bytes.Clone(line), '\n'))
	}
	if o.bytes >= batchBytes {
		select {
		case o.full <- struct{}{}:
		default:
		}
	}
}

// next returns the oldest lines as one batch, none when there are none. They
// stay until done is called.
func (o *outbox) next() (batch []byte, lines int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for lines < len(o.lines) && (lines == 0 || len(batch)+len(o.lines[lines]) <= batchBytes) {
		batch = append(batch, o.lines[lines]...)
		lines++
	}
	return batch, lines
}

// done takes the oldest lines out. Those that were not delivered count as
// dropped.
func (o *outbox) done(lines int, delivered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, line := range o.lines[:lines] {
		o.bytes -= len(line) + lineCost
		o.lines[i] = nil
	}
	if o.lines = o.lines[lines:]; len(o.lines) == 0 {
		o.lines = nil
	}
	if !delivered {
		o.dropped += int64(lines)
	}
}

// clear drops all lines.
func (o *outbox) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropped += int64(len(o.lines))
	o.lines, o.bytes = nil, 0
}

// close lets no more in.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

func (o *outbox) counts() (taken, dropped int64, waiting int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken, o.dropped, o.bytes
}
