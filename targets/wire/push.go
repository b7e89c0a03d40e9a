package wire

import (
	"os"
	"syscall"
	"time"
)

// write sends p and returns when it is on its way, as an operating system
// does. Call it with pushTurn held.
func (l *lane) write(p []byte) (n int, err error) {
	if l.path.datagrams {
		return l.writeDatagram(p)
	}
	for first := true; first || n < len(p); first = false {
		if err := l.room(); err != nil {
			return n, err
		}
		size := min(len(p)-n, l.path.piece())
		if size == 0 {
			break
		}
		l.sendCopy(p[n : n+size])
		n += size
	}
	return n, nil
}

// largestDatagram is the most that UDP over IPv4 carries.
const largestDatagram = 65_507

func (l *lane) writeDatagram(p []byte) (int, error) {
	if len(p) > largestDatagram {
		return 0, syscall.EMSGSIZE
	}
	l.mu.Lock()
	err := l.pushState(time.Now())
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	l.sendCopy(p)
	return len(p), nil
}

// sendCopy sends a copy of p, of at most largest bytes.
func (l *lane) sendCopy(p []byte) {
	now := time.Now()
	c := l.link.buffers.get(len(p))
	c.data = c.full[:copy(c.full, p)]
	l.send(c, now)
}

// room waits until the lane can take more. It may then overfill by one chunk.
func (l *lane) room() error {
	for {
		l.mu.Lock()
		err, full, until := l.pushState(time.Now()), l.size >= streamWindow, l.pushDeadline
		l.mu.Unlock()
		if err != nil || !full {
			return err
		}
		if err := l.wait(until, l.pushNews); err != nil {
			return err
		}
	}
}

func (l *lane) pushState(now time.Time) error {
	if l.pushErr != nil {
		return l.pushErr
	}
	return expired(l.pushDeadline, now)
}

func expired(deadline, now time.Time) error {
	if !deadline.IsZero() && !now.Before(deadline) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// send puts c, stamped now, on its way and gives it up. A lane that nobody
// pulls any more swallows it.
func (l *lane) send(c *chunk, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	due, ok := l.path.arrival(now, len(c.data))
	full := l.path.datagrams && l.size+len(c.full) > datagramWindow
	if !ok || full || l.pullErr != nil {
		l.link.buffers.put(c)
		return
	}
	l.insert(c, due)
}

// mark sends an event behind everything that was sent, and returns when it
// arrives. An event of this end's own is not held by a cut.
func (l *lane) mark(event error, own bool) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := time.Now().Add(l.link.delay(l.path.random))
	if due.Before(l.path.last) {
		due = l.path.last
	}
	if l.path.datagrams {
		for _, c := range l.chunks {
			if due.Before(c.due) {
				due = c.due
			}
		}
	}
	l.path.last = due
	l.insert(&chunk{err: event, own: own}, due)
	return due
}

func (l *lane) insert(c *chunk, due time.Time) {
	c.due, c.turn = due, l.turn
	l.turn++
	l.chunks.push(c)
	l.size += len(c.full)
	if l.chunks[0] == c {
		tell(l.pullNews)
	}
}
