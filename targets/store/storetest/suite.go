// Package storetest checks that an implementation of store.Store keeps its promises,
// whatever server is behind it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/shop"
	"rung/targets/store"
)

// Subject is an implementation under test.
type Subject struct {
	// Kind of the server: targets.KindDatabase or targets.KindKeyValue.
	Kind targets.Kind
	// Data that every server of Open is filled with; at least 3 users.
	Data targets.Data
	// Denormalised says that SetCity sends one statement more, for copies of the user.
	Denormalised bool
	// Open starts a server, filled and without posts or photos, and returns a
	// client of it with 4 connections or more. Both end with the test.
	Open func(t *testing.T) store.Store
}

// patience bounds calls that only a bug makes long.
const patience = 60 * time.Second

// Run checks everything.
func Run(t *testing.T, s Subject) {
	for _, c := range []struct {
		name  string
		check func(*testing.T, context.Context, Subject, store.Store)
	}{
		{"users", users},
		{"users that are not there", missingUsers},
		{"orders", orders},
		{"orders of nobody", missingOrders},
		{"a post that is added twice stays one", idempotent},
		{"photos are not posts", photos},
		{"any text and id", anyText},
		{"posts come in pages", paging},
		{"photos come in pages", photoPages},
		{"whom users follow", following},
		{"pages while posts are added", growing},
		{"a city is set", cities},
		{"cities of nobody", missingCities},
		{"many at once", concurrent},
		{"timing", timing},
		{"ended contexts", ended},
		{"closing", closing},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			c.check(t, ctx, s, s.Open(t))
		})
	}
}

func user(id int64) store.User {
	u := store.User{ID: id}
	u.Name, u.Email, u.City = shop.UserRow(id)
	return u
}

func users(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	for _, id := range []int64{1, 2, int64(s.Data.Users)} {
		got, _, err := db.User(ctx, id)
		if err != nil || got != user(id) {
			t.Errorf("user %d is %+v, %v; want %+v", id, got, err, user(id))
		}
	}
}

// absent lists ids that no user has.
func absent(s Subject) []int64 {
	return []int64{0, -1, int64(s.Data.Users) + 1, math.MaxInt64, math.MinInt64}
}

func missingUsers(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	for _, id := range absent(s) {
		if got, _, err := db.User(ctx, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("user %d is %+v, %v; want ErrNotFound", id, got, err)
		}
	}
}

func orders(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	for _, customer := range []int64{1, 3, int64(s.Data.Users)} {
		want := []store.Order{}
		for k := 1; k <= s.Data.OrdersPerUser; k++ {
			o := store.Order{Customer: user(customer).Name}
			o.ID, o.Item, o.Cents = shop.OrderRow(customer, k)
			want = append(want, o)
		}
		got, _, err := db.Orders(ctx, customer)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("customer %d has %+v, %v; want %+v", customer, got, err, want)
		}
	}
}

func missingOrders(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	for _, customer := range absent(s) {
		if got, _, err := db.Orders(ctx, customer); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("customer %d has %+v, %v; want ErrNotFound", customer, got, err)
		}
	}
}

func idempotent(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	if ids := list(t, ctx, db, 10); len(ids) != 0 {
		t.Fatalf("posts are there from the start: %q", ids)
	}
	for _, text := range []string{"first", "first", "second"} {
		if _, err := db.AddPost(ctx, store.Post{ID: "p1", User: 1, Text: text}); err != nil {
			t.Errorf("adding the post with text %q: %v", text, err)
		}
	}
	if ids := list(t, ctx, db, 10); !slices.Equal(ids, []string{"p1"}) {
		t.Errorf("posts are %q; want one", ids)
	}
}

func photos(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	for range 2 {
		if _, err := db.AddPhoto(ctx, store.Post{ID: "same", User: 1, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if ids := list(t, ctx, db, 10); len(ids) != 0 {
		t.Errorf("a photo is among the posts: %q", ids)
	}
	if ids := listBy(t, ctx, db.Photos, 10); !slices.Equal(ids, []string{"same"}) {
		t.Errorf("photos are %q; want one", ids)
	}
	if _, err := db.AddPost(ctx, store.Post{ID: "same", User: 1, Text: "x"}); err != nil {
		t.Errorf("a post with the id of a photo: %v", err)
	}
	if ids := list(t, ctx, db, 10); !slices.Equal(ids, []string{"same"}) {
		t.Errorf("posts are %q; want one", ids)
	}
}

func anyText(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	want := []string{"plain", "with space", "O'Brien; DROP TABLE posts;--", `back\slash "quotes"`, "ünï-日本", "%_*?[a]", "0", "+1", strings.Repeat("x", 200)}
	for _, id := range want {
		if _, err := db.AddPost(ctx, store.Post{ID: id, User: 1, Text: id + "\r\n\t" + strings.Repeat("long ", 2000)}); err != nil {
			t.Errorf("post %.40q: %v", id, err)
		}
	}
	got := list(t, ctx, db, 4)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("posts are %q; want %q", got, want)
	}
}

// cities: a write is seen by the next read, of users and of what is near them.
func cities(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	if _, _, err := db.User(ctx, 2); err != nil { // so that a cache has it
		t.Fatal(err)
	}
	for _, city := range []string{"Oslo", "Oslo", "O'Brien's \"Bay\"; --", "Zürich 東京"} {
		if _, err := db.SetCity(ctx, 2, city); err != nil {
			t.Fatalf("city %q: %v", city, err)
		}
		want := user(2)
		want.City = city
		if got, _, err := db.User(ctx, 2); err != nil || got != want {
			t.Errorf("user 2 is %+v, %v; want %+v", got, err, want)
		}
	}
	for _, id := range []int64{1, 3} {
		if got, _, err := db.User(ctx, id); err != nil || got != user(id) {
			t.Errorf("user %d is %+v, %v; want %+v", id, got, err, user(id))
		}
	}
	if got, _, err := db.Orders(ctx, 2); err != nil || len(got) != s.Data.OrdersPerUser || got[0].Customer != user(2).Name {
		t.Errorf("orders of user 2 are %+v, %v", got, err)
	}
}

func missingCities(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	for _, id := range absent(s) {
		if _, err := db.SetCity(ctx, id, "Oslo"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("city of user %d: %v; want ErrNotFound", id, err)
		}
		if got, _, err := db.User(ctx, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("afterwards user %d is %+v, %v; want ErrNotFound", id, got, err)
		}
	}
}

func concurrent(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	const workers, each = 12, 8
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				id := int64((w*each+i)%s.Data.Users) + 1
				if got, _, err := db.User(ctx, id); err != nil || got != user(id) {
					t.Errorf("user %d is %+v, %v", id, got, err)
				}
				if got, _, err := db.Orders(ctx, id); err != nil || len(got) != s.Data.OrdersPerUser {
					t.Errorf("customer %d has %d orders, %v", id, len(got), err)
				}
				if _, err := db.SetCity(ctx, id, user(id).City); err != nil {
					t.Errorf("city of user %d: %v", id, err)
				}
				// Neighbours write the same ids at the same time.
				if _, err := db.AddPost(ctx, store.Post{ID: fmt.Sprintf("%d-%d", w/2, i), User: id, Text: "x"}); err != nil {
					t.Errorf("post: %v", err)
				}
			}
		})
	}
	all.Wait()
	if got := list(t, ctx, db, 1000); len(got) != workers/2*each {
		t.Errorf("%d posts; want %d", len(got), workers/2*each)
	}
}

func timing(t *testing.T, ctx context.Context, s Subject, db store.Store) {
	check := func(op targets.Operation, got store.Timing, err error) {
		t.Helper()
		want := len(targets.Visits(op, s.Kind, s.Data))
		if op == targets.OpEdit && s.Denormalised {
			want++
		}
		if err != nil || got.Statements != want {
			t.Errorf("%s took %d statements, %v; want %d", op, got.Statements, err, want)
		}
		if got.Total <= 0 || got.Wait < 0 || got.Wait > got.Total || got.Queued < 0 || got.Served < 0 || got.Cache < 0 || got.Wait+got.Cache > got.Total {
			t.Errorf("%s: impossible times %+v", op, got)
		}
		if !got.Known && (got.Queued != 0 || got.Served != 0 || got.Misses != 0) {
			t.Errorf("%s: times that are not known: %+v", op, got)
		}
	}
	_, took, err := db.User(ctx, 1)
	check(targets.OpUser, took, err)
	_, took, err = db.Orders(ctx, 1)
	check(targets.OpOrders, took, err)
	took, err = db.AddPost(ctx, store.Post{ID: "p", User: 1, Text: "x"})
	check(targets.OpPost, took, err)
	took, err = db.AddPhoto(ctx, store.Post{ID: "p", User: 1, Text: "x"})
	check(targets.OpPhoto, took, err)
	took, err = db.SetCity(ctx, 1, "Oslo")
	check(targets.OpEdit, took, err)
}

func ended(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	if _, _, err := db.User(ctx, 1); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	late, cancelLate := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancelLate()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		_, _, errUser := db.User(ctx, 1)
		_, _, errOrders := db.Orders(ctx, 1)
		_, errPost := db.AddPost(ctx, store.Post{ID: "p", User: 1, Text: "x"})
		_, errCity := db.SetCity(ctx, 1, "Nowhere")
		_, _, errPosts := db.Posts(ctx, "", 5)
		_, _, errPhotos := db.Photos(ctx, "", 5)
		for call, err := range map[string]error{"User": errUser, "Orders": errOrders, "AddPost": errPost, "SetCity": errCity,
			"Posts": errPosts, "Photos": errPhotos} {
			if !errors.Is(err, want) {
				t.Errorf("%s with an ended context: %v; want %v", call, err, want)
			}
		}
	}
	if u, _, err := db.User(ctx, 1); err != nil || u != user(1) {
		t.Errorf("afterwards user 1 is %+v, %v", u, err)
	}
	if ids := list(t, ctx, db, 5); len(ids) != 0 {
		t.Errorf("posts of ended contexts are there: %q", ids)
	}
}

func closing(t *testing.T, ctx context.Context, _ Subject, db store.Store) {
	if _, _, err := db.User(ctx, 1); err != nil {
		t.Fatal(err)
	}
	db.Close()
	db.Close()
	if _, _, err := db.User(ctx, 1); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a closed store answers with error %v", err)
	}
	if _, err := db.AddPost(ctx, store.Post{ID: "p", User: 1, Text: "x"}); err == nil {
		t.Error("a closed store takes a post")
	}
}
