package run

import (
	"testing"
	"time"
)

func TestOverlap(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for _, row := range []struct {
		name string
		all  []reign
		want time.Duration
	}{
		{"nobody", nil, 0},
		{"one after the other", []reign{{"a", at(0), at(5)}, {"b", at(5), at(9)}}, 0},
		{"one within the other", []reign{{"a", at(0), at(9)}, {"b", at(3), at(5)}}, 2 * time.Second},
		{"crossing", []reign{{"b", at(4), at(9)}, {"a", at(0), at(5)}}, time.Second},
		{"the same member twice", []reign{{"a", at(0), at(5)}, {"a", at(4), at(9)}}, 0},
		{"three", []reign{{"a", at(0), at(4)}, {"b", at(1), at(4)}, {"c", at(2), at(4)}}, 7 * time.Second},
	} {
		if got := overlap(row.all); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}
