package volume

import "container/heap"

// entry is what the catalog knows of a file.
type entry struct {
	name string
	size int64
	// ends is in Unix milliseconds, 0 for never.
	ends int64
	// at is its place in the heap of ends; -1 is none.
	at int
}

func (e *entry) ended(now int64) bool { return e.ends != 0 && now >= e.ends }

// catalog is the list of files. It is not safe for concurrent use.
type catalog struct {
	files map[string]*entry
	// directories by name, with the number of files below.
	directories map[string]int
	ends        ends
	bytes       int64
}

func newCatalog() catalog {
	return catalog{files: map[string]*entry{}, directories: map[string]int{}}
}

// set adds a file or replaces it, and says which.
func (c *catalog) set(name string, size, ends int64) (created bool) {
	e := c.files[name]
	if e == nil {
		created = true
		e = &entry{name: name, at: -1}
		c.files[name] = e
		for _, dir := range parents(name) {
			c.directories[dir]++
		}
	}
	c.bytes += size - e.size
	e.size, e.ends = size, ends
	switch {
	case ends != 0 && e.at < 0:
		heap.Push(&c.ends, e)
	case ends != 0:
		heap.Fix(&c.ends, e.at)
	case e.at >= 0:
		heap.Remove(&c.ends, e.at)
	}
	return created
}

// remove takes a file out.
func (c *catalog) remove(e *entry) {
	delete(c.files, e.name)
	c.bytes -= e.size
	if e.at >= 0 {
		heap.Remove(&c.ends, e.at)
	}
	for _, dir := range parents(e.name) {
		if c.directories[dir]--; c.directories[dir] == 0 {
			delete(c.directories, dir)
		}
	}
}

// nextEnded returns the file that ended first, or nil.
func (c *catalog) nextEnded(now int64) *entry {
	if len(c.ends) == 0 || !c.ends[0].ended(now) {
		return nil
	}
	return c.ends[0]
}

// ends is a heap of the files that end, the first to do so on top.
type ends []*entry

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i].ends < h[j].ends }
func (h ends) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push is for package heap.
func (h *ends) Push(x any) {
	e := x.(*entry)
	e.at = len(*h)
	*h = append(*h, e)
}

// Pop is for package heap.
func (h *ends) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.at = -1
	return e
}
