// Package pool emulates the buffer pool of a store: which pages are in memory, and
// so which reads cost a disk access. It holds the names of pages only; the data is
// wherever the store's real engine keeps it.
package pool

import (
	"sync"

	"rung/targets/evict"
)

// Pool is a set of page names of bounded size with least-recently-used
// replacement. It is safe for concurrent use.
type Pool struct {
	mu           sync.Mutex
	pages        evict.Policy // nil: every page is always in memory
	hits, misses int64
}

// New returns an empty pool that holds so many pages. With 0 pages, or fewer,
// nothing is emulated: every page is always in memory and every touch is a hit.
func New(pages int) *Pool {
	p := &Pool{}
	if pages > 0 {
		p.pages = evict.NewLRU(int64(pages))
	}
	return p
}

// Touch counts one read of a page and reports whether the page was in memory. A
// miss brings the page in; the caller pays for the disk access.
func (p *Pool) Touch(page string) (hit bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hit = p.bring(page)
	if hit {
		p.hits++
	} else {
		p.misses++
	}
	return hit
}

// Warm brings pages in as if they had been touched in that order, and counts
// nothing.
func (p *Pool) Warm(pages []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, page := range pages {
		p.bring(page)
	}
}

// bring is called with the lock held.
func (p *Pool) bring(page string) (hit bool) {
	if p.pages == nil || p.pages.Touch(page) {
		return true
	}
	p.pages.Add(page, 1)
	return false
}

// Forget takes a page out, for a caller whose disk access was refused: the page that
// a miss brought in was not read after all.
func (p *Pool) Forget(page string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pages != nil {
		p.pages.Remove(page)
	}
}

// Counts returns how many touches found their page in memory and how many did not.
func (p *Pool) Counts() (hits, misses int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits, p.misses
}
