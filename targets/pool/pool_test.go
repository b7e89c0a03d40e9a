package pool_test

import (
	"fmt"
	"sync"
	"testing"

	"rung/targets/pool"
)

func TestPool(t *testing.T) {
	for _, c := range []struct {
		name         string
		pages        int
		warm, touch  []string
		hits, misses int64
	}{
		{"everything in memory", 0, nil, []string{"a", "b", "a"}, 3, 0},
		{"cold", 2, nil, []string{"a", "b"}, 0, 2},
		{"a miss brings the page in", 2, nil, []string{"a", "a"}, 1, 1},
		{"the least recently used leaves", 2, nil, []string{"a", "b", "a", "c", "a", "b"}, 2, 4},
		{"warm pages hit", 2, []string{"a", "b"}, []string{"a", "b"}, 2, 0},
		{"the last warm pages stay", 2, []string{"a", "b", "c"}, []string{"c", "b", "a"}, 2, 1},
		{"warming renews", 2, []string{"a", "b", "a", "c"}, []string{"a", "c"}, 2, 0},
		{"warming nothing emulated", 0, []string{"a"}, nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pool.New(c.pages)
			p.Warm(c.warm)
			hits := int64(0)
			for _, page := range c.touch {
				if p.Touch(page) {
					hits++
				}
			}
			counted, misses := p.Counts()
			if counted != c.hits || misses != c.misses || hits != c.hits {
				t.Errorf("%d hits (%d answered), %d misses; want %d, %d", counted, hits, misses, c.hits, c.misses)
			}
		})
	}
}

func TestPoolConcurrent(t *testing.T) {
	p := pool.New(10)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 500 {
				p.Touch(fmt.Sprint("users/", (i*g)%25))
				if i%50 == 0 {
					p.Warm([]string{"users/1", "users/2"})
					p.Counts()
				}
			}
		})
	}
	all.Wait()
	if hits, misses := p.Counts(); hits+misses != 4000 || misses < 24 {
		t.Errorf("%d hits and %d misses; want 4000 together, 24 misses at least", hits, misses)
	}
}

func TestForget(t *testing.T) {
	p := pool.New(2)
	p.Touch("a")
	p.Forget("a")
	p.Forget("never there")
	if p.Touch("a") {
		t.Error("a forgotten page is still in memory")
	}
	if hits, misses := p.Counts(); hits != 0 || misses != 2 {
		t.Errorf("%d hits, %d misses; want 0, 2", hits, misses)
	}
	all := pool.New(0)
	all.Forget("a")
	if !all.Touch("a") {
		t.Error("without emulation a page was not in memory")
	}
}
