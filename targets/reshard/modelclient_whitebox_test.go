package reshard

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// client reads, writes and posts at random routers.
func (w *world) client(ctx context.Context) {
	for ctx.Err() == nil {
		w.sleep(w.slowest)
		user := int64(1 + w.draw(w.users))
		w.mu.Lock()
		n := w.nodes[w.dice.IntN(w.routers)]
		w.mu.Unlock()
		switch w.draw(4) {
		case 0:
			w.write(n, user)
		case 1:
			w.post(n, user)
		default:
			w.read(n, user)
		}
	}
}

// read checks that what it sees is as new as what was acknowledged or seen before it
// began. Versions of a user only grow and have one writer at a time, so that this is
// all that linearizability asks.
func (w *world) read(n *node, user int64) {
	w.mu.Lock()
	least := w.promised[user]
	w.mu.Unlock()
	var got int
	found := false
	for range 4 { // as package store does it
		before := n.router.Version()
		at := n.router.Read(user)
		w.sleep(w.slowest)
		w.mu.Lock()
		got, found = w.shards[at].users[user]
		w.mu.Unlock()
		w.sleep(w.slowest)
		if found || n.router.Version() == before {
			break
		}
	}
	if n.life.Err() != nil {
		return // nobody gets the answer
	}
	w.mu.Lock()
	most := w.tried[user]
	w.promised[user] = max(w.promised[user], got)
	w.counts["reads"]++
	w.mu.Unlock()
	switch {
	case !found:
		w.violate("user %d is on no shard", user)
	case got < least:
		w.violate("stale: user %d has version %d; %d was acknowledged or read before", user, got, least)
	case got > most:
		w.violate("user %d has version %d, which nobody wrote", user, got)
	}
}

// write sets the next version, unless another write to the user is under way.
func (w *world) write(n *node, user int64) {
	w.mu.Lock()
	busy := w.writing[user]
	w.writing[user] = true
	w.mu.Unlock()
	if busy {
		return
	}
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.writing[user] = false
	}()
	ctx, cancel := context.WithTimeout(n.life, time.Second)
	defer cancel()
	ticket, err := n.router.Write(ctx, user)
	if err != nil {
		return
	}
	defer ticket.Done()
	w.sleep(w.slowest)
	w.mu.Lock()
	if n.life.Err() != nil {
		w.mu.Unlock()
		return
	}
	w.tried[user]++
	version := w.tried[user]
	if db := w.shards[ticket.Shards[0]]; db.has(user) {
		db.users[user] = version
	}
	w.mu.Unlock()
	w.sleep(w.slowest)
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.life.Err() == nil {
		w.promised[user] = max(w.promised[user], version)
		w.counts["writes"]++
	}
}

func (db *database) has(user int64) bool {
	_, ok := db.users[user]
	return ok
}

func (w *world) post(n *node, user int64) {
	ctx, cancel := context.WithTimeout(n.life, time.Second)
	defer cancel()
	ticket, err := n.router.Write(ctx, user)
	if err != nil {
		return
	}
	defer ticket.Done()
	w.sleep(w.slowest)
	w.mu.Lock()
	if n.life.Err() != nil {
		w.mu.Unlock()
		return
	}
	w.counts["posts"]++
	id := fmt.Sprintf("%03d-%d", w.dice.IntN(1000), w.counts["posts"])
	w.shards[ticket.Shards[0]].posts[id] = user
	w.mu.Unlock()
	w.sleep(w.slowest)
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.life.Err() == nil {
		w.posted[id] = user
	}
}

// scan lists all posts again and again, each page at another router.
func (w *world) scan(ctx context.Context) {
	for ctx.Err() == nil {
		w.mu.Lock()
		var expected []string
		for id := range w.posted {
			expected = append(expected, id)
		}
		w.mu.Unlock()
		var got []string
		for cursor, more := "", true; more; {
			if ctx.Err() != nil {
				return
			}
			w.sleep(w.slowest)
			w.mu.Lock()
			n := w.nodes[w.dice.IntN(w.routers)]
			w.mu.Unlock()
			ids, next, ok := w.page(n, cursor)
			if ok && n.life.Err() == nil {
				got, cursor, more = append(got, ids...), next, next != ""
			}
		}
		w.listed(expected, got)
	}
}

func (w *world) listed(expected, got []string) {
	slices.Sort(got)
	for i := 1; i < len(got); i++ {
		if got[i] == got[i-1] {
			w.violate("post %s is listed twice", got[i])
		}
	}
	for _, id := range expected {
		if _, ok := slices.BinarySearch(got, id); !ok {
			w.violate("post %s is not listed", id)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts["scans"]++
}

// page lists posts as package store does it: of every shard the next few, up to
// where all of them were asked, of those users who live there.
func (w *world) page(n *node, cursor string) (ids []string, next string, ok bool) {
	const each = 3
	now := n.router.Now()
	for _, name := range now.Used() {
		w.sleep(w.slowest / 2)
		w.mu.Lock()
		posts := w.shards[name].posts
		var part []string
		for id := range posts {
			if id > cursor {
				part = append(part, id)
			}
		}
		slices.Sort(part)
		if len(part) > each {
			part = part[:each]
			if next == "" || part[each-1] < next {
				next = part[each-1]
			}
		}
		for _, id := range part {
			if now.Owner(posts[id]) == name {
				ids = append(ids, id)
			}
		}
		w.mu.Unlock()
	}
	if next != "" {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id > next })
	}
	return ids, next, n.router.Version() == now.Version()
}

// last checks the world at rest.
func (w *world) last(moved bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	flaw := func(format string, args ...any) { w.violations = append(w.violations, fmt.Sprintf(format, args...)) }
	for i, n := range w.nodes {
		for user := int64(1); user <= int64(w.users); user++ {
			if !moved {
				break
			}
			if i > 0 && n.router.Owner(user) != w.nodes[0].router.Owner(user) {
				flaw("routers do not agree on user %d", user)
			}
		}
	}
	for user := int64(1); user <= int64(w.users); user++ {
		owner := w.nodes[0].router.Owner(user)
		if got, ok := w.shards[owner].users[user]; !ok || got < w.promised[user] || got > w.tried[user] {
			flaw("in the end user %d has version %d (%v) on %s; promised was %d", user, got, ok, owner, w.promised[user])
		}
		for name, db := range w.shards {
			if moved && name != owner && db.has(user) {
				flaw("in the end user %d is on %s as well as on %s", user, name, owner)
			}
		}
	}
	for id, user := range w.posted {
		if owner := w.nodes[0].router.Owner(user); w.shards[owner].posts[id] != user {
			flaw("in the end post %s of user %d is lost", id, user)
		}
	}
}
