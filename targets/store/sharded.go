package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
	"rung/targets/shard"
)

// ShardedConfig says how to reach data that is spread over several databases.
type ShardedConfig struct {
	// Router says where each user is. It may be moving users.
	Router *shard.Router
	// Shards are all databases that the router may name, the spare ones too.
	Shards []targets.Shard
	// Open returns a client of a shard's database or group. Sharded closes it.
	Open func(targets.Shard) (*SQL, error)
	// Denormalised reads whom a user follows from the copies beside the user's own
	// rows, in place of asking every shard that has some of them, and keeps
	// the copies up to date. That of SQLConfig makes no difference.
	Denormalised bool
	// Follows says that there is a table follows.
	Follows bool
	// Patience bounds how long one write waits while its user is moved. 0 or less
	// means 5 s.
	Patience time.Duration
}

// Sharded is a Store on several SQL databases, each with the rows of some users. Post.User
// is the shard key of posts and photos. Their ids must be unique by themselves (a UUID, say):
// shards do not know of each other's, and the same id of two users may be two rows.
//
// A read and a write ask the one shard of their user. The row of a user who is pinned to
// several shards is read at any of them; SetCity writes it at the user's home first
// and then at the others, so that until it returns reads may see either city, and after
// an error the copies may differ until the next SetCity.
//
// While users are moved (see package reshard), writes wait, and reads go on. A read that
// finds nothing, because the rows have gone from the shard it asked while it asked,
// is sent again to where they went. A write whose outcome the caller never learned (it
// failed half-way, or timed out) may take effect at the old shard after the rows were
// copied; it is then never seen.
//
// Timing: Statements and Misses are sums. What is done one after another adds up; of what
// is done at the same time, Wait, Queued and Served are those of the part that took
// longest, so that they are parts of Total. Wait includes the wait for a move.
type Sharded struct {
	router       *shard.Router
	names        []string
	shards       map[string]shardBackend
	denormalised bool
	follows      bool
	patience     time.Duration
	closing      sync.Once

	mu     sync.Mutex
	token  int64           // the latest
	fenced map[string]bool // shards that have the table of tokens

	fanOuts, fanned, held, waited atomic.Int64
}

// shardBackend is what Sharded needs of a shard; an *SQL.
type shardBackend interface {
	User(ctx context.Context, id int64) (User, Timing, error)
	Orders(ctx context.Context, customer int64) ([]Order, Timing, error)
	AddPost(ctx context.Context, p Post) (Timing, error)
	AddPhoto(ctx context.Context, p Post) (Timing, error)
	Followees(ctx context.Context, id int64) ([]User, Timing, error)
	UsersByID(ctx context.Context, ids []int64) ([]User, Timing, error)
	SetCopies(ctx context.Context, followee int64, city string) (Timing, error)
	Metrics() map[string]float64
	Close()

	setRow(ctx context.Context, id int64, city string) (Timing, error)
	listOwned(ctx context.Context, table, cursor string, limit int) ([]Post, error)
	readUsers(ctx context.Context, ids []int64, follows bool) (userRows, error)
	presentUsers(ctx context.Context, ids []int64) ([]int64, error)
	makeFence(ctx context.Context) error
	transact(ctx context.Context, token int64, work []change) (deleted []int64, err error)
	awaitFence(ctx context.Context, token int64) error
}

var _ interface {
	Store
	Metrics() map[string]float64
} = (*Sharded)(nil)

// OpenSharded opens every shard. It does not connect: an error means that the
// configuration is wrong.
func OpenSharded(cfg ShardedConfig) (*Sharded, error) {
	if cfg.Router == nil || cfg.Open == nil {
		return nil, errors.New("open sharded store: it needs a router and a way to open shards")
	}
	return openSharded(cfg, func(x targets.Shard) (shardBackend, error) { return cfg.Open(x) })
}

func openSharded(cfg ShardedConfig, open func(targets.Shard) (shardBackend, error)) (*Sharded, error) {
	s := &Sharded{
		router: cfg.Router, denormalised: cfg.Denormalised, follows: cfg.Follows, patience: cfg.Patience,
		shards: map[string]shardBackend{}, fenced: map[string]bool{},
	}
	if s.patience <= 0 {
		s.patience = 5 * time.Second
	}
	for _, x := range cfg.Shards {
		if s.shards[x.Name] != nil {
			s.Close()
			return nil, fmt.Errorf("open sharded store: two shards are called %q", x.Name)
		}
		b, err := open(x)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("open shard %s: %w", x.Name, err)
		}
		s.names = append(s.names, x.Name)
		s.shards[x.Name] = b
	}
	for _, name := range s.router.Shards() {
		if s.shards[name] == nil {
			s.Close()
			return nil, fmt.Errorf("open sharded store: there is no database for shard %q", name)
		}
	}
	return s, nil
}

// Close closes every shard. It may be called again.
func (s *Sharded) Close() {
	s.closing.Do(func() {
		var all sync.WaitGroup
		for _, b := range s.shards {
			all.Go(b.Close)
		}
		all.Wait()
	})
}

// at returns a shard. The router may have learned of one after the start.
func (s *Sharded) at(name string) (shardBackend, error) {
	if b := s.shards[name]; b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("there is no database for shard %q", name)
}

// Metrics returns those of every shard, with its name before each as in
// shard_<name>_reads_total, the sums of those that SQL.Metrics gives without a member's
// name, and
//
//	fan_out_total          calls that asked several shards at the same time
//	fan_out_shards_total   shards that these asked
//	held_total             writes that waited for a move
//	held_ns_total          how long
func (s *Sharded) Metrics() map[string]float64 {
	out := map[string]float64{
		"fan_out_total": float64(s.fanOuts.Load()), "fan_out_shards_total": float64(s.fanned.Load()),
		"held_total": float64(s.held.Load()), "held_ns_total": float64(s.waited.Load()),
	}
	for name, b := range s.shards {
		for metric, value := range b.Metrics() {
			out["shard_"+name+"_"+metric] = value
			if !isOfMember(metric) {
				out[metric] += value
			}
		}
	}
	return out
}
