package ring

import "testing"

// TestXXH64 checks published vectors, and two of the reference implementation with
// a seed; their lengths take every path through the code.
func TestXXH64(t *testing.T) {
	for _, c := range []struct {
		name, text string
		seed, want uint64
	}{
		{"empty", "", 0, 0xef46db3751d8e999},
		{"one byte", "a", 0, 0xd24ec4f1a98c6e5b},
		{"three bytes", "abc", 0, 0x44bc2cf5ad770999},
		{"43 bytes", "The quick brown fox jumps over the lazy dog", 0, 0x0b242d361fda71bc},
		{"with a seed, 6 bytes", "user:1", 42, 0x252439bf6e594887},
		{"with a seed, 65 bytes", "The quick brown fox jumps over the lazy dog, and the dog sleeps on", 42, 0x113bd6fe7622e1fa},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := xxh64(c.text, c.seed); got != c.want {
				t.Errorf("got %#x; want %#x", got, c.want)
			}
		})
	}
}

// TestJumpVectors checks the values that other implementations of the paper test.
func TestJumpVectors(t *testing.T) {
	for _, c := range []struct {
		key     uint64
		buckets int
		want    int
	}{
		{1, 1, 0}, {42, 57, 43}, {256, 1024, 520}, {0xDEAD10CC, 1, 0}, {0xDEAD10CC, 666, 361},
		{10863919174838991, 11, 6}, {2016238256797177309, 11, 3}, {1673758223894951030, 11, 5},
		{2, 100001, 80343}, {2201, 100001, 22152}, {2202, 100001, 15018},
	} {
		if got := jump(c.key, c.buckets); got != c.want {
			t.Errorf("key %d of %d buckets is in %d; want %d", c.key, c.buckets, got, c.want)
		}
	}
}
