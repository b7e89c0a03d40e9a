package web

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestActive compares with the plain rule: the distinct users of the latest
// day.
func TestActive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a active
		seen := map[int64]map[int64]bool{}
		var latest int64
		for range rapid.IntRange(0, 60).Draw(t, "visits") {
			day := rapid.Int64Range(19_000, 19_003).Draw(t, "day")
			second := rapid.Int64Range(0, 86_399).Draw(t, "second")
			user := rapid.Int64Range(1, 5).Draw(t, "user")
			a.see(user, time.Unix(day*86_400+second, 0))
			if latest = max(latest, day); day == latest {
				if seen[day] == nil {
					seen[day] = map[int64]bool{}
				}
				seen[day][user] = true
			}
		}
		got, full := a.count(time.Unix(latest*86_400+86_399, 0))
		if got != len(seen[latest]) || full {
			t.Fatalf("counted %d, %v; want %d", got, full, len(seen[latest]))
		}
		if got, _ := a.count(time.Unix((latest+1)*86_400, 0)); got != 0 {
			t.Fatalf("the next day starts with %d", got)
		}
	})
}

func TestActiveIsBounded(t *testing.T) {
	var a active
	now := time.Unix(0, 0).Add(time.Hour)
	for user := range int64(activeUsers + 10) {
		a.see(user, now)
	}
	if got, full := a.count(now); got != activeUsers || !full {
		t.Errorf("counted %d, full %v; want %d", got, full, activeUsers)
	}
}
