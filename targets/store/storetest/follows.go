package storetest

import (
	"context"
	"errors"
	"testing"

	"rung/targets"
	"rung/targets/store"
)

// following: everybody follows as many others as the data say, with the rows that these
// have.
func following(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	if s.Kind == targets.KindKeyValue {
		if got, _, err := db.Following(ctx, 1); !errors.Is(err, store.ErrNoFollows) {
			t.Errorf("user 1 follows %+v, %v; want ErrNoFollows", got, err)
		}
		return
	}
	if s.Data.Follows == 0 {
		return
	}
	for id := range int64(s.Data.Users) {
		id++
		got, took, err := db.Following(ctx, id)
		if err != nil || len(got) != s.Data.Follows || took.Statements < 1 {
			t.Fatalf("user %d follows %+v (%+v), %v; want %d", id, got, took, err, s.Data.Follows)
		}
		last := int64(0)
		for _, u := range got {
			want := user(u.ID)
			if u.Email == "" {
				want.Email = ""
			}
			if u.ID <= last || u.ID == id || u.ID > int64(s.Data.Users) || u != want {
				t.Errorf("user %d follows %+v after %d; want %+v", id, u, last, want)
			}
			last = u.ID
		}
	}
	for _, id := range absent(s) {
		if got, _, err := db.Following(ctx, id); err != nil || len(got) != 0 {
			t.Errorf("user %d, who is not there, follows %+v, %v", id, got, err)
		}
	}
	// A change of a user is seen by those who follow them.
	got, _, err := db.Following(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetCity(ctx, got[0].ID, "Oslo"); err != nil {
		t.Fatal(err)
	}
	if got, _, err := db.Following(ctx, 1); err != nil || got[0].City != "Oslo" {
		t.Errorf("after the change: %+v, %v", got, err)
	}
}
