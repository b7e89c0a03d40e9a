package shop_test

import (
	"testing"

	"pgregory.net/rapid"

	"rung/targets/shop"
)

func TestFolloweesAreDifferentAndEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.IntRange(2, 700).Draw(t, "users")
		follows := rapid.IntRange(1, min(users-1, 40)).Draw(t, "follows")
		followers := make([]int, users+1)
		for user := int64(1); user <= int64(users); user++ {
			seen := map[int64]bool{user: true}
			for k := 1; k <= follows; k++ {
				f := shop.Followee(user, k, users)
				if f < 1 || f > int64(users) {
					t.Fatalf("Followee(%d, %d, %d) = %d", user, k, users, f)
				}
				if seen[f] {
					t.Fatalf("user %d follows %d twice, or is that user", user, f)
				}
				seen[f] = true
				followers[f]++
			}
		}
		for user, n := range followers[1:] {
			if n != follows {
				t.Fatalf("user %d has %d followers, and everybody follows %d", user+1, n, follows)
			}
		}
	})
}

func TestFolloweeOfNobody(t *testing.T) {
	for _, c := range []struct {
		user     int64
		k, users int
	}{{0, 1, 10}, {11, 1, 10}, {1, 0, 10}, {1, 10, 10}, {1, 1, 1}, {1, 1, 0}, {1, 1, -5}, {-3, 1, 10}} {
		if got := shop.Followee(c.user, c.k, c.users); got != 0 {
			t.Errorf("Followee(%d, %d, %d) = %d, want nobody", c.user, c.k, c.users, got)
		}
	}
}

// TestFolloweesLieOnManyShards: with 4 shards by user % 4, the 8 followees of a
// user lie on 4 (1 - (3/4)^8) = 3.6 of them on average when each is drawn at
// random.
func TestFolloweesLieOnManyShards(t *testing.T) {
	const users, follows, shards = 10_000, 8, 4
	total := 0
	for user := int64(1); user <= users; user++ {
		on := map[int64]bool{}
		for k := 1; k <= follows; k++ {
			on[shop.Followee(user, k, users)%shards] = true
		}
		total += len(on)
	}
	if mean := float64(total) / users; mean < 3.5 || mean > 3.7 {
		t.Errorf("followees lie on %.2f shards on average, want 3.6", mean)
	}
}

// TestFolloweeStays holds a few values: every member of a group fills its own
// disk, and they must agree across versions that share one.
func TestFolloweeStays(t *testing.T) {
	got := [4]int64{shop.Followee(1, 1, 10_000), shop.Followee(1, 2, 10_000), shop.Followee(2, 1, 10_000), shop.Followee(10_000, 8, 10_000)}
	if want := [4]int64{4387, 7491, 9500, 4919}; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func BenchmarkFollowee(b *testing.B) {
	user := int64(0)
	for b.Loop() {
		user = user%10_000 + 1
		shop.Followee(user, 3, 10_000)
	}
}
