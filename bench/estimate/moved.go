package estimate

import (
	"fmt"
	"math"

	"rung/targets"
)

// Moved is the share of all users, 0 to 1, who have another home when the
// sharding changes from one to the other, and the law that says so with what
// users and rings scatter around it. Shards are the same when they have the
// same name; spare ones and pins do not count.
//
// With modulo and jump the share is that of an endless number of users; with
// modulo, ids 1 to users meet it but for the rest of users / lcm(n, m). On a
// ring it is the mean over all names that shards could have: the share of one
// ring scatters by the beta law of its points. Two different methods, or two
// rings of unequal numbers of virtual nodes, have no law: it is then empty, and
// so it is without shards.
func Moved(from, to targets.Sharding, users int) (share float64, law string) {
	n, m := len(from.Shards), len(to.Shards)
	if n == 0 || m == 0 || from.Method != to.Method {
		return 0, ""
	}
	switch from.Method {
	case targets.ShardModulo:
		share = 1 - kept(from, to, modulo(n, m))
		return share, fmt.Sprintf("id %% %d and id %% %d name one shard for %.4g%% of the ids: %.4g%% move", n, m, (1-share)*100, share*100)
	case targets.ShardJump:
		share = 1 - kept(from, to, jump(n, m))
		return share, fmt.Sprintf("jump hash from %d to %d shards: %.4g%% move, %s", n, m, share*100, scattered(share, users, 0))
	case targets.ShardRing:
		if from.VirtualNodes != to.VirtualNodes || from.VirtualNodes < 1 {
			return 0, ""
		}
		return movedOnRing(from, to, users)
	}
	return 0, ""
}

// movedOnRing: the nearest point of a user among those of both rings is one of
// a shard that stays, and then so does the user, or the user moves.
func movedOnRing(from, to targets.Sharding, users int) (float64, string) {
	stay := 0
	for _, s := range from.Shards {
		for _, other := range to.Shards {
			if s.Name == other.Name {
				stay++
			}
		}
	}
	all := len(from.Shards) + len(to.Shards) - stay
	share := float64(all-stay) / float64(all)
	points := float64(all) * float64(from.VirtualNodes)
	return share, fmt.Sprintf("ring: points of %d of %d shards come or go: %.4g%% move, %s", all-stay, all, share*100,
		scattered(share, users, share*(1-share)/(points+1)))
}

// scattered words what a share scatters by: the variance of a ring, and that
// of whole users.
func scattered(share float64, users int, ring float64) string {
	if users > 0 {
		ring += share * (1 - share) / float64(users)
	}
	return fmt.Sprintf("with a standard deviation of %.2g points", 100*math.Sqrt(ring))
}

// kept is the share of the users whose old and new shard have the same name.
func kept(from, to targets.Sharding, both func(i, j int) float64) float64 {
	total := 0.0
	for i, s := range from.Shards {
		for j, other := range to.Shards {
			if s.Name == other.Name {
				total += both(i, j)
			}
		}
	}
	return total
}

// modulo is the probability that an id is i modulo n and j modulo m. By the
// Chinese remainder theorem one of lcm(n, m) ids is, if i and j agree modulo
// gcd(n, m).
func modulo(n, m int) func(i, j int) float64 {
	gcd := n
	for rest := m; rest != 0; {
		gcd, rest = rest, gcd%rest
	}
	return func(i, j int) float64 {
		if i%gcd != j%gcd {
			return 0
		}
		return float64(gcd) / (float64(n) * float64(m))
	}
}

// jump is the probability that jump hash puts a key into bucket i of n and
// bucket j of m: it is in a bucket that only the larger number has, with every
// one of the smaller number as likely, or it stays where it was (Lamping and
// Veach 2014, "A Fast, Minimal Memory, Consistent Hash Algorithm").
func jump(n, m int) func(i, j int) float64 {
	few, many := min(n, m), max(n, m)
	return func(i, j int) float64 {
		if n > m {
			i, j = j, i // i is now of the few
		}
		switch {
		case j >= few:
			return 1 / (float64(few) * float64(many))
		case i == j:
			return 1 / float64(many)
		}
		return 0
	}
}
