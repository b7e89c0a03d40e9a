package dns

import (
	"slices"
	"sync"
	"time"
)

// preference is the order in which a stub asks its resolvers: as they were
// given, but one that failed comes last for a while. It is safe for concurrent
// use.
type preference struct {
	mu sync.Mutex
	// held is until when each resolver comes last.
	held []time.Time
}

func newPreference(resolvers int) *preference {
	return &preference{held: make([]time.Time, resolvers)}
}

// order returns the resolvers by number, the one to ask first in front. Of
// those that are held the one that failed longest ago comes first.
func (p *preference) order(now time.Time) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]int, len(p.held))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return p.until(a, now).Compare(p.until(b, now))
	})
	return out
}

// until is the end of a hold, the zero time when there is none.
func (p *preference) until(i int, now time.Time) time.Time {
	if now.Before(p.held[i]) {
		return p.held[i]
	}
	return time.Time{}
}

// failed puts a resolver behind the others until then.
func (p *preference) failed(i int, until time.Time) { p.set(i, until) }

// answered gives a resolver its place back.
func (p *preference) answered(i int) { p.set(i, time.Time{}) }

func (p *preference) set(i int, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[i] = until
}
