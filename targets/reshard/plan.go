package reshard

import (
	"fmt"
	"slices"

	"rung/targets"
	"rung/targets/shard"
)

// Bounds of a plan.
const (
	maxUsers = 100_000_000
	maxBatch = 100_000
)

// Plan lists the moves that lead from one sharding to another: of the users 1 to
// users, those whose home changes, in batches of at most batch. A batch takes users
// in the order of their ids, from whichever shards: their rows lie side by side
// there, and every shard does its part at the same time.
//
// Every shard of the new sharding must be one of the old, if only a spare one. A
// user who is pinned to several shards in the new sharding must be pinned to the
// same ones already, home first, because a move makes no copies beside the user's
// home.
func Plan(from, to targets.Sharding, users, batch int) ([]targets.Move, error) {
	if users < 0 || users > maxUsers {
		return nil, fmt.Errorf("plan: %d users: allowed are 0 to %d", users, maxUsers)
	}
	if batch < 1 || batch > maxBatch {
		return nil, fmt.Errorf("plan: batches of %d: allowed are 1 to %d", batch, maxBatch)
	}
	old, err := shard.New(from)
	if err != nil {
		return nil, fmt.Errorf("plan: old %w", err)
	}
	next, err := shard.New(to)
	if err != nil {
		return nil, fmt.Errorf("plan: new %w", err)
	}
	for _, name := range next.All() {
		if !slices.Contains(old.All(), name) {
			return nil, fmt.Errorf("plan: shard %q is not known to the old sharding", name)
		}
	}
	for _, p := range to.Pins {
		if was := old.Copies(p.User); len(p.Shards) > 1 && !sameCopies(was, p.Shards) {
			return nil, fmt.Errorf("plan: user %d is to have copies on %q, but has them on %q: a move makes none", p.User, p.Shards, was)
		}
	}
	return batches(travels(old, next, users), batch), nil
}

// sameCopies reports whether two lists name the same shards, home first.
func sameCopies(a, b []string) bool {
	return a[0] == b[0] && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// travel is one user's way to another shard.
type travel struct {
	user int64
	to   string
}

// travels lists those who move, in the order of their ids.
func travels(old, next *shard.Map, users int) []travel {
	var list []travel
	for id := int64(1); id <= int64(users); id++ {
		if to := next.Home(id); to != old.Home(id) {
			list = append(list, travel{id, to})
		}
	}
	return list
}

func batches(list []travel, size int) []targets.Move {
	var plan []targets.Move
	for part := range slices.Chunk(list, size) {
		m := targets.Move{Users: make([]int64, 0, len(part)), To: make([]string, 0, len(part))}
		for _, t := range part {
			m.Users, m.To = append(m.Users, t.user), append(m.To, t.to)
		}
		plan = append(plan, m)
	}
	return plan
}
