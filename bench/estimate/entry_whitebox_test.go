package estimate

import (
	"encoding/json"
	"math"
	"testing"

	"rung/targets"
	"rung/targets/cache"
	"rung/targets/shop"
	"rung/targets/store"
)

// What is charged for an entry is what the cache charges, and as long as what
// a web server puts in.
func TestEntryBytes(t *testing.T) {
	if entryOverhead != cache.EntryOverhead {
		t.Errorf("an entry is charged %d bytes, the cache charges %d", entryOverhead, cache.EntryOverhead)
	}
	const users, perUser = 700, 5
	gotUsers, gotOrders := entryBytes(targets.Data{Users: users, OrdersPerUser: perUser})
	wantUsers, wantOrders := 0, 0
	for id := int64(1); id <= users; id++ {
		u := store.User{ID: id}
		u.Name, u.Email, u.City = shop.UserRow(id)
		text, _ := json.Marshal(u)
		wantUsers += len(shop.UserKey(id)) + len(text) + cache.EntryOverhead
		var orders []store.Order
		for k := 1; k <= perUser; k++ {
			o := store.Order{Customer: u.Name}
			o.ID, o.Item, o.Cents = shop.OrderRow(id, k)
			orders = append(orders, o)
		}
		text, _ = json.Marshal(orders)
		wantOrders += len("orders:") + len(shop.UserKey(id)[len("user:"):]) + len(text) + cache.EntryOverhead
	}
	if math.Abs(gotUsers-float64(wantUsers)/users) > 1e-9 || math.Abs(gotOrders-float64(wantOrders)/users) > 1e-9 {
		t.Errorf("entries take %v and %v bytes, want %v and %v", gotUsers, gotOrders, float64(wantUsers)/users, float64(wantOrders)/users)
	}
}

// Groups of users stand for all of them.
func TestRanked(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 150, 10_000} {
		law := Zipf(n, 1)
		count, total, last := 0.0, 0.0, math.Inf(1)
		ranks := ranked(law)
		for _, r := range ranks {
			count += r.count
			total += r.share * r.count
			if r.share > last {
				t.Fatalf("a group of %d users is more popular than the one before", n)
			}
			last = r.share
		}
		if int(count) != n || (n > 0 && math.Abs(total-1) > 1e-9) || len(ranks) > 500 {
			t.Errorf("%d users are %v in %d groups, with %v of the requests", n, count, len(ranks), total)
		}
	}
	each, groups := []KeyLoad(nil), []KeyLoad(nil)
	for _, z := range Zipf(10_000, 1) {
		each = append(each, KeyLoad{Reads: z, Bytes: 1})
	}
	for _, r := range ranked(Zipf(10_000, 1)) {
		groups = append(groups, KeyLoad{Reads: r.share, Bytes: 1, count: r.count})
	}
	one, all := newShelf(targets.EvictionLRU, each, 1000, 0), newShelf(targets.EvictionLRU, groups, 1000, 0)
	if r := one.life / all.life; math.Abs(r-1) > 1e-4 {
		t.Errorf("grouping changes the life of an entry by %v", r)
	}
}

// Three nodes share the ring, not quite evenly.
func TestArcs(t *testing.T) {
	spec := targets.ReadThrough{Nodes: []string{"cache-1", "cache-2", "cache-3"}, VirtualNodes: 40}
	got := arcs("www.shop.example.", spec)
	total := 0.0
	for _, part := range got {
		total += part
		if part < 0.15 || part > 0.55 {
			t.Errorf("arcs are %v", got)
		}
	}
	if math.Abs(total-1) > 1e-12 {
		t.Errorf("arcs are %v, together %v", got, total)
	}
	if one := arcs("", targets.ReadThrough{Nodes: []string{"one"}}); len(one) != 1 || one[0] != 1 {
		t.Errorf("one node has %v", one)
	}
}
