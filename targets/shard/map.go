package shard

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"rung/targets"
	"rung/targets/ring"
)

// seed is that of the ring and of jump hash. It is fixed, because every node of a
// system must come to the same places.
const seed = 0x72756e67

// Map is a rule that says which shard a user is on. It does not change, and is
// safe for concurrent use. The zero value has no shards.
type Map struct {
	method  targets.ShardMethod
	names   []string // those that the rule spreads users over
	all     []string // and then the spare ones
	alone   map[string][]string
	pins    map[int64][]string
	ring    *ring.Consistent
	jumping *ring.Jump
}

// New checks a sharding and returns its Map. Every problem that it finds is in the
// error.
func New(s targets.Sharding) (*Map, error) {
	m := &Map{method: s.Method, alone: map[string][]string{}, pins: map[int64][]string{}}
	for _, x := range s.Shards {
		m.names = append(m.names, x.Name)
	}
	for _, x := range s.All() {
		m.all = append(m.all, x.Name)
	}
	if err := errors.Join(m.checkShards(s), m.takePins(s.Pins)); err != nil {
		return nil, fmt.Errorf("sharding: %w", err)
	}
	switch m.method {
	case targets.ShardRing:
		m.ring = ring.NewConsistent(seed, s.VirtualNodes, m.names...)
	case targets.ShardJump:
		m.jumping = ring.NewJump(seed, m.names...)
	}
	return m, nil
}

func (m *Map) checkShards(s targets.Sharding) error {
	var errs []error
	if !slices.Contains(targets.ShardMethods(), s.Method) {
		errs = append(errs, fmt.Errorf("method %q: allowed are %q", s.Method, targets.ShardMethods()))
	}
	if s.Method == targets.ShardRing && (s.VirtualNodes < 1 || s.VirtualNodes > ring.MaxVirtual) {
		errs = append(errs, fmt.Errorf("%d virtual nodes: allowed are 1 to %d", s.VirtualNodes, ring.MaxVirtual))
	}
	if len(m.names) == 0 {
		errs = append(errs, errors.New("there are no shards"))
	}
	for _, name := range m.all {
		switch {
		case name == "":
			errs = append(errs, errors.New("a shard has no name"))
		case m.alone[name] != nil:
			errs = append(errs, fmt.Errorf("two shards are called %q", name))
		}
		m.alone[name] = []string{name}
	}
	return errors.Join(errs...)
}

func (m *Map) takePins(pins []targets.Pin) error {
	var errs []error
	for _, p := range pins {
		if m.pins[p.User] != nil {
			errs = append(errs, fmt.Errorf("user %d is pinned twice", p.User))
		}
		if len(p.Shards) == 0 {
			errs = append(errs, fmt.Errorf("user %d is pinned to no shard", p.User))
		}
		for i, name := range p.Shards {
			if m.alone[name] == nil {
				errs = append(errs, fmt.Errorf("user %d is pinned to shard %q: there is none of that name", p.User, name))
			}
			if slices.Contains(p.Shards[:i], name) {
				errs = append(errs, fmt.Errorf("user %d is pinned to shard %q twice", p.User, name))
			}
		}
		m.pins[p.User] = slices.Clone(p.Shards)
	}
	return errors.Join(errs...)
}

// Home returns the shard that has all that is the user's. Modulo takes the id
// itself, so that user 6 of 4 shards is on the third; ring and jump hash the id
// in decimal. Any id has a home.
func (m *Map) Home(user int64) string {
	if len(m.pins) > 0 {
		if pinned := m.pins[user]; pinned != nil {
			return pinned[0]
		}
	}
	return m.rule(user)
}

// rule is Home but for pins.
func (m *Map) rule(user int64) string {
	var digits [20]byte
	switch m.method {
	case targets.ShardRing:
		return m.ring.Locate(string(strconv.AppendInt(digits[:0], user, 10)))
	case targets.ShardJump:
		return m.jumping.Locate(string(strconv.AppendInt(digits[:0], user, 10)))
	}
	n := int64(len(m.names))
	if n == 0 {
		return ""
	}
	return m.names[(user%n+n)%n]
}

// Copies returns the shards that have the user's row in users: home first, then
// those that the user is pinned to as well. The caller must not change it.
func (m *Map) Copies(user int64) []string {
	if len(m.pins) > 0 {
		if pinned := m.pins[user]; pinned != nil {
			return pinned
		}
	}
	return m.alone[m.rule(user)]
}

// Holds reports whether a shard has the user's row in users: what the shard's
// database starts with.
func (m *Map) Holds(shard string, user int64) bool {
	return slices.Contains(m.Copies(user), shard)
}

// Shards lists the shards that the rule spreads users over, in their order.
func (m *Map) Shards() []string { return slices.Clone(m.names) }

// All lists the shards and then the spare ones, which are empty but for users
// who are pinned there.
func (m *Map) All() []string { return slices.Clone(m.all) }

// used lists the shards where somebody may live.
func (m *Map) used() []string {
	used := slices.Clone(m.names)
	for _, name := range m.all[len(m.names):] {
		for _, pinned := range m.pins {
			if slices.Contains(pinned, name) {
				used = append(used, name)
				break
			}
		}
	}
	return used
}
