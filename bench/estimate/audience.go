package estimate

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"rung/bench"
	"rung/targets"
	"rung/targets/shard"
)

// audience is the users by popularity, and the shards that they are on. It
// does not depend on the rate.
type audience struct {
	ranks []rank
	// home is, by shard and rank, how many of the rank's users have all that is
	// theirs there, and rows how many have their reads of the row: with copies
	// of it, a part of each.
	home, rows [][]float64
	// users is the share of the users by shard, extra that of the edits which
	// change a copy there besides, and used says that somebody may live there.
	users, extra []float64
	used         []bool
	lines        []string
}

// newAudience finds who is popular, and where they are.
func (m *model) newAudience() (*audience, error) {
	popularity := popularityOf(m.workload, m.hot)
	a := &audience{}
	if m.sharded() || len(m.paths) > 1 || m.paths[0].web().Web.Cache != nil {
		a.ranks = ranked(popularity)
	} else {
		for _, p := range popularity {
			a.ranks = append(a.ranks, rank{p, 1})
		}
	}
	if m.sharded() {
		return a, a.place(*m.paths[0].web().Web.Sharding, popularity, m.hot.User, m.users)
	}
	all := make([]float64, len(a.ranks))
	for i, r := range a.ranks {
		all[i] = r.count
	}
	a.home, a.rows, a.users, a.extra, a.used = [][]float64{all}, [][]float64{all}, []float64{1}, []float64{0}, []bool{true}
	return a, nil
}

// popularityOf is the share of the requests of each user. A hot one comes
// first, in place of the least popular.
func popularityOf(w bench.Workload, hot bench.Hot) []float64 {
	out := Zipf(w.Data.Users, w.Exponent)
	if hot.Ratio <= 0 || len(out) == 0 {
		return out
	}
	rest, total := out[:len(out)-1], 0.0
	for _, p := range rest {
		total += p
	}
	hottest := append(make([]float64, 0, len(out)), hot.Ratio)
	for _, p := range rest {
		hottest = append(hottest, p/total*(1-hot.Ratio))
	}
	return hottest
}

// place finds the shards of all users.
func (a *audience) place(s targets.Sharding, popularity []float64, hot int64, userOf func(rank int) int64) error {
	rule, err := shard.New(s)
	if err != nil {
		return err
	}
	index := map[string]int{}
	for i, x := range s.All() {
		index[x.Name] = i
	}
	homes := make([]int, len(popularity)+1) // by id
	for id := range homes {
		homes[id] = index[rule.Home(int64(id))]
	}
	n := len(s.All())
	order, how := orderOf(popularity, homes, n, hot, userOf)
	a.home, a.rows = matrix(n, len(a.ranks)), matrix(n, len(a.ranks))
	a.users, a.extra, a.used = make([]float64, n), make([]float64, n), make([]bool, n)
	for i := range s.Shards {
		a.used[i] = true
	}
	next := 0
	for g, r := range a.ranks {
		for _, id := range order[next : next+int(r.count)] {
			copies := rule.Copies(id)
			at := index[copies[0]]
			a.home[at][g]++
			a.users[at] += 1 / float64(len(order))
			for k, name := range copies {
				i := index[name]
				a.rows[i][g] += 1 / float64(len(copies))
				a.used[i] = true
				if k > 0 {
					a.extra[i] += r.share
				}
			}
		}
		next += int(r.count)
	}
	most, share := a.hottest()
	a.lines = append(a.lines, fmt.Sprintf("%s: %d shards; shard %s gets the most requests of users, %.3g%%, with %.3g%% of the users; %s",
		s.Method, len(s.Shards), s.All()[most].Name, share*100, a.users[most]*100, how))
	return nil
}

func matrix(rows, columns int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, columns)
	}
	return out
}

// orderOf lists the users' ids by popularity. Where it is not known who is
// popular it is one of many random orders, that with the median share of the
// hottest shard.
func orderOf(popularity []float64, homes []int, shards int, hot int64, userOf func(rank int) int64) ([]int64, string) {
	n := len(popularity)
	order := make([]int64, 0, n)
	if hot >= 1 && hot <= int64(n) {
		order = append(order, hot)
	}
	first := len(order)
	if userOf != nil {
		for k := 0; k < n && len(order) < n; k++ {
			if id := userOf(k); (first == 0 || id != hot) && id >= 1 && id <= int64(n) {
				order = append(order, id)
			}
		}
		if len(order) == n {
			return order, "by the ids of the popular users"
		}
		order = order[:first]
	}
	for id := int64(1); id <= int64(n); id++ {
		if first == 0 || id != hot {
			order = append(order, id)
		}
	}
	const most, work = 101, 4_000_000
	draws := max(11, min(most, work/max(n, 1)))
	type draw struct {
		seed  uint64
		share float64
	}
	var all []draw
	for seed := range uint64(draws) {
		drawn := shuffled(order, first, seed)
		shares := make([]float64, shards)
		for k, id := range drawn {
			shares[homes[id]] += popularity[k]
		}
		all = append(all, draw{seed, slices.Max(shares)})
	}
	slices.SortFunc(all, func(a, b draw) int {
		if a.share < b.share {
			return -1
		}
		return 1
	})
	text := fmt.Sprintf("who is popular is not known: the median of %d random orders, which go from %.3g%% to %.3g%%", draws, all[0].share*100, all[draws-1].share*100)
	return shuffled(order, first, all[draws/2].seed), text
}

// shuffled is a random order of the ids but the first few.
func shuffled(ids []int64, first int, seed uint64) []int64 {
	out := slices.Clone(ids)
	rest := out[first:]
	rand.New(rand.NewPCG(seed, uint64(len(ids)))).Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return out
}

// hottest is the shard with the most requests of users, and its share.
func (a *audience) hottest() (at int, share float64) {
	for i, w := range a.weights(false, nil) {
		if w > share {
			at, share = i, w
		}
	}
	return at, share
}

// weights is the share of requests by shard: of the reads of rows, or of all
// else. Missing is the share of each rank's that counts; nil for all.
func (a *audience) weights(rows bool, missing []float64) []float64 {
	counts := a.home
	if rows {
		counts = a.rows
	}
	out, total := make([]float64, len(counts)), 0.0
	for i := range counts {
		for g, r := range a.ranks {
			x := r.share * counts[i][g]
			if g < len(missing) {
				x *= missing[g]
			}
			out[i] += x
			total += x
		}
	}
	if total <= 0 {
		return slices.Clone(a.users)
	}
	for i := range out {
		out[i] /= total
	}
	return out
}
