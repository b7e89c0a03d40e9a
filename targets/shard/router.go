package shard

import (
	"sync"
	"sync/atomic"
)

// Router says where the reads and writes of users go, while users are moved. It is
// safe for concurrent use. Reads take no lock of the Router, and neither reads
// nor writes allocate unless a write must wait.
type Router struct {
	view    atomic.Pointer[view]
	turn    atomic.Uint64 // of the copies of pinned users
	stripes [stripes]stripe
	every   every

	mu      sync.Mutex // of what changes the view
	batches []*batch   // held, or ended by themselves
}

// NewRouter returns a Router that starts with this Map and holds nobody.
func NewRouter(m *Map) *Router {
	r := &Router{}
	r.view.Store(&view{rule: m, used: m.used()})
	for i := range r.stripes {
		r.stripes[i].writes = map[int64]int{}
	}
	return r
}

// Read returns the shard that reads of a user's row go to. The copies of a pinned
// user take turns.
func (r *Router) Read(user int64) string {
	v := r.view.Load()
	if to := v.moving(user); to != "" {
		return to
	}
	if len(v.rule.pins) > 0 {
		if copies := v.rule.pins[user]; len(copies) > 1 {
			return copies[r.turn.Add(1)%uint64(len(copies))]
		}
	}
	return v.rule.Home(user)
}

// Owner returns the shard that has all that is the user's: where reads go, and
// the first to be written.
func (r *Router) Owner(user int64) string { return r.view.Load().owner(user) }

// Copies returns the shards that have the user's row, Owner first. The caller must
// not change it.
func (r *Router) Copies(user int64) []string { return r.view.Load().copies(user) }

// Moving reports whether writes to the user wait.
func (r *Router) Moving(user int64) bool {
	_, held := r.view.Load().held[user]
	return held
}

// Shards lists all shards, the spare ones last.
func (r *Router) Shards() []string { return r.view.Load().rule.All() }

// Version counts the moments after which a user's old shard may lose what was the
// user's: it grows when a batch is released, and when a switched one goes back.
func (r *Router) Version() int64 { return r.view.Load().version }

// Now returns what the Router knows at this moment, for many users who must fit
// together.
func (r *Router) Now() Snapshot { return Snapshot{r.view.Load()} }

// Snapshot is what a Router knew at one moment. As long as Router.Version is the
// snapshot's, what users had at their owners is still there.
type Snapshot struct{ view *view }

// Owner is Router.Owner at that moment.
func (s Snapshot) Owner(user int64) string { return s.view.owner(user) }

// Version is Router.Version at that moment.
func (s Snapshot) Version() int64 { return s.view.version }

// Used lists the shards where somebody may live: all but the spare ones that nobody
// is pinned or moved to. The caller must not change it.
func (s Snapshot) Used() []string { return s.view.used }
