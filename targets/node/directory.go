package node

import (
	"maps"
	"sync"

	"rung/targets"
)

// directory is where every role of the site listens, as far as the node has
// been told. It is safe for concurrent use; the zero value knows nobody.
type directory struct {
	mu        sync.RWMutex
	endpoints map[string]targets.Endpoint
}

// learn adds what is new and replaces what has moved. It returns false when
// nothing was known before.
func (d *directory) learn(endpoints map[string]targets.Endpoint) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.endpoints != nil
	next := maps.Clone(d.endpoints)
	if next == nil {
		next = map[string]targets.Endpoint{}
	}
	maps.Copy(next, endpoints)
	d.endpoints = next
	return known
}

// known returns all endpoints; the map must not be changed.
func (d *directory) known() map[string]targets.Endpoint {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.endpoints
}

func (d *directory) endpoint(role string) (targets.Endpoint, bool) {
	e, ok := d.known()[role]
	return e, ok
}

// address is a role's host:port, empty when it is not known.
func (d *directory) address(role string) string { return d.known()[role].Address }

// kindOf is the kind of any role of the topology.
func (d *directory) kindOf(role string) targets.Kind { return d.known()[role].Kind }
