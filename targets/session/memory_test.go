package session_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/session"
)

// TestMemoryModel compares the ring with a plain list: a session is valid
// exactly until its time has passed or as many as fit were made after it.
func TestMemoryModel(t *testing.T) {
	type made struct {
		id string
		session.Session
	}
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(-1, 5).Draw(t, "capacity")
		ttl := time.Duration(rapid.IntRange(1, 20).Draw(t, "ttl"))
		now := time.Unix(1000, 0)
		m := session.NewMemory(capacity, ttl, func() time.Time { return now })
		capacity = max(capacity, 1)
		var all []made
		dropped := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				user := rapid.Int64Range(1, 100).Draw(t, "user")
				if held, _ := m.Count(); held == capacity {
					dropped++
				}
				id, s, _, err := m.Create(t.Context(), user)
				if err != nil || s.User != user || !s.Login.Equal(now) || !s.Expires.Equal(now.Add(ttl)) {
					t.Fatalf("made %+v, %v at %v", s, err, now)
				}
				all = append(all, made{id, s})
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 8).Draw(t, "d")))
			},
			"": func(t *rapid.T) {
				live := 0
				for i, want := range all {
					valid := now.Before(want.Login.Add(ttl)) && len(all)-i <= capacity
					got, _, err := m.Get(t.Context(), want.id)
					if valid != (err == nil) || err != nil && !errors.Is(err, session.ErrNone) {
						t.Fatalf("session %d of %d: %v; valid: %v", i+1, len(all), err, valid)
					}
					if valid && got != want.Session {
						t.Fatalf("session %d is %+v, want %+v", i+1, got, want.Session)
					}
					if valid {
						live++
					}
				}
				if held, evicted := m.Count(); held != live || evicted != dropped {
					t.Fatalf("%d are held and %d dropped, want %d and %d", held, evicted, live, dropped)
				}
			},
		})
	})
}

func TestMemoryIDs(t *testing.T) {
	m := session.NewMemory(1000, time.Hour, nil)
	seen := map[string]bool{}
	for range 1000 {
		id, _, _, _ := m.Create(t.Context(), 1)
		if len(id) != 32 || seen[id] {
			t.Fatalf("id %q: want 32 hexadecimal digits, never the same", id)
		}
		seen[id] = true
	}
}
