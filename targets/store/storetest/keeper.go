package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets/store"
)

// Keeper checks everything that store.Keeper promises. Open starts an empty store with
// room for 64 values of 16 KiB, and returns a client of it with 4 connections or more;
// both end with the test, and time is real. Keys are of a-z, 0-9, "_" and "-", from 1
// to 128 of them; values have up to 16 KiB.
func Keeper(t *testing.T, open func(t *testing.T) store.Keeper) {
	for _, c := range []struct {
		name  string
		check func(*testing.T, context.Context, store.Keeper)
	}{
		{"nothing is there", keepNothing},
		{"values come back", keepValues},
		{"a value replaces another", keepAnother},
		{"values end", keepShortly},
		{"no time to keep", keepNever},
		{"the caller's bytes", keepCopies},
		{"many at once", keepMany},
		{"timing", keepTiming},
		{"ended contexts", keepLate},
		{"closing", keepClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			c.check(t, ctx, open(t))
		})
	}
}

// kept fails the test unless the key has the value.
func kept(t *testing.T, ctx context.Context, k store.Keeper, key string, want []byte) {
	t.Helper()
	if got, _, err := k.Get(ctx, key); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%.20q has %d bytes %.20q, %v; want %d bytes %.20q", key, len(got), got, err, len(want), want)
	}
}

func put(t *testing.T, ctx context.Context, k store.Keeper, key string, value []byte, ttl time.Duration) {
	t.Helper()
	if _, err := k.Put(ctx, key, value, ttl); err != nil {
		t.Fatalf("put %.20q: %v", key, err)
	}
}

func keepNothing(t *testing.T, ctx context.Context, k store.Keeper) {
	for _, key := range []string{"a", "nobody", strings.Repeat("x", 128)} {
		if got, _, err := k.Get(ctx, key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%.20q has %q, %v; want ErrNotFound", key, got, err)
		}
	}
}

func keepValues(t *testing.T, ctx context.Context, k store.Keeper) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	want := map[string][]byte{
		"a": []byte("1"), "0": []byte("OK"), "-_-": []byte("\r\n$-1\r\n"), "a-b": []byte("true"), "a_b": []byte("42"),
		"every-byte": every, "zero": {0}, "empty": {}, strings.Repeat("k", 128): bytes.Repeat([]byte("v"), 16<<10),
	}
	for key, value := range want {
		put(t, ctx, k, key, value, time.Hour)
	}
	for key, value := range want {
		kept(t, ctx, k, key, value)
	}
}

func keepAnother(t *testing.T, ctx context.Context, k store.Keeper) {
	put(t, ctx, k, "a", []byte("a first and long one"), time.Hour)
	put(t, ctx, k, "a", []byte("second"), time.Hour)
	kept(t, ctx, k, "a", []byte("second"))
	put(t, ctx, k, "b", []byte("first"), time.Millisecond)
	put(t, ctx, k, "b", []byte("second"), time.Hour)
	put(t, ctx, k, "c", []byte("other"), time.Millisecond)
	vanish(t, ctx, k, "c") // b's first time is over, too
	kept(t, ctx, k, "b", []byte("second"))
}

// vanish waits until a key is gone.
func vanish(t *testing.T, ctx context.Context, k store.Keeper, key string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		_, _, err := k.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		if err != nil {
			t.Fatalf("waiting for the end of %q: %v", key, err)
		}
		<-tick.C
	}
}

func keepShortly(t *testing.T, ctx context.Context, k store.Keeper) {
	put(t, ctx, k, "long", []byte("1"), time.Hour)
	put(t, ctx, k, "short", []byte("2"), 10*time.Millisecond)
	vanish(t, ctx, k, "short")
	kept(t, ctx, k, "long", []byte("1"))
	put(t, ctx, k, "short", []byte("3"), time.Hour)
	kept(t, ctx, k, "short", []byte("3"))
	put(t, ctx, k, "long", []byte("4"), time.Millisecond)
	vanish(t, ctx, k, "long")
}

func keepNever(t *testing.T, ctx context.Context, k store.Keeper) {
	for _, ttl := range []time.Duration{0, -time.Second, time.Microsecond} {
		if _, err := k.Put(ctx, "a", []byte("1"), ttl); err == nil {
			t.Errorf("a lifetime of %v was accepted", ttl)
		}
	}
	if got, _, err := k.Get(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it has %q, %v; want ErrNotFound", got, err)
	}
}

func keepCopies(t *testing.T, ctx context.Context, k store.Keeper) {
	value := []byte("mine")
	put(t, ctx, k, "a", value, time.Hour)
	copy(value, "....")
	got, _, err := k.Get(ctx, "a")
	if err != nil || string(got) != "mine" {
		t.Fatalf("got %q, %v", got, err)
	}
	copy(got, "....")
	kept(t, ctx, k, "a", []byte("mine"))
}

func keepMany(t *testing.T, ctx context.Context, k store.Keeper) {
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			own := fmt.Sprintf("own-%d", w)
			for i := range 10 {
				value := fmt.Appendf(nil, "%d of %d", i, w)
				for key, value := range map[string][]byte{own: value, "shared": []byte("same")} {
					if _, err := k.Put(ctx, key, value, time.Hour); err != nil {
						t.Errorf("put %q: %v", key, err)
					}
					kept(t, ctx, k, key, value)
				}
			}
		})
	}
	all.Wait()
}

func keepTiming(t *testing.T, ctx context.Context, k store.Keeper) {
	check := func(what string, got store.Timing, err error) {
		t.Helper()
		if err != nil || got.Statements != 1 || got.Total <= 0 || got.Wait < 0 || got.Wait > got.Total || got.Queued < 0 || got.Served < 0 {
			t.Errorf("%s: %+v, %v; want possible times of one statement", what, got, err)
		}
		if !got.Known && (got.Queued != 0 || got.Served != 0 || got.Misses != 0) {
			t.Errorf("%s: times that are not known: %+v", what, got)
		}
	}
	took, err := k.Put(ctx, "a", []byte("1"), time.Hour)
	check("put", took, err)
	_, took, err = k.Get(ctx, "a")
	check("get", took, err)
}

func keepLate(t *testing.T, ctx context.Context, k store.Keeper) {
	put(t, ctx, k, "a", []byte("1"), time.Hour)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	late, cancelLate := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancelLate()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		if _, err := k.Put(ctx, "a", []byte("2"), time.Hour); !errors.Is(err, want) {
			t.Errorf("put with an ended context: %v; want %v", err, want)
		}
		if _, _, err := k.Get(ctx, "a"); !errors.Is(err, want) {
			t.Errorf("get with an ended context: %v; want %v", err, want)
		}
	}
	kept(t, ctx, k, "a", []byte("1"))
}

func keepClosed(t *testing.T, ctx context.Context, k store.Keeper) {
	put(t, ctx, k, "a", []byte("1"), time.Hour)
	k.Close()
	k.Close()
}
