package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/record"
)

func TestParseServerTiming(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		header string
		want   []bench.Part
	}{
		{"", nil},
		{"web-queue;dur=0.125, web-cpu;dur=2", []bench.Part{{Name: "web-queue", Time: 125 * time.Microsecond}, {Name: "web-cpu", Time: 2 * ms}}},
		{`a;desc="x, y; dur=9";dur=1`, []bench.Part{{Name: "a", Time: ms}}},
		{`a;desc="quote \" , b;dur=1";dur=2`, []bench.Part{{Name: "a", Time: 2 * ms}}},
		{` a ; DUR = "3" `, []bench.Part{{Name: "a", Time: 3 * ms}}},
		{`hit;desc="cache"`, nil},
		{"miss, b;dur=1", []bench.Part{{Name: "b", Time: ms}}},
		{"a;dur=1;dur=2", []bench.Part{{Name: "a", Time: ms}}},
		{"a;dur=-1, b;dur=NaN, c;dur=Inf, d;dur=x, e;dur=, f;dur=1e300", nil},
		{"two words;dur=1, =;dur=1, ;dur=1", nil},
		{",,,;;;,a;dur=1,", []bench.Part{{Name: "a", Time: ms}}},
		{strings.Repeat("n", 65) + ";dur=1", nil},
	} {
		if got := record.ParseServerTiming(c.header); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("ParseServerTiming(%q) = %v, want %v", c.header, got, c.want)
		}
	}
	if got := record.ParseServerTiming(strings.Repeat("a;dur=1,", 100)); len(got) != 32 {
		t.Errorf("%d metrics were read, the bound is %d", len(got), 32)
	}
}

func FuzzParseServerTiming(f *testing.F) {
	for _, seed := range []string{"a;dur=1", `a;desc="x,y";dur=1.5, b`, `"`, `\";,=`, "a;dur=1e5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := record.ParseServerTiming(header)
		if len(got) > 32 {
			t.Errorf("%d metrics", len(got))
		}
		for _, m := range got {
			if m.Time < 0 || m.Time > time.Hour || m.Name == "" || len(m.Name) > 64 {
				t.Errorf("metric %+v", m)
			}
		}
	})
}
