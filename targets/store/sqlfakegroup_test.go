package store_test

import (
	"slices"
	"sync"
)

// fakeGroup is the rows that every member has: the replication of the fakes is instant.
type fakeGroup struct {
	mu sync.Mutex
	// carried counts how often the insertion of each id was carried out, done twice or
	// not; posts are the rows that came of it.
	carried map[string]int
	posts   map[string]bool
	texts   []string // of all statements that arrived
	// prepared are the texts that were given a name.
	prepared []string
}

func (g *fakeGroup) insert(id string) (rows int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.carried[id]++
	if g.posts[id] {
		return 0
	}
	g.posts[id] = true
	return 1
}

// count says how often an insertion was carried out, and how many rows there are.
func (g *fakeGroup) count(id string) (carried, rows int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.carried[id], len(g.posts)
}

func (g *fakeGroup) arrived() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.texts)
}
