package theory_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/theory"
)

// Section 4.8, the table.
func TestVectorsOfCaches(t *testing.T) {
	for _, row := range []struct {
		exponent                   float64
		items, size                int
		life, lru, simulated, fifo float64
		static                     float64
	}{
		{0.8, 10_000, 100, 110.7908, 0.156625, 0.15662, 0.133625, 0.300046},
		{0.8, 10_000, 1000, 1472.4795, 0.436660, 0.43666, 0.394179, 0.570618},
		{1.0, 10_000, 100, 141.2368, 0.390525, 0.39029, 0.342332, 0.529995},
		{1.0, 10_000, 1000, 2352.1784, 0.675602, 0.67588, 0.630906, 0.764791},
		{1.2, 10_000, 1000, 5026.8851, 0.861435, 0.86161, 0.831847, 0.903445},
	} {
		p := theory.Zipf(row.items, row.exponent)
		near(t, "T", theory.LRUTime(p, float64(row.size)), row.life, 5e-5)
		near(t, "LRU", theory.LRUHits(p, float64(row.size)), row.lru, 5e-7)
		near(t, "LRU simulated", theory.LRUHits(p, float64(row.size)), row.simulated, 5e-4)
		near(t, "FIFO", theory.FIFOHits(p, float64(row.size)), row.fifo, 5e-7)
		near(t, "static", theory.StaticHits(p, row.size), row.static, 5e-7)
	}
}

// Section 4.8, one item at a time.
func TestVectorsOfItems(t *testing.T) {
	p := theory.Zipf(10_000, 1)
	life := theory.LRUTime(p, 100)
	for rank, want := range map[int]float64{1: 0.999999, 10: 0.763786, 100: 0.134373, 1000: 0.014327} {
		near(t, "hit ratio of a rank", 1-theory.Item{Rate: p[rank-1]}.Missing(life), want, 5e-7)
	}
}

// Section 4.8, small caches.
func TestVectorsOfExactLRU(t *testing.T) {
	for _, row := range []struct {
		rates      []float64
		size       int
		exact, che float64
	}{
		{[]float64{0.4, 0.3, 0.2, 0.1}, 2, 0.580556, 0.573009}, {theory.Zipf(20, 1), 5, 0.480206, 0.478713},
	} {
		exact, err := theory.ExactLRU(row.rates, row.size)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "exact", exact, row.exact, 5e-7)
		near(t, "Che", theory.LRUHits(row.rates, float64(row.size)), row.che, 5e-7)
	}
}

// Section 4.8, entries with a time to live.
func TestVectorsOfTTL(t *testing.T) {
	near(t, "1/s for 60 s", theory.TTLHits(1, 60), 0.983607, 5e-7)
	near(t, "0.01/s for 60 s", theory.TTLHits(0.01, 60), 0.375, 1e-12)
	rates := theory.Zipf(10_000, 1)
	for i := range rates {
		rates[i] *= 1000
	}
	for _, row := range []struct{ ttl, hits, resident float64 }{{1, 0.531139, 468.9}, {10, 0.757044, 2429.6}, {60, 0.901159, 5930.5}} {
		hits, resident := theory.TTLCache(rates, row.ttl)
		near(t, "hit ratio", hits, row.hits, 5e-7)
		near(t, "resident", resident, row.resident, 5e-2)
	}
}

// Section 4.8, the chained example: a cache before a database.
func TestVectorsOfTheChain(t *testing.T) {
	hits := theory.LRUHits(theory.Zipf(10_000, 1), 1000)
	near(t, "h", hits, 0.675602, 5e-7)
	misses := theory.MissRate(1000, hits)
	near(t, "misses", misses, 324.398, 5e-4)
	// The printed figures go on from the rounded ones.
	db := theory.MMc{Servers: 4, Rate: 324.398, Service: 0.010}
	near(t, "rho", db.Load(), 0.810995, 5e-7)
	near(t, "C", db.Waits(), 0.616364, 5e-7)
	near(t, "Wq in ms", db.Wait()*1e3, 8.152753, 5e-7)
	near(t, "R in ms", db.Response()*1e3, 18.152753, 5e-7)
	near(t, "mean in ms", theory.CacheMixture(0.675602, 0.5e-3, db.Response())*1e3, 6.388717, 5e-7)
	db.Rate = misses
	near(t, "without rounding between", theory.CacheMixture(hits, 0.5e-3, db.Response())*1e3, 6.388717, 5e-5)
}

func TestCacheProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfN(rapid.Float64Range(1e-3, 100), 1, 12).Draw(t, "rates")
		size := rapid.IntRange(0, 13).Draw(t, "size")
		exact, err := theory.ExactLRU(rates, size)
		if err != nil {
			t.Fatal(err)
		}
		lru, fifo, static := theory.LRUHits(rates, float64(size)), theory.FIFOHits(rates, float64(size)), theory.StaticHits(rates, size)
		for _, h := range []float64{exact, lru, fifo, static} {
			if !(h >= 0 && h <= 1) {
				t.Fatalf("hit ratio %v", h)
			}
		}
		const rounding = 1e-9
		if exact > static+rounding || lru > static+rounding || fifo > lru+rounding {
			t.Errorf("exact %v, Che %v, FIFO %v, best %v", exact, lru, fifo, static)
		}
		if more := theory.LRUHits(rates, float64(size)+1); more < lru-rounding {
			t.Errorf("a larger cache hits less")
		}
		if size < len(rates) && size > 0 {
			life, there := theory.LRUTime(rates, float64(size)), 0.0
			for _, r := range rates {
				there += theory.Item{Rate: r}.There(life)
			}
			near(t, "items that are there", there, float64(size), 1e-6)
		}
	})
}

// An item whose requests keep a distance is found by each that comes within
// the life of the last one.
func TestItemsApart(t *testing.T) {
	i := theory.Item{Rate: 0.5, Apart: 1} // 1 s, and 1 s more on average
	near(t, "life below the distance", i.Missing(0.9), 1, 0)
	near(t, "there", i.There(0.9), 0.45, 1e-12)
	near(t, "life above it", i.Missing(3), math.Exp(-2), 1e-12)
	near(t, "there", i.There(3), 0.5*(1+1-math.Exp(-2)), 1e-12)
	near(t, "without a distance", theory.Item{Rate: 0.5}.Missing(3), math.Exp(-1.5), 1e-12)
	near(t, "never asked for", theory.Item{}.Missing(math.Inf(1)), 1, 0)
	near(t, "never asked for", theory.Item{}.There(math.Inf(1)), 0, 0)
}

func TestWarmCaches(t *testing.T) {
	p := theory.Zipf(10_000, 1) // T is 2,352 requests
	for _, row := range []struct {
		rates          []float64
		size, requests float64
		holds          bool
	}{
		{p, 1000, 10_000, true}, {p, 1000, 7000, false}, {p, 4, 1e9, false}, {p, 10_000, 0, true}, {nil, 10, 1e9, false},
		{p[:3], 3, 1, true}, {p, 1000, math.NaN(), false}, {p, math.NaN(), 1e9, false}, {[]float64{1, math.NaN()}, 1, 1e9, false},
	} {
		if why := theory.LRUOutside(row.rates, row.size, row.requests); (why == "") != row.holds {
			t.Errorf("room for %v of %d after %v requests: %q", row.size, len(row.rates), row.requests, why)
		}
	}
}

func TestCachesOutsideTheirRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	near(t, "all fits", theory.LRUTime([]float64{1, 2}, 2), inf, 0)
	near(t, "all fits", theory.LRUHits([]float64{1, 2}, 2), 1, 0)
	near(t, "all fits", theory.FIFOHits([]float64{1, 2}, 2), 1, 0)
	near(t, "no cache", theory.LRUHits([]float64{1, 2}, 0), 0, 0)
	near(t, "a size that is no number", theory.LRUHits([]float64{1, 2}, nan), 0, 0)
	near(t, "some are never asked for", theory.LRUHits([]float64{1, 2, 0}, 2), 1, 0)
	near(t, "nothing is asked for", theory.LRUHits([]float64{0, 0}, 1), 0, 0)
	near(t, "nothing", theory.FIFOHits(nil, 1), 0, 0)
	near(t, "no size", theory.StaticHits([]float64{1}, -1), 0, 0)
	for _, bad := range []float64{nan, -1, inf} {
		near(t, "a rate that is none", theory.LRUHits([]float64{1, bad, 1}, 1), 0, 0)
		near(t, "a rate that is none", theory.TTLHits(bad, 1), 0, 0)
		if h, err := theory.ExactLRU([]float64{1, bad}, 1); err == nil {
			t.Errorf("rate %v hits %v", bad, h)
		}
	}
	near(t, "kept forever", theory.TTLHits(1, inf), 1, 0)
	near(t, "not kept", theory.TTLHits(1, 0), 0, 0)
	if _, err := theory.ExactLRU(theory.Zipf(21, 1), 5); !errors.Is(err, theory.ErrManyItems) {
		t.Errorf("21 items: %v", err)
	}
	if h, err := theory.ExactLRU(nil, 1); err == nil {
		t.Errorf("no items hit %v", h)
	}
	for _, p := range [][]float64{theory.Zipf(0, 1), theory.Zipf(-1, 1), theory.Zipf(3, nan), theory.Zipf(3, inf)} {
		if p != nil {
			t.Errorf("shares %v", p)
		}
	}
}
