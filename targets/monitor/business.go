package monitor

import (
	"time"

	"rung/targets"
)

const (
	// activeUsers bounds the users that are told apart in one day: some
	// 40 MB when all of them come.
	activeUsers = 1 << 20
	day         = int64(24 * time.Hour / time.Second)
	requestLine = "request"
)

// business counts what users did, from the lines of web servers. The zero
// value has counted nothing. It is not safe for concurrent use.
type business struct {
	ordersViewed, posts, photos, logins int64

	today int64 // since 1970, by UTC
	users map[int64]struct{}
	full  bool
}

// count takes a line into account, if it is a request that a web server
// answered with success. The line's own time says which day it belongs to: one
// of another day than today adds nothing to today's users.
func (b *business) count(l *line, at, now time.Time) {
	if l.Message != requestLine || l.Operation == "" || l.Status < 200 || l.Status > 299 {
		return
	}
	active := true
	switch targets.Operation(l.Operation) {
	case targets.OpOrders:
		b.ordersViewed++
		active = false
	case targets.OpPost:
		b.posts++
	case targets.OpPhoto:
		b.photos++
	case targets.OpLogin:
		b.logins++
	case targets.OpMe, targets.OpEdit:
	default:
		active = false // a look at a user is not that user's
	}
	if active && l.User > 0 && at.Unix()/day == now.Unix()/day {
		b.see(l.User, now)
	}
}

func (b *business) see(user int64, now time.Time) {
	b.turn(now)
	if _, known := b.users[user]; known {
		return
	}
	if len(b.users) >= activeUsers {
		b.full = true
		return
	}
	b.users[user] = struct{}{}
}

// turn starts a new day if it is time.
func (b *business) turn(now time.Time) {
	if today := now.Unix() / day; today != b.today || b.users == nil {
		b.today, b.users, b.full = today, map[int64]struct{}{}, false
	}
}

// active is how many users there were today so far, and whether there were
// more than can be told apart.
func (b *business) active(now time.Time) (users int, full bool) {
	b.turn(now)
	return len(b.users), b.full
}
