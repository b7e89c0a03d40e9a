package cdn

import (
	"errors"
	"net/http"
	"slices"
	"sync"

	"rung/targets/evict"
)

// variantsKept bounds the variants of one key.
const variantsKept = 16

var errClosed = errors.New("edge is closed")

// shelf holds the entries and the questions under way. One lock for both makes
// the fence: a purge removes what is stored and marks what is on its way in
// one step.
type shelf struct {
	mu        sync.Mutex
	resources map[string]*resource
	order     evict.Policy
	entries   map[string]*entry    // by name in order
	open      map[string]*flight   // those that requests may join
	flights   map[*flight]struct{} // all
	running   sync.WaitGroup       // of flights
	closed    bool
	evictions int64
}

// resource is what is stored of one key.
type resource struct {
	vary     []string
	variants map[string]*entry
}

func newShelf(bytes int64) *shelf {
	return &shelf{
		resources: map[string]*resource{}, order: evict.NewLRU(bytes), entries: map[string]*entry{},
		open: map[string]*flight{}, flights: map[*flight]struct{}{},
	}
}

// nameOf is the entry's name in the eviction order. Keys have no space.
func nameOf(e *entry) string {
	if e.variant == "" {
		return e.key
	}
	return e.key + " " + e.variant
}

// query is a request's question to the shelf.
type query struct {
	key    string
	header http.Header
	// judge says why an entry cannot answer; see entry.judge.
	judge func(*entry) string
	// enough says that without an entry nobody goes to the origin.
	enough bool
}

// found is the shelf's answer. Without a reason the entry answers. Otherwise
// the flight is the question to the origin, if one was wanted.
type found struct {
	entry  *entry
	reason string
	flight *flight
	leader bool // the caller must start the flight
}

// look finds an entry or joins the question to the origin, in one step: a
// request that finds nothing either meets the flight that will bring it, or
// begins it.
func (s *shelf) look(q query) (found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out found
	r := s.resources[q.key]
	switch {
	case r == nil:
		out.reason = fwdMiss
	default:
		variant := variantOf(r.vary, q.header)
		if out.entry = r.variants[variant]; out.entry == nil {
			out.reason = fwdVary
			break
		}
		if out.reason = q.judge(out.entry); out.reason == "" {
			s.order.Touch(nameOf(out.entry))
			return out, nil
		}
	}
	if q.enough {
		return out, nil
	}
	if s.closed {
		return out, errClosed
	}
	// What differs in Accept-Encoding is likely to differ in its answer; other
	// differences show when the answer is there.
	name := q.key + " " + variantOf([]string{"Accept-Encoding"}, q.header)
	if r != nil {
		name += variantOf(r.vary, q.header)
	}
	alone := out.reason == fwdRequest // a question from before is not good enough
	if f := s.open[name]; f != nil && !alone {
		out.flight = f
		return out, nil
	}
	out.flight, out.leader = newFlight(q.key, name, out.entry), true
	if !alone {
		s.open[name] = out.flight
	}
	s.flights[out.flight] = struct{}{}
	s.running.Add(1)
	return out, nil
}

// land ends a flight's sharing. An entry is stored with it, if it is not nil
// and no purge came in between.
func (s *shelf) land(f *flight, e *entry, vary []string) (stored bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detach(f)
	delete(s.flights, f)
	if e == nil || f.fenced || s.closed {
		return false
	}
	return s.put(e, vary)
}

func (s *shelf) detach(f *flight) {
	if s.open[f.name] == f {
		delete(s.open, f.name)
	}
}

func (s *shelf) put(e *entry, vary []string) bool {
	r := s.resources[e.key]
	if r != nil && !slices.Equal(r.vary, vary) {
		s.drop(e.key)
		r = nil
	}
	if r != nil && r.variants[e.variant] == nil && len(r.variants) >= variantsKept {
		return false
	}
	name := nameOf(e)
	for _, victim := range s.order.Add(name, e.cost) {
		if victim == name {
			s.forget(name)
			return false
		}
		s.evictions++
		s.forget(victim)
	}
	if r = s.resources[e.key]; r == nil { // it may have been among the victims
		r = &resource{vary: vary, variants: map[string]*entry{}}
		s.resources[e.key] = r
	}
	r.variants[e.variant], s.entries[name] = e, e
	return true
}

// forget takes an entry out of the maps.
func (s *shelf) forget(name string) {
	e := s.entries[name]
	if e == nil {
		return
	}
	delete(s.entries, name)
	r := s.resources[e.key]
	delete(r.variants, e.variant)
	if len(r.variants) == 0 {
		delete(s.resources, e.key)
	}
}

// drop removes every variant of a key.
func (s *shelf) drop(key string) (removed int) {
	r := s.resources[key]
	if r == nil {
		return 0
	}
	for _, e := range r.variants {
		s.order.Remove(nameOf(e))
		s.forget(nameOf(e))
		removed++
	}
	return removed
}

// purge removes the keys that match and fences their flights: what those
// bring is not stored, and nobody joins them any more. It returns how many
// entries went and how many flights were fenced.
func (s *shelf) purge(target target) (removed, fenced int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if target.exact() {
		removed = s.drop(target.key)
	} else {
		for key := range s.resources {
			if target.matches(key) {
				removed += s.drop(key)
			}
		}
	}
	for f := range s.flights {
		if target.matches(f.key) && !f.fenced {
			f.fenced = true
			s.detach(f)
			fenced++
		}
	}
	return removed, fenced
}

// isFenced says whether a purge came since the flight began.
func (s *shelf) isFenced(f *flight) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.fenced
}

// size is the number of entries and what they cost in bytes.
func (s *shelf) size() (entries int, bytes, evictions int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order.Len(), s.order.Cost(), s.evictions
}

// close lets no flight begin any more, and waits for those under way.
func (s *shelf) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
}
