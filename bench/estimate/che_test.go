package estimate_test

import (
	"container/list"
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"rung/bench/estimate"
)

func TestZipf(t *testing.T) {
	for _, row := range []struct {
		n        int
		exponent float64
		top      int
		want     float64 // share of the top
	}{
		{10_000, 0.8, 100, 0.300046}, {10_000, 0.8, 1000, 0.570618}, {10_000, 1, 100, 0.529995}, {10_000, 1, 1000, 0.764791},
		{10_000, 1.2, 1000, 0.903445}, {10, 0, 4, 0.4}, {1, 1, 1, 1},
	} {
		p := estimate.Zipf(row.n, row.exponent)
		total, top := 0.0, 0.0
		for i, x := range p {
			total += x
			if i < row.top {
				top += x
			}
			if i > 0 && x > p[i-1] {
				t.Fatalf("rank %d is more popular than rank %d", i+1, i)
			}
		}
		near(t, "sum", total, 1, 1e-12)
		near(t, "top", top, row.want, 5e-7)
	}
	near(t, "ratio of ranks 1 and 5", estimate.Zipf(10, 2)[0]/estimate.Zipf(10, 2)[4], 25, 1e-9)
	if p := estimate.Zipf(0, 1); len(p) != 0 {
		t.Errorf("no items have shares %v", p)
	}
}

func TestMissesOfLRU(t *testing.T) {
	for _, row := range []struct {
		exponent float64
		n, size  int
		hits     float64
	}{
		{0.8, 10_000, 100, 0.156625}, {0.8, 10_000, 1000, 0.436660}, {1, 10_000, 100, 0.390525},
		{1, 10_000, 1000, 0.675602}, {1.2, 10_000, 1000, 0.861435}, {1, 20, 5, 0.478713},
	} {
		near(t, "hit ratio", 1-estimate.Misses(estimate.Zipf(row.n, row.exponent), row.size), row.hits, 5e-7)
	}
	near(t, "hit ratio of four items", 1-estimate.Misses([]float64{0.4, 0.3, 0.2, 0.1}, 2), 0.573009, 5e-7)
	near(t, "chained example, misses per second", 1000*estimate.Misses(estimate.Zipf(10_000, 1), 1000), 324.398, 5e-4)
}

func TestMissesAtTheEdges(t *testing.T) {
	near(t, "no cache", estimate.Misses([]float64{3, 4}, 0), 7, 0)
	near(t, "all fits", estimate.Misses([]float64{3, 4}, 2), 0, 0)
	near(t, "more than all fits", estimate.Misses([]float64{3, 4}, 9), 0, 0)
	near(t, "some are never asked for", estimate.Misses([]float64{3, 4, 0, 0}, 3), 0, 0)
	near(t, "none is asked for", estimate.Misses([]float64{0, 0}, 1), 0, 0)
	near(t, "nothing", estimate.Misses(nil, 5), 0, 0)
	if m := estimate.Misses([]float64{1, 1, 1}, 1); math.Abs(m-2) > 1e-9 {
		t.Errorf("a third of equal items: %v", m)
	}
}

// lru is a cache of pages, the shop's buffer pool.
type lru struct {
	size  int
	order *list.List
	pages map[int]*list.Element
}

func (l *lru) touch(page int) (hit bool) {
	if e, ok := l.pages[page]; ok {
		l.order.MoveToFront(e)
		return true
	}
	l.pages[page] = l.order.PushFront(page)
	if l.order.Len() > l.size {
		last := l.order.Back()
		delete(l.pages, l.order.Remove(last).(int))
	}
	return false
}

// The shop's pool holds pages of two tables, of which one is read six times
// as often. The simulation is also where shopMisses comes from.
func TestMissesOfAPool(t *testing.T) {
	p, err := estimate.Predict(shopTopology(1, 2, false), shopWorkload(), 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := p.Estimate("pool_miss_ratio")
	if !ok {
		t.Fatal("the misses of the pool are not estimated")
	}
	const users, touches = 10_000, 400_000
	cumulated := make([]float64, users)
	total := 0.0
	for i := range cumulated {
		total += 1 / float64(i+1)
		cumulated[i] = total
	}
	random := rand.New(rand.NewPCG(1, 2))
	pool := lru{3400, list.New(), map[int]*list.Element{}}
	var reads, missed [2]float64
	for i := range touches {
		table := 0
		if random.Float64() < 1.0/7 {
			table = 1
		}
		page := table*users + sort.SearchFloat64s(cumulated, random.Float64()*total)
		if hit := pool.touch(page); i > touches/4 { // warm by then
			reads[table]++
			if !hit {
				missed[table]++
			}
		}
	}
	near(t, "misses by LRU", (missed[0]+missed[1])/(reads[0]+reads[1]), e.Value, 0.003)
	near(t, "misses of users", missed[0]/reads[0], shopMisses().users, 0.003)
	near(t, "misses of orders", missed[1]/reads[1], shopMisses().orders, 0.005)
}
