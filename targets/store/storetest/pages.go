package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"rung/targets/store"
)

// list reads all pages of posts, and checks that none is above the limit.
func list(t *testing.T, ctx context.Context, db store.Store, limit int) []string {
	t.Helper()
	return listBy(t, ctx, db.Posts, limit)
}

// listBy reads all pages, and checks that none is above the limit.
func listBy(t *testing.T, ctx context.Context, pages func(context.Context, string, int) ([]string, string, error), limit int) []string {
	t.Helper()
	var all []string
	for cursor := ""; ; {
		ids, next, err := pages(ctx, cursor, limit)
		if err != nil {
			t.Fatalf("page %q: %v", cursor, err)
		}
		if len(ids) > limit {
			t.Fatalf("page %q has %d ids; want %d at most", cursor, len(ids), limit)
		}
		all = append(all, ids...)
		if next == "" {
			return all
		}
		if next == cursor {
			t.Fatalf("the page after %q is the same again", cursor)
		}
		cursor = next
	}
}

func paging(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	var want []string
	for i := range 57 {
		id := fmt.Sprintf("post-%d", i)
		want = append(want, id)
		if _, err := db.AddPost(ctx, store.Post{ID: id, User: 1, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 19, 57, 58, 1000} {
		got := list(t, ctx, db, limit)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("with pages of %d: %q; want %q", limit, got, want)
		}
	}
	if ids, _, err := db.Posts(ctx, "no such cursor\x00", 5); err == nil && len(ids) > 5 {
		t.Errorf("a cursor from nowhere gives %q", ids)
	}
}

func photoPages(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("photo-%02d", i)
		want = append(want, id)
		if _, err := db.AddPhoto(ctx, store.Post{ID: id, User: 1, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.AddPost(ctx, store.Post{ID: "post", User: 1, Text: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 5, 23, 1000} {
		got := listBy(t, ctx, db.Photos, limit)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("with pages of %d: %q; want %q", limit, got, want)
		}
	}
}

// growing: what was there before the first page comes, whatever is added meanwhile.
func growing(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	seen := map[string]bool{}
	for i := range 40 {
		if _, err := db.AddPost(ctx, store.Post{ID: fmt.Sprintf("old-%02d", i), User: 1, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	// Each page is shorter than what is added after it would be a race that never
	// ends, so additions stop.
	for cursor, page := "", 0; ; page++ {
		ids, next, err := db.Posts(ctx, cursor, 6)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			seen[id] = true
		}
		if next == "" {
			break
		}
		cursor = next
		if page < 10 {
			for _, name := range []string{"a", "old-", "z"} { // before, among and behind the old ones
				if _, err := db.AddPost(ctx, store.Post{ID: fmt.Sprintf("%s%02d-new", name, page), User: 1, Text: "x"}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for i := range 40 {
		if id := fmt.Sprintf("old-%02d", i); !seen[id] {
			t.Errorf("%s was missed", id)
		}
	}
}
