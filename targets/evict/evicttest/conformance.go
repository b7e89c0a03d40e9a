package evicttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rung/targets/evict"
)

// Run checks that the policies that create returns do what evict.Policy promises,
// and evict in the order of before.
func Run(t *testing.T, create func(capacity int64) evict.Policy, before Before) {
	t.Helper()
	t.Run("empty", func(t *testing.T) { empty(t, create(10)) })
	t.Run("keeps all that fits", func(t *testing.T) { fits(t, create(3)) })
	t.Run("a key above the capacity is not kept", func(t *testing.T) { tooBig(t, create(10)) })
	t.Run("no capacity", func(t *testing.T) { noCapacity(t, create) })
	t.Run("costs below one count as one", func(t *testing.T) { cheap(t, create(2)) })
	t.Run("a grown key stays and others leave", func(t *testing.T) { grows(t, create(4)) })
	t.Run("the same as the model", func(t *testing.T) { script(t, create, before) })
}

func expect(t *testing.T, p evict.Policy, keys int, cost int64) {
	t.Helper()
	if p.Len() != keys || p.Cost() != cost {
		t.Fatalf("%d keys that cost %d; want %d that cost %d", p.Len(), p.Cost(), keys, cost)
	}
}

func empty(t *testing.T, p evict.Policy) {
	if p.Touch("a") || p.Remove("a") {
		t.Fatal("an empty policy has a key")
	}
	expect(t, p, 0, 0)
}

func fits(t *testing.T, p evict.Policy) {
	for _, key := range []string{"a", "b", "c"} {
		if out := p.Add(key, 1); out != nil {
			t.Fatalf("adding %q evicted %q", key, out)
		}
	}
	expect(t, p, 3, 3)
	if out := p.Add("d", 1); len(out) != 1 {
		t.Fatalf("one key too many evicted %q; want one key", out)
	}
	expect(t, p, 3, 3)
	if !p.Touch("d") || !p.Remove("d") || p.Remove("d") {
		t.Fatal("the added key must be there until it is removed")
	}
	expect(t, p, 2, 2)
}

func tooBig(t *testing.T, p evict.Policy) {
	p.Add("a", 4)
	p.Add("b", 4)
	if out := p.Add("big", 11); !slices.Equal(out, []string{"big"}) {
		t.Fatalf("evicted %q; want the big key alone", out)
	}
	expect(t, p, 2, 8)
	if out := p.Add("a", 11); !slices.Equal(out, []string{"a"}) {
		t.Fatalf("evicted %q; want the key that became too big", out)
	}
	expect(t, p, 1, 4)
}

func noCapacity(t *testing.T, create func(int64) evict.Policy) {
	for _, capacity := range []int64{0, -5} {
		p := create(capacity)
		if out := p.Add("a", 1); !slices.Equal(out, []string{"a"}) {
			t.Fatalf("capacity %d: evicted %q; want the key itself", capacity, out)
		}
		expect(t, p, 0, 0)
	}
}

func cheap(t *testing.T, p evict.Policy) {
	p.Add("a", 0)
	p.Add("b", -7)
	expect(t, p, 2, 2)
	if out := p.Add("c", 0); len(out) != 1 {
		t.Fatalf("evicted %q; want one key", out)
	}
}

func grows(t *testing.T, p evict.Policy) {
	for _, key := range []string{"a", "b", "c", "d"} {
		p.Add(key, 1)
	}
	if out := p.Add("a", 3); len(out) != 2 || slices.Contains(out, "a") {
		t.Fatalf("evicted %q; want two keys, not the grown one", out)
	}
	expect(t, p, 2, 4)
	if !p.Touch("a") {
		t.Fatal("the grown key is gone")
	}
}

// script plays long random scripts on the policy and on the model.
func script(t *testing.T, create func(int64) evict.Policy, before Before) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		capacity := random.Int64N(30)
		p, m := create(capacity), NewModel(capacity, before)
		for step := range 2000 {
			key := fmt.Sprint("k", random.IntN(40))
			did := ""
			var got, want any
			switch random.IntN(10) {
			case 0:
				did, got, want = "Remove", p.Remove(key), m.Remove(key)
			case 1, 2, 3, 4:
				did, got, want = "Touch", p.Touch(key), m.Touch(key)
			default:
				cost := random.Int64N(8)
				did = fmt.Sprintf("Add(%d)", cost)
				got, want = fmt.Sprint(p.Add(key, cost)), fmt.Sprint(m.Add(key, cost))
			}
			if got != want {
				t.Fatalf("seed %d, step %d: %s of %s is %v; the model says %v", seed, step, did, key, got, want)
			}
			if p.Len() != m.Len() || p.Cost() != m.Cost() || p.Cost() > max(capacity, 0) {
				t.Fatalf("seed %d, step %d: %d keys that cost %d of %d; the model says %d that cost %d",
					seed, step, p.Len(), p.Cost(), capacity, m.Len(), m.Cost())
			}
		}
	}
}
