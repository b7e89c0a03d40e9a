package evict

// entry is a key on a chain.
type entry struct {
	key        string
	cost       int64
	prev, next *entry
	level      *level // LFU only
}

// chain is a doubly linked ring of entries around a root, oldest first.
type chain struct {
	root entry
}

func (c *chain) init() {
	c.root.prev, c.root.next = &c.root, &c.root
}

func (c *chain) empty() bool { return c.root.next == &c.root }

// oldest returns the first entry that is not except, or nil.
func (c *chain) oldest(except *entry) *entry {
	e := c.root.next
	if e == except {
		e = e.next
	}
	if e == &c.root {
		return nil
	}
	return e
}

// push puts an entry at the young end.
func (c *chain) push(e *entry) {
	e.prev, e.next = c.root.prev, &c.root
	e.prev.next, e.next.prev = e, e
}

// unlink takes an entry out of whatever chain it is on.
func (e *entry) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
	e.prev, e.next = nil, nil
}
