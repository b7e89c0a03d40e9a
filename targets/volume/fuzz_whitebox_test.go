package volume

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rung/targets/store"
)

// FuzzName: a name has one path only, of the documented form.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"/a", "/a/b/c", "/a/b/c/d", "/../a", "/a//b", "", "/A", "/a%20", "/-_9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, ok := parseName(path)
		if !ok {
			return
		}
		parts := strings.Split(name, "/")
		if "/"+name != path || len(parts) > 3 || len(parents(name)) != len(parts)-1 {
			t.Fatalf("%q is %q", path, name)
		}
		for i, part := range parts {
			if part == "" || len(part) > 128 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
				t.Fatalf("%q is a name with %q", path, part)
			}
			if i > 0 && parents(name)[i-1] != strings.Join(parts[:i], "/") {
				t.Fatalf("parents of %q are %q", name, parents(name))
			}
		}
	})
}

// FuzzUnframe: what is accepted is what frame would have written.
func FuzzUnframe(f *testing.F) {
	f.Add(frame([]byte("content"), 0))
	f.Add(frame(nil, lastEnd))
	f.Add(frame(nil, 1)[:15])
	f.Add([]byte("vol1"))
	f.Fuzz(func(t *testing.T, framed []byte) {
		content, ends, err := unframe(framed)
		if err == nil && !bytes.Equal(frame(content, ends), framed) {
			t.Fatalf("%x is %x until %d", framed, content, ends)
		}
	})
}

// FuzzTiming: whatever a header says, times are possible ones, and known only
// when both are there.
func FuzzTiming(f *testing.F) {
	for _, seed := range []string{
		"vol-queue;dur=1.500, vol-work;dur=2.000", `vol-queue;dur=0.000, vol-work;dur=3.000, vol-miss;desc="1"`,
		"vol-queue;dur=NaN, vol-work;dur=-1", "vol-queue", `vol-miss;desc="x"`, "", ",,;;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		var took store.Timing
		readTiming(header, &took)
		switch {
		case took.Queued < 0 || took.Queued > time.Hour || took.Served < 0 || took.Served > time.Hour || took.Misses < 0 || took.Misses > mostMisses:
			t.Fatalf("%q is %+v", header, took)
		case !took.Known && took != (store.Timing{}):
			t.Fatalf("%q is not known, but %+v", header, took)
		case took.Known && !(strings.Contains(header, metricQueue) && strings.Contains(header, metricWork)):
			t.Fatalf("%q is known", header)
		}
	})
}

// TestTimingComesBack: the client reads what the server writes.
func TestTimingComesBack(t *testing.T) {
	for _, want := range []spent{{}, {1500 * time.Microsecond, 2 * time.Millisecond, 0}, {time.Microsecond, time.Hour, 3}, {0, 999 * time.Microsecond, mostMisses}} {
		h := map[string][]string{}
		want.seal(h)
		var took store.Timing
		readTiming(h["Server-Timing"][0], &took)
		if got := (spent{took.Queued, took.Served, took.Misses}); got != want || !took.Known {
			t.Errorf("%q is %+v; want %+v", h["Server-Timing"], got, want)
		}
	}
}

// TestLastEnd is the documented last moment.
func TestLastEnd(t *testing.T) {
	if got := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC).UnixMilli(); got != lastEnd {
		t.Errorf("the year 9999 ends at %d, not %d", got, lastEnd)
	}
	if _, ok := parseHead(frame(nil, math.MaxInt64)); ok {
		t.Error("an end after the year 9999 was accepted")
	}
	if fmt.Sprint(lastEnd) != "253402300799999" {
		t.Error("the documentation names another last moment")
	}
}
