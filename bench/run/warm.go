package run

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/evict"
	"rung/targets/shard"
)

// draws of pages that warm the buffer pool: some times its size, so that it
// is in the state of a long run.
const drawsPerPage = 12

// warm fills buffer pools and caches as a long run would have, opens
// connections and logs the users in.
func (b *bed) warm(ctx context.Context, d time.Duration) error {
	if err := b.warmPools(ctx); err != nil {
		return err
	}
	if err := b.warmCache(ctx, nil); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	_, err := b.attack(ctx, order{name: "warm-up", rate: b.session.cfg.Profile.Rate, length: d, regions: b.system.Topology().Spread()})
	return err
}

func (b *bed) warmPools(ctx context.Context) error {
	for _, n := range b.system.Topology().Nodes {
		for _, r := range n.Roles {
			pages := 0
			switch r.Kind {
			case targets.KindDatabase:
				pages = r.Database.PoolPages
			case targets.KindKeyValue:
				pages = r.KeyValue.PoolPages
			}
			if pages == 0 || !b.system.Alive(n.Name) {
				continue
			}
			names, err := b.pagesOf(r, drawsPerPage*pages)
			if err != nil {
				return err
			}
			if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoWarm, Pages: latest(names, pages)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// latest are the distinct pages, at most so many, in the order of their last
// use: they leave an LRU of this size in the very state that all of them
// would.
func latest(pages []string, most int) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range slices.Backward(pages) {
		if len(out) == most {
			break
		}
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// pagesOf draws pages as they reach one store: of a shard's users only, if it
// is a shard.
func (b *bed) pagesOf(r targets.Role, n int) ([]string, error) {
	if r.Database == nil || r.Database.Sharding == nil {
		return b.pagesMissed(r.Kind, n), nil
	}
	m, err := shard.New(*r.Database.Sharding)
	if err != nil {
		return nil, err
	}
	all := len(r.Database.Sharding.Shards)
	return slices.DeleteFunc(slices.Clone(b.pagesMissed(r.Kind, n*all)), func(page string) bool {
		_, number, _ := strings.Cut(page, "/")
		id, err := strconv.ParseInt(number, 10, 64)
		return err != nil || !m.Holds(r.Database.Shard, id)
	}), nil
}

// pagesMissed draws pages as they reach a store: with a cache tier in front,
// those that the tier does not have. The list must not be changed.
func (b *bed) pagesMissed(store targets.Kind, n int) []string {
	room, through := b.cacheRoom()
	return b.session.runner.drawn.get(fmt.Sprintf("%s of %d users: %d %d %t", store, b.session.workload(b.system.Topology()).Data.Users, n, room, through), func() []string {
		if !through {
			return b.shop.PagesIn(store, n, b.session.cfg.Seed)
		}
		users, orders := estimate.EntryBytes(b.session.cfg.Workload.Data)
		tier := evict.NewLRU(max(room, 1))
		// Drawn often enough that misses alone fill the pool.
		const most = 10
		var missed []string
		for _, page := range b.shop.PagesIn(store, most*n, b.session.cfg.Seed) {
			if tier.Touch(page) {
				continue
			}
			size := users
			if strings.HasPrefix(page, "orders/") {
				size = orders
			}
			tier.Add(page, int64(size))
			if missed = append(missed, page); len(missed) == n {
				break
			}
		}
		return missed
	})
}

// cacheRoom is the size of the largest tier of caches that a web server is
// behind, in bytes, and whether there is one.
func (b *bed) cacheRoom() (room int64, through bool) {
	t := b.system.Topology()
	for _, r := range t.RolesOf(targets.KindWeb) {
		if r.Web.Cache == nil {
			continue
		}
		through = true
		own := int64(0)
		for _, name := range r.Web.Cache.Nodes {
			if c, _, ok := t.Role(name); ok && c.Cache != nil {
				own += c.Cache.Bytes
			}
		}
		room = max(room, own)
	}
	return room, through
}

// drawn keeps lists of pages that stages have in common: to draw them takes
// longer than anything else at the start. It is safe for concurrent use; the
// zero value is empty.
type drawn struct {
	mu    sync.Mutex
	lists map[string][]string
}

func (d *drawn) get(name string, draw func() []string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lists == nil {
		d.lists = map[string][]string{}
	}
	if d.lists[name] == nil {
		d.lists[name] = draw()
	}
	return d.lists[name]
}

// warmCache fills every cache tier as a long run of these operations would
// have. It costs no emulated time but the caches' own.
func (b *bed) warmCache(ctx context.Context, only []targets.Operation) error {
	warm := map[string]bool{}
	t := b.system.Topology()
	for _, r := range t.RolesOf(targets.KindWeb) {
		e := b.system.Endpoints()[r.Name]
		if r.Web.Cache == nil || !b.system.Alive(e.Node) || warm[r.Web.Cache.Nodes[0]] {
			continue
		}
		warm[r.Web.Cache.Nodes[0]] = true // its tier: every server of one is in front of the same nodes
		pages := b.shop.Only(only...).Pages(cacheDraws, b.session.cfg.Seed)
		if c, _, ok := t.Role(r.Web.Cache.Nodes[0]); ok && c.Cache.Policy == targets.EvictionLRU {
			pages = latest(pages, len(pages))
		}
		if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoWarm, Pages: pages}); err != nil {
			return err
		}
	}
	return nil
}
