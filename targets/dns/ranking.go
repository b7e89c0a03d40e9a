package dns

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Ranking of servers by smoothed round-trip time, in the manner of BIND: the
// fastest is asked first, and the figures of the others fade, so that each
// gets another chance in time. RFC 1035, section 7.2, asks for it.
const (
	keepShare = 0.7  // weight of the old figure when a new one comes
	fade      = 0.98 // applied to the others each time one is preferred
	maxRanked = 1024 // servers remembered
)

// ranking is safe for concurrent use.
type ranking struct {
	mu       sync.Mutex
	smoothed map[netip.Addr]time.Duration
}

func newRanking() *ranking { return &ranking{smoothed: map[netip.Addr]time.Duration{}} }

// order returns the servers, best first. One that is not known yet counts as
// the fastest; equal ones stay in the given order.
func (r *ranking) order(servers []netip.Addr) []netip.Addr {
	out := slices.Clone(servers)
	if len(out) < 2 {
		return out
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return cmp.Compare(r.smoothed[a], r.smoothed[b]) })
	for _, server := range out[1:] {
		if took, ok := r.smoothed[server]; ok {
			r.smoothed[server] = time.Duration(float64(took) * fade)
		}
	}
	return out
}

// answered notes a round trip.
func (r *ranking) answered(server netip.Addr, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.smoothed[server]; ok {
		took = time.Duration(keepShare*float64(old) + (1-keepShare)*float64(took))
	}
	r.set(server, took)
}

// failed notes that a server gave no usable answer: it counts as slower than
// any that answers in time.
func (r *ranking) failed(server netip.Addr, timeout time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(server, min(max(timeout, 2*r.smoothed[server]), 8*timeout))
}

func (r *ranking) set(server netip.Addr, took time.Duration) {
	if len(r.smoothed) >= maxRanked {
		clear(r.smoothed)
	}
	r.smoothed[server] = took
}
