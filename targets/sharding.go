package targets

import "slices"

// ShardMethod says which shard a user's data is on.
type ShardMethod string

// The sharding methods.
const (
	// ShardModulo is the user's id % the number of shards.
	ShardModulo ShardMethod = "modulo"
	// ShardRing is consistent hashing with virtual nodes.
	ShardRing ShardMethod = "ring"
	// ShardJump is jump consistent hash.
	ShardJump ShardMethod = "jump"
)

// ShardMethods lists the sharding methods.
func ShardMethods() []ShardMethod { return []ShardMethod{ShardModulo, ShardRing, ShardJump} }

// Sharding spreads users, with their orders and posts, over databases. The
// shard key is the user's id.
type Sharding struct {
	Method ShardMethod `json:"method"`
	// VirtualNodes of each shard on the ring; the other methods ignore it.
	VirtualNodes int `json:"virtual_nodes,omitempty"`
	// Shards hold data from the start. Their order matters to modulo and
	// jump.
	Shards []Shard `json:"shards"`
	// Spare shards run and are empty, until resharding gives them data.
	Spare []Shard `json:"spare,omitempty"`
	// Pins are users who live elsewhere than their key says.
	Pins []Pin `json:"pins,omitempty"`
}

// Shard is one part of the data: a database, or a group that replicates.
type Shard struct {
	Name string `json:"name"`
	// Members are the database roles that hold it.
	Members []string `json:"members"`
}

// Pin puts one user, with all that is theirs, on shards of their own.
type Pin struct {
	User int64 `json:"user"`
	// Shards by name: the first is the user's home, the others hold copies of
	// the row in users, which reads are spread over and writes go to as well.
	Shards []string `json:"shards"`
}

// All lists the shards and then the spare ones.
func (s Sharding) All() []Shard { return slices.Concat(s.Shards, s.Spare) }

// Shard returns the shard of that name.
func (s Sharding) Shard(name string) (Shard, bool) {
	for _, x := range s.All() {
		if x.Name == name {
			return x, true
		}
	}
	return Shard{}, false
}

// Roles lists the database roles of all shards, each once.
func (s Sharding) Roles() []string {
	var roles []string
	for _, x := range s.All() {
		roles = append(roles, x.Members...)
	}
	return once(roles)
}
