package estimate_test

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"

	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/evict"
)

// behind plays reads of users and orders through a cache and, where it
// misses, a buffer pool of one of some replicas. It returns the hit ratios by
// table, and the share of page reads that miss.
func behind(policy evict.Policy, bytes [2]int64, replicas, pages int, reads int) (hits [2]float64, missed float64) {
	const users = 10_000
	var sums []float64
	total := 0.0
	for _, z := range estimate.Zipf(users, 1) {
		total += z
		sums = append(sums, total)
	}
	dice := rand.New(rand.NewPCG(1, 5))
	pools := make([]lru, replicas)
	for i := range pools {
		pools[i] = lru{pages, list.New(), map[int]*list.Element{}}
	}
	var asked, found [2]float64
	read, gone := 0.0, 0.0
	for i := range reads {
		table := 0
		if dice.Float64() < 1.0/7 {
			table = 1
		}
		page := table*users + sort.SearchFloat64s(sums, dice.Float64()*total)
		counted := i > reads/2
		hit := policy.Touch(strconv.Itoa(page))
		if counted {
			asked[table]++
			if hit {
				found[table]++
			}
		}
		if hit {
			continue
		}
		inPool := pools[dice.IntN(replicas)].touch(page)
		policy.Add(strconv.Itoa(page), bytes[table])
		if counted {
			read++
			if !inPool {
				gone++
			}
		}
	}
	return [2]float64{found[0] / asked[0], found[1] / asked[1]}, gone / read
}

// A cache keeps the repeated reads from the pools behind it. Both are in the
// steady state.
func TestPoolBehindACache(t *testing.T) {
	for _, row := range []struct {
		policy   targets.Eviction
		create   func(int64) evict.Policy
		bytes    int64
		replicas int
		pages    int
	}{
		{targets.EvictionLRU, evict.NewLRU, 1 << 17, 1, 3400},
		{targets.EvictionLRU, evict.NewLRU, 1 << 19, 1, 3400},
		{targets.EvictionLRU, evict.NewLRU, 3 << 19, 2, 3400},
		{targets.EvictionLRU, evict.NewLRU, 1 << 17, 2, 300},
		{targets.EvictionFIFO, evict.NewFIFO, 1 << 17, 1, 3400},
		{targets.EvictionFIFO, evict.NewFIFO, 1 << 19, 2, 3400},
	} {
		t.Run(fmt.Sprintf("%s %d KiB, %d replicas, %d pages", row.policy, row.bytes>>10, row.replicas, row.pages), func(t *testing.T) {
			t.Parallel()
			s := shopTopology(1, 2, false)
			change(&s, func(r *targets.Role) {
				if r.Database != nil {
					r.Database.PoolPages = row.pages
				}
			})
			if row.replicas > 1 {
				replicate(&s, row.replicas, targets.ModeAsynchronous, targets.ReadsReplicas, 0)
			}
			cacheTier(&s, 1, row.bytes, row.policy, 0)
			p := predict(t, s, shopWorkload(), 100, 0)
			hit, _ := p.Estimate("common.cache.hit_ratio")
			miss, _ := p.Estimate("pool_miss_ratio")
			hits, missed := behind(row.create(row.bytes), [2]int64{278, 534}, row.replicas, row.pages, 200_000)
			all := (6*hits[0] + hits[1]) / 7
			t.Logf("hits %.4f, played %.4f; page misses %.4f, played %.4f", hit.Value, all, miss.Value, missed)
			near(t, "hit ratio", hit.Value, all, 0.01)
			near(t, "page misses", miss.Value, missed, 0.03)
		})
	}
}

// The shop with a cache of one node before a store that is all in memory,
// against the simulation of the site. Hits are those that were played.
func TestCachedSiteAgainstSimulation(t *testing.T) {
	t.Parallel()
	s := allInMemory(shopTopology(1, 2, false))
	const bytes = 1 << 17
	cacheTier(&s, 1, bytes, targets.EvictionLRU, 0)
	hits, _ := behind(evict.NewLRU(bytes), [2]int64{278, 534}, 1, 1, 200_000)
	wire, ask := step{delay: 0.5 * ms}, step{station: 4, delay: 0.1 * ms, quantum: 10 * ms}
	work := func(station int, time float64) step { return step{station: station, delay: time, quantum: 10 * ms} }
	found := func(web float64) []step { return []step{wire, work(webCPU, web), wire, ask} }
	missed := func(web, db float64) []step { return append(found(web), wire, work(dbCPU, db), wire, ask) }
	write := func(web float64) []step {
		return []step{wire, work(webCPU, web), wire, work(dbCPU, 2*ms), {station: disk, delay: 10 * ms}}
	}
	ways := []way{
		{0.6 * hits[0], found(3 * ms)}, {0.6 * (1 - hits[0]), missed(3*ms, 1*ms)},
		{0.1 * hits[1], found(6 * ms)}, {0.1 * (1 - hits[1]), missed(6*ms, 4*ms)},
		{0.15, []step{wire, work(webCPU, 2*ms)}}, {0.08, write(5 * ms)}, {0.05, []step{wire, work(webCPU, 2*ms)}}, {0.02, write(200 * ms)},
	}
	for _, use := range []float64{0.5, 0.7, 0.8} {
		rate, p50, p99 := model(t, s, use)
		took := simulate(site{ways, []int{2, 2, 1, 2}, 1, ""}, rate, 50_000, 7)
		r50, r99 := p50/at(took, 0.5), p99/at(took, 0.99)
		t.Logf("%.0f%% use, %.0f/s: p50 %.2f ms, ratio %.3f; p99 %.1f ms, ratio %.3f", use*100, rate, p50*1e3, r50, p99*1e3, r99)
		if r50 < 0.9 || r50 > 1.1 || r99 < 0.75 || r99 > 1.25 {
			t.Errorf("the model is off by more than 10%% of p50 or 25%% of p99")
		}
	}
}
