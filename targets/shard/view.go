package shard

import (
	"maps"
	"slices"
)

// view is what a Router knows at one moment. It is not changed after it is made.
type view struct {
	rule *Map
	// moved are users who live elsewhere than the rule says.
	moved overlay
	// held are users whose writes wait.
	held map[int64]stay
	// used are the shards where somebody may live.
	used []string
	// version counts the changes after which data may go from where a user lived.
	version int64
}

// stay is what is special about a user who is held.
type stay struct {
	batch *batch
	to    string // where reads go; "" is where they went before
}

// owner is the shard that has all that is the user's.
func (v *view) owner(user int64) string {
	if to := v.moving(user); to != "" {
		return to
	}
	return v.rule.Home(user)
}

// copies are the shards that have the user's row in users.
func (v *view) copies(user int64) []string {
	if to := v.moving(user); to != "" {
		return v.rule.alone[to]
	}
	return v.rule.Copies(user)
}

// moving is where a user lives against the rule, or "".
func (v *view) moving(user int64) string {
	if len(v.held) > 0 {
		if s := v.held[user]; s.to != "" {
			return s.to
		}
	}
	return v.moved.get(user)
}

// hold returns a view in which the users of a batch are held, and read where the
// batch says.
func (v *view) hold(b *batch, to []string) *view {
	next := *v
	next.held = maps.Clone(v.held)
	if next.held == nil {
		next.held = make(map[int64]stay, len(b.users))
	}
	for i, user := range b.users {
		s := stay{batch: b}
		if to != nil {
			s.to = to[i]
		}
		next.held[user] = s
	}
	next.use(to)
	return &next
}

// use adds shards to those where somebody may live. The view is not yet known to
// anybody else.
func (v *view) use(names []string) {
	for _, name := range names {
		if !slices.Contains(v.used, name) {
			v.used = append(slices.Clip(v.used), name)
		}
	}
}

// free returns a view in which the users of a batch are not held.
func (v *view) free(b *batch) *view {
	next := *v
	next.held = maps.Clone(v.held)
	for _, user := range b.users {
		delete(next.held, user)
	}
	return &next
}

// overlay is a set of users with a shard each. It is kept in pages, so that a copy
// with a few changes costs little however many users there are.
type overlay map[int64]map[int64]string

const overlayPage = 8 // bits

func (o overlay) get(user int64) string {
	if len(o) == 0 {
		return ""
	}
	return o[user>>overlayPage][user]
}

// with returns a copy to which users were added.
func (o overlay) with(users []int64, to []string) overlay {
	next := maps.Clone(o)
	if next == nil {
		next = overlay{}
	}
	fresh := map[int64]bool{}
	for i, user := range users {
		page := user >> overlayPage
		if !fresh[page] {
			fresh[page] = true
			next[page] = maps.Clone(next[page])
			if next[page] == nil {
				next[page] = map[int64]string{}
			}
		}
		next[page][user] = to[i]
	}
	return next
}
