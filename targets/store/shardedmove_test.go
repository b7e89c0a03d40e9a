package store_test

import (
	"fmt"
	"strings"
	"testing"

	"rung/targets"
	"rung/targets/store"
)

// apply makes a store's router carry out some phases of a move.
func apply(t *testing.T, s *store.Sharded, m targets.Move, phases ...targets.Phase) {
	t.Helper()
	for _, m.Phase = range phases {
		if err := s.Apply(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCopyIsRightWhateverIsThere: the destination has old rows, newer rows and rows of
// nobody, and the copy is made twice.
func TestCopyIsRightWhateverIsThere(t *testing.T) {
	data := targets.Data{Users: 30, OrdersPerUser: 2, Follows: 3}
	f := startFleet(t, data, fourShards())
	s := f.open(false)
	// Users 3 and 6 live on s0, user 99 nowhere.
	m := targets.Move{Users: []int64{3, 6, 99, 4}, To: []string{"s3", "s3", "s3", "s1"}}
	odd := "\x01\x7f <&>\\ 'quoted' $1 " + strings.Repeat("ü", 1000)
	for i := range 700 {
		for _, add := range []func(p store.Post) error{
			func(p store.Post) error { _, err := s.AddPost(t.Context(), p); return err },
			func(p store.Post) error { _, err := s.AddPhoto(t.Context(), p); return err },
		} {
			if err := add(store.Post{ID: fmt.Sprintf("p%d", i), User: int64(3 * (1 + i%2)), Text: odd}); err != nil {
				t.Fatal(err)
			}
		}
	}
	there := f.connect("s3")
	for _, statement := range []string{
		"INSERT INTO users VALUES (3, 'old', 'old', 'old'), (99, 'ghost', '', ''), (50, 'another', '', '')",
		"INSERT INTO orders (id, customer_id, item, cents) VALUES (3001, 3, 'old', 1), (3999, 3, 'gone', 1), (99001, 99, 'gone', 1), (50001, 50, 'kept', 1)",
		`INSERT INTO follows VALUES (6, 1, 'old', 'old'), (6, 29, 'gone', 'gone')`,
		"INSERT INTO posts VALUES ('p0', 3, 'old', 1), ('late', 3, 'gone', 1), ('kept', 50, '', 1)",
	} {
		if _, err := there.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Copy(t.Context(), m); err == nil || !strings.Contains(err.Error(), "not held") {
		t.Errorf("a copy of users who are not held: %v", err)
	}
	apply(t, s, m, targets.PhaseHold)
	for range 2 {
		counts, err := s.Copy(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if counts["users"] != 2 || counts["rows"] != 2*(1+2+3)+1400 || counts["bytes"] < int64(1400*len(odd)) {
			t.Errorf("counts are %v", counts)
		}
	}
	for query, want := range map[string]int{
		"SELECT count(*) FROM users WHERE id = 3 AND name = 'User 3'":                       1,
		"SELECT count(*) FROM users":                                                        3,
		"SELECT count(*) FROM orders":                                                       5,
		"SELECT count(*) FROM orders WHERE customer_id = 3 AND item <> 'old' AND id < 3999": 2,
		"SELECT count(*) FROM follows":                                                      6,
		"SELECT count(*) FROM posts":                                                        701,
		"SELECT count(*) FROM photos WHERE created_at > 1000":                               700,
		"SELECT count(*) FROM posts WHERE user_id = 3 AND body = '" + strings.ReplaceAll(odd, "'", "''") + "'": 350,
	} {
		if got := f.count("s3", query); got != want {
			t.Errorf("%.80s is %d; want %d", query, got, want)
		}
	}
}

// TestErase: what is in use stays.
func TestErase(t *testing.T) {
	data := targets.Data{Users: 30, OrdersPerUser: 2}
	f := startFleet(t, data, fourShards(targets.Pin{User: 5, Shards: []string{"s2", "s1"}}))
	s := f.open(false)
	m := targets.Move{Users: []int64{3, 6}, To: []string{"s3", "s3"}}
	if _, err := s.AddPost(t.Context(), store.Post{ID: "p", User: 3}); err != nil {
		t.Fatal(err)
	}
	erase := func(m targets.Move, phase targets.Phase, users, rows int64, problem string) {
		t.Helper()
		m.Phase = phase
		counts, err := s.Erase(t.Context(), m)
		switch {
		case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
			t.Errorf("%s: %v; want %q", phase, err, problem)
		case problem == "" && (err != nil || counts["users"] != users || counts["rows"] != rows):
			t.Errorf("%s: %v, %v; want %d users, %d rows", phase, counts, err, users, rows)
		}
	}
	apply(t, s, m, targets.PhaseHold)
	if _, err := s.Copy(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	erase(m, targets.PhaseAbort, 0, 0, "user 3 is held")
	apply(t, s, m, targets.PhaseAbort)
	erase(m, targets.PhaseRelease, 0, 0, "lives on shard s0")
	erase(m, targets.PhaseConfirm, 0, 0, "the phase is")
	erase(m, targets.PhaseAbort, 2, 7, "")
	erase(m, targets.PhaseAbort, 0, 0, "")
	apply(t, s, m, targets.PhaseHold)
	if _, err := s.Copy(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	apply(t, s, m, targets.PhaseSwitch, targets.PhaseRelease)
	erase(m, targets.PhaseAbort, 0, 0, "lives on shard s3")
	erase(m, targets.PhaseRelease, 2, 7, "")
	erase(targets.Move{Users: []int64{5}, To: []string{"s2"}}, targets.PhaseRelease, 0, 0, "")
	if ids, _, err := s.Posts(t.Context(), "", 10); err != nil || len(ids) != 1 {
		t.Errorf("posts are %q, %v", ids, err)
	}
	if u, _, err := s.User(t.Context(), 6); err != nil || u.Name != "User 6" {
		t.Errorf("user 6 is %+v, %v", u, err)
	}
}

// TestALateCopyDoesNothing: a copy that was on its way when a newer one was made.
func TestALateCopyDoesNothing(t *testing.T) {
	f := startFleet(t, targets.Data{Users: 6}, fourShards())
	s := f.open(false)
	m := targets.Move{Users: []int64{3}, To: []string{"s3"}}
	apply(t, s, m, targets.PhaseHold)
	if _, err := s.Copy(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	c := f.connect("s3")
	if _, err := c.Exec(t.Context(), "UPDATE shard_fence SET token = token + 1000000000000000000"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.connect("s0").Exec(t.Context(), "UPDATE users SET city = 'new' WHERE id = 3"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(t.Context(), m); err == nil || !strings.Contains(err.Error(), "a newer move") {
		t.Errorf("a copy with an older token: %v", err)
	}
	if n := f.count("s3", "SELECT count(*) FROM users WHERE city = 'new'"); n != 0 {
		t.Error("it took effect")
	}
}
