package estimate

import (
	"fmt"
	"math"
	"slices"

	"rung/targets"
)

// tier is a database or key-value store that stands alone, or a group that
// replicates. It has all data, or one shard of them.
type tier struct {
	// shard is its name, empty where it has all data.
	shard string
	// store is the primary when there is a group, and replicas its others.
	store    targets.Role
	replicas []targets.Role
	nodes    map[string]targets.Node // by role
	// parts are its members by what they do, the primary first.
	parts []*part
	// acks is what a write waits for; nil when nobody is waited for, or before
	// the first write.
	acks *fan
}

// part is some members of a tier that all do the same.
type part struct {
	place
	tier    *tier
	primary bool
	// reads is the share of the reads of each path's users that the part
	// answers.
	reads map[*path]float64
	// misses of the buffer pool by table.
	misses map[string]float64
	// applied are the writes that replicas apply; nil without any.
	applied *applied
}

// The parts of a replicated store, whose nodes do not do the same. A store
// that stands alone has no parts.
const (
	primaryPart = "primary"
	replicaPart = "replicas"
)

// findTiers finds the stores of the path's web servers.
func (p *path) findTiers(t targets.Topology) (err error) {
	p.tiers, err = tiersOf(t, p.web().Web.Data())
	for _, s := range p.tiers {
		for role, node := range s.nodes {
			p.nodes[role] = node
		}
	}
	return err
}

// tiersOf finds the stores of a data tier, in the order of the shards.
func tiersOf(t targets.Topology, d targets.DataTier) ([]*tier, error) {
	if d.Sharding == nil {
		s, err := tierOf(t, "", d.Store)
		if err != nil {
			return nil, err
		}
		return []*tier{s}, nil
	}
	var out []*tier
	for _, shard := range d.Sharding.All() {
		if len(shard.Members) == 0 {
			return nil, fmt.Errorf("topology %s: shard %q has no members", t.Name, shard.Name)
		}
		s, err := tierOf(t, shard.Name, shard.Members[0])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("topology %s: there are no shards", t.Name)
	}
	return out, nil
}

// tierOf finds the group that a role is a member of, or the role alone.
func tierOf(t targets.Topology, shard, name string) (*tier, error) {
	role, node, ok := t.Role(name)
	if !ok || (role.Database == nil && role.KeyValue == nil) {
		return nil, fmt.Errorf("topology %s: %q is not a store", t.Name, name)
	}
	s := &tier{shard: shard, store: role, nodes: map[string]targets.Node{name: node}}
	if role.Database == nil || role.Database.Replication == nil {
		return s, nil
	}
	group := role.Database.Replication
	for _, name := range group.Members {
		member, node, ok := t.Role(name)
		if !ok || member.Database == nil {
			return nil, fmt.Errorf("topology %s: member %q is not a database", t.Name, name)
		}
		s.nodes[name] = node
		if name == group.Primary {
			s.store = member
		} else {
			s.replicas = append(s.replicas, member)
		}
	}
	if s.store.Name != group.Primary {
		return nil, fmt.Errorf("topology %s: primary %q is not a member of its group", t.Name, group.Primary)
	}
	return s, nil
}

// settings of the store.
func (s *tier) settings() targets.KeyValue { return s.settingsOf(s.store) }

func (s *tier) settingsOf(r targets.Role) targets.KeyValue {
	if r.Database != nil {
		return r.Database.Storage()
	}
	return *r.KeyValue
}

// label of the part that member i belongs to.
func (s *tier) label(i int) string {
	switch {
	case len(s.replicas) == 0:
		return ""
	case i == 0:
		return primaryPart
	}
	return replicaPart
}

func (s *tier) members() []targets.Role { return append([]targets.Role{s.store}, s.replicas...) }

// readers are the members that answer the reads of a path while all are up.
func (s *tier) readers(t targets.Topology, p *path) []targets.Role {
	if len(s.replicas) == 0 {
		return []targets.Role{s.store}
	}
	switch p.web().Web.Reads {
	case targets.ReadsReplicas:
		return s.replicas
	case targets.ReadsAll:
		return s.members()
	case targets.ReadsNearest:
		least := math.Inf(1)
		for _, r := range s.members() {
			least = min(least, oneWay(t, p.home().Name, s.nodes[r.Name].Name))
		}
		return slices.DeleteFunc(s.members(), func(r targets.Role) bool { return oneWay(t, p.home().Name, s.nodes[r.Name].Name) > least })
	}
	return []targets.Role{s.store} // the primary, which is also the default
}

// divide finds the parts: members that are alike for all paths.
func (s *tier) divide(t targets.Topology, paths []*path) {
	s.parts = nil
	at := map[string]*part{}
	for i, r := range s.members() {
		node := s.nodes[r.Name]
		key := fmt.Sprint(i == 0, Group(node.Name), node.DataCenter, node.Machine, s.settingsOf(r), oneWay(t, s.nodes[s.store.Name].Name, node.Name))
		reads := map[*path]float64{}
		for _, p := range paths {
			var readers []targets.Role
			if slices.Contains(p.tiers, s) {
				readers = s.readers(t, p)
			}
			share := 0.0
			if slices.ContainsFunc(readers, func(x targets.Role) bool { return x.Name == r.Name }) {
				share = 1 / float64(len(readers))
			}
			reads[p] = share
			key += fmt.Sprint(" ", share, oneWay(t, p.home().Name, node.Name))
		}
		x := at[key]
		if x == nil {
			x = &part{place: place{node: node, label: s.label(i)}, tier: s, primary: i == 0, reads: map[*path]float64{}}
			x.member = x
			at[key] = x
			s.parts = append(s.parts, x)
		}
		x.names = append(x.names, node.Name)
		for p, share := range reads {
			x.reads[p] += share
		}
	}
}

func (s *tier) primary() *part { return s.parts[0] }

// replicaReads is the share of a path's reads that replicas answer.
func (s *tier) replicaReads(p *path) float64 {
	total := 0.0
	for _, x := range s.parts[1:] {
		total += x.reads[p]
	}
	return total
}
