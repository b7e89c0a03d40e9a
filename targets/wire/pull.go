package wire

import "time"

// arrived returns the first chunk if it has arrived, or until when to wait.
func (l *lane) arrived(now time.Time) (c *chunk, until time.Time, err error) {
	if l.pullErr != nil {
		return nil, until, l.pullErr
	}
	if err := expired(l.pullDeadline, now); err != nil {
		return nil, until, err
	}
	cut := l.link.impairment.Load().Cut
	for len(l.chunks) > 0 {
		c := l.chunks[0]
		if c.due.After(now) {
			return nil, earlier(c.due, l.pullDeadline), nil
		}
		if !cut || c.own {
			return c, until, nil
		}
		if !l.path.datagrams {
			break // held until the link is healed
		}
		l.drop()
	}
	return nil, l.pullDeadline, nil
}

// earlier returns the earlier of two times; b may be zero, which is never.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// pull waits until a chunk has arrived and hands it to use, with mu held.
func (l *lane) pull(use func(*chunk)) error {
	l.pullTurn.Lock()
	defer l.pullTurn.Unlock()
	for {
		l.mu.Lock()
		c, until, err := l.arrived(time.Now())
		if c != nil {
			use(c)
		}
		l.mu.Unlock()
		if c != nil || err != nil {
			return err
		}
		if err := l.wait(until, l.pullNews); err != nil {
			return err
		}
	}
}

// take removes the first chunk and returns it; the caller recycles it.
func (l *lane) take() (c *chunk, err error) {
	err = l.pull(func(first *chunk) {
		c = l.chunks.pop()
		l.size -= len(first.full)
		tell(l.pushNews)
	})
	return c, err
}

// read returns what has arrived: as many bytes as fit, or one datagram.
func (l *lane) read(p []byte) (n int, err error) {
	failed := l.pull(func(c *chunk) {
		if c.err != nil {
			err = c.err
			if l.path.datagrams && !c.own {
				l.drop() // an error of one datagram is told once
			}
			return
		}
		if l.path.datagrams {
			n = copy(p, c.data)
			l.drop() // what did not fit is lost
			return
		}
		for c != nil && c.err == nil && n < len(p) {
			copied := copy(p[n:], c.data)
			n += copied
			l.consume(copied)
			c, _, _ = l.arrived(time.Now())
		}
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// consume removes the first n bytes of the first chunk.
func (l *lane) consume(n int) {
	c := l.chunks[0]
	if c.data = c.data[n:]; len(c.data) == 0 {
		l.drop()
	}
}

// drop removes the first chunk.
func (l *lane) drop() {
	c := l.chunks.pop()
	l.size -= len(c.full)
	l.link.buffers.put(c)
	tell(l.pushNews)
}
