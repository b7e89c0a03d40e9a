package web

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSessionsModel compares the ring with a plain list: a session is valid
// exactly until its time has passed or as many as fit were made after it.
func TestSessionsModel(t *testing.T) {
	type made struct {
		id    string
		user  int64
		login time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 5).Draw(t, "capacity")
		ttl := time.Duration(rapid.IntRange(1, 20).Draw(t, "ttl"))
		now := time.Unix(1000, 0)
		m := newMemorySessions(capacity, ttl, func() time.Time { return now })
		var all []made
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				user := rapid.Int64Range(1, 100).Draw(t, "user")
				id, expires := m.Create(user)
				if !expires.Equal(now.Add(ttl)) {
					t.Fatalf("expires at %v, want %v", expires, now.Add(ttl))
				}
				all = append(all, made{id, user, now})
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 8).Draw(t, "d")))
			},
			"": func(t *rapid.T) {
				live := 0
				for i, want := range all {
					valid := now.Before(want.login.Add(ttl)) && len(all)-i <= capacity
					got, ok := m.Get(want.id)
					if ok != valid {
						t.Fatalf("session %d of %d is valid: %v, want %v", i+1, len(all), ok, valid)
					}
					if ok && (got.User != want.user || !got.Login.Equal(want.login)) {
						t.Fatalf("session %d is %+v, want %+v", i+1, got, want)
					}
					if valid {
						live++
					}
				}
				if held, _ := m.Count(); held != live || held > capacity {
					t.Fatalf("%d are held, want %d of at most %d", held, live, capacity)
				}
			},
		})
	})
}

func TestSessionIDsDiffer(t *testing.T) {
	m := newMemorySessions(1000, time.Hour, time.Now)
	seen := map[string]bool{}
	for range 1000 {
		id, _ := m.Create(1)
		if len(id) != 32 || seen[id] {
			t.Fatalf("id %q: want 32 hexadecimal digits, never the same", id)
		}
		seen[id] = true
	}
}
