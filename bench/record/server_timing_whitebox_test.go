package record

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseServerTiming(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		header string
		want   []timing
	}{
		{"", nil},
		{"web-queue;dur=0.125, web-cpu;dur=2", []timing{{"web-queue", 125 * time.Microsecond}, {"web-cpu", 2 * ms}}},
		{`a;desc="x, y; dur=9";dur=1`, []timing{{"a", ms}}},
		{`a;desc="quote \" , b;dur=1";dur=2`, []timing{{"a", 2 * ms}}},
		{` a ; DUR = "3" `, []timing{{"a", 3 * ms}}},
		{`hit;desc="cache"`, nil},
		{"miss, b;dur=1", []timing{{"b", ms}}},
		{"a;dur=1;dur=2", []timing{{"a", ms}}},
		{"a;dur=-1, b;dur=NaN, c;dur=Inf, d;dur=x, e;dur=, f;dur=1e300", nil},
		{"two words;dur=1, =;dur=1, ;dur=1", nil},
		{",,,;;;,a;dur=1,", []timing{{"a", ms}}},
		{strings.Repeat("n", 65) + ";dur=1", nil},
	} {
		if got := parseServerTiming(c.header); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("parseServerTiming(%q) = %v, want %v", c.header, got, c.want)
		}
	}
	if got := parseServerTiming(strings.Repeat("a;dur=1,", 100)); len(got) != timingEntries {
		t.Errorf("%d metrics were read, the bound is %d", len(got), timingEntries)
	}
}

func FuzzParseServerTiming(f *testing.F) {
	for _, seed := range []string{"a;dur=1", `a;desc="x,y";dur=1.5, b`, `"`, `\";,=`, "a;dur=1e5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := parseServerTiming(header)
		if len(got) > timingEntries {
			t.Errorf("%d metrics", len(got))
		}
		for _, m := range got {
			if m.time < 0 || m.time > timingLongest || m.name == "" || len(m.name) > timingName {
				t.Errorf("metric %+v", m)
			}
		}
	})
}
