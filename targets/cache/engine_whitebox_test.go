package cache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"rung/targets/resp"
)

// do carries a command out on an engine, without a server around it.
func do(t testing.TB, e *engine, words ...string) resp.Reply {
	t.Helper()
	args := make([][]byte, len(words)-1)
	for i, w := range words[1:] {
		args[i] = []byte(w)
	}
	name := strings.ToUpper(words[0])
	carryOut, err := commands()[name].prepare(resp.Command{Name: name, Args: args})
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	reply := carryOut(e)
	e.check(t)
	return reply
}

// check compares the parts of an engine with one another.
func (e *engine) check(t testing.TB) {
	t.Helper()
	if e.order.Len() != len(e.items) || e.order.Cost() > e.capacity {
		t.Fatalf("%d entries, %d in order of eviction that take %d of %d bytes", len(e.items), e.order.Len(), e.order.Cost(), e.capacity)
	}
	bytes, expiring := int64(0), 0
	for key, it := range e.items {
		bytes += cost([]byte(key), it.value)
		if it.expires == never {
			continue
		}
		expiring++
		if it.place >= len(e.due) || e.due[it.place] != it {
			t.Fatalf("%q is not at its place among the deadlines", key)
		}
		if above := (it.place - 1) / 2; e.due[above].expires > it.expires {
			t.Fatalf("%q comes too late among the deadlines", key)
		}
	}
	if bytes != e.order.Cost() || expiring != len(e.due) {
		t.Fatalf("entries have %d bytes, counted are %d; %d expire, counted are %d", bytes, e.order.Cost(), expiring, len(e.due))
	}
}

// stopped is a clock that a test moves.
type stopped struct{ time.Time }

func (c *stopped) now() time.Time          { return c.Time }
func (c *stopped) advance(d time.Duration) { c.Time = c.Add(d) }

func start() *stopped { return &stopped{time.Unix(1_000_000, 0)} }

// TestActiveExpiry: what is due leaves without being asked for, a batch with each
// command, and nothing that is due is served meanwhile.
func TestActiveExpiry(t *testing.T) {
	clock := start()
	e := newEngine(1<<20, PolicyLRU, clock.now)
	const many = 3*expireBatch + 5
	for i := range many {
		do(t, e, "SET", fmt.Sprint("k", i), "v", "PX", fmt.Sprint(1000+i))
	}
	do(t, e, "SET", "stays", "v")
	clock.advance(time.Second - 1)
	if got := e.usage(); got.entries != many+1 || got.expirations != 0 {
		t.Fatalf("too early: %+v", got)
	}
	clock.advance(time.Second)
	if got := do(t, e, "GET", fmt.Sprint("k", many-1)); got != (resp.Null{}) { // last due
		t.Errorf("a dead entry is answered %v", got)
	}
	for batch := 2; ; batch++ {
		left := max(many+1-1-batch*expireBatch, 1)
		if got := e.usage(); got.entries != left || got.expirations != int64(many+1-left) {
			t.Fatalf("after %d batches: %+v; want %d entries", batch, got, left)
		}
		e.check(t)
		if left == 1 {
			break
		}
	}
	if e.evictions != 0 || e.hits != 0 || e.misses != 1 {
		t.Errorf("counted %+v", e.counts)
	}
}

// TestDeadAreNotEvicted: an entry that must leave for room after its time was over
// has expired.
func TestDeadAreNotEvicted(t *testing.T) {
	clock := start()
	const room = 2 * expireBatch
	e := newEngine(room*(EntryOverhead+4), PolicyFIFO, clock.now)
	for i := range room {
		do(t, e, "SET", fmt.Sprintf("%03d", i), "v", "EX", "1")
	}
	clock.advance(time.Second)
	do(t, e, "SET", "big", strings.Repeat("v", (room-1)*(EntryOverhead+4)))
	if got := e.usage(); got.evictions != 0 || got.expirations != room || got.entries != 1 {
		t.Errorf("%+v; want %d expirations", got, room)
	}
}

// TestOverhead measures what entries cost this process, and compares it with what
// they are charged.
func TestOverhead(t *testing.T) {
	const count, size = 50_000, 64
	e := newEngine(1<<40, PolicyLRU, time.Now)
	value := make([]byte, size)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range count {
		now := e.begin()
		e.write(fmt.Appendf(nil, "user:%07d", i), value, now.after(time.Hour), now)
		e.mu.Unlock()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	got := float64(after.HeapAlloc-before.HeapAlloc)/count - size - float64(len("user:0000000"))
	t.Logf("an entry takes %.0f bytes besides key and value", got)
	if got < EntryOverhead/1.6 || got > EntryOverhead*1.6 {
		t.Errorf("an entry takes %.0f bytes besides key and value; it is charged %d", got, EntryOverhead)
	}
	runtime.KeepAlive(e)
}

// zipf draws ranks 0 to n-1 with probability proportional to (rank+1)^-alpha.
// math/rand's Zipf has no alpha of 1.
func zipf(n int, alpha float64, r *rand.Rand) func() int {
	sums := make([]float64, n)
	total := 0.0
	for i := range sums {
		total += math.Pow(float64(i+1), -alpha)
		sums[i] = total
	}
	return func() int { return sort.SearchFloat64s(sums, r.Float64()*total) }
}

// TestHitRatio reads through a cache of equally large values, keys by Zipf's law, and
// compares the hit ratio with Che's approximation (Fricker, Robert and Roberts, arXiv
// 1202.3974): a hit of item i has the probability 1-exp(-p T) for LRU and pT/(1+pT)
// for FIFO, where T makes the expected number of items the size of the cache. LFU
// has no such formula: it lies between LRU and the most popular items.
func TestHitRatio(t *testing.T) {
	const n, warm, count = 10_000, 50_000, 150_000
	for _, c := range []struct {
		policy    string
		items     int64
		low, high float64
	}{
		{PolicyLRU, 1000, 0.675602 - 0.01, 0.675602 + 0.01},
		{PolicyLRU, 100, 0.390525 - 0.01, 0.390525 + 0.01},
		{PolicyFIFO, 1000, 0.630906 - 0.01, 0.630906 + 0.01},
		{PolicyFIFO, 100, 0.342332 - 0.01, 0.342332 + 0.01},
		{PolicyLFU, 1000, 0.675602 + 0.01, 0.764791 + 0.01},
		{PolicyLFU, 100, 0.390525 + 0.01, 0.529995 + 0.01},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.policy, c.items), func(t *testing.T) {
			value := []byte("12345678")
			e := newEngine(c.items*(EntryOverhead+5+int64(len(value))), c.policy, time.Now)
			draw := zipf(n, 1, rand.New(rand.NewPCG(1, 2)))
			var before counts
			for i := range warm + count {
				if i == warm {
					before = e.counts
				}
				key := fmt.Appendf(nil, "%05d", draw())
				now := e.begin()
				if _, found := e.read(key, now); !found {
					e.write(key, value, never, now)
				}
				e.mu.Unlock()
			}
			e.check(t)
			got := float64(e.hits-before.hits) / count
			t.Logf("hit ratio %.4f, allowed %.4f to %.4f", got, c.low, c.high)
			if got < c.low || got > c.high || len(e.items) != int(c.items) {
				t.Errorf("hit ratio is %.4f with %d entries; want %.4f to %.4f", got, len(e.items), c.low, c.high)
			}
		})
	}
}
