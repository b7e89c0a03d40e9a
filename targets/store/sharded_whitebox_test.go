package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/shard"
)

func ids(users []User) (list []int64) {
	for _, u := range users {
		list = append(list, u.ID)
	}
	return list
}

func TestShardedFollowing(t *testing.T) {
	f := openFakes(t, ShardedConfig{Follows: true})
	f.at["s1"].follows[4] = append(f.at["s1"].follows[4], User{ID: 99}, User{ID: 10})
	users, timing, err := f.Following(t.Context(), 4)
	if err != nil || !slices.Equal(ids(users), []int64{5, 6, 7, 10}) || users[0].City != "here" || users[0].Email != "" {
		t.Errorf("user 4 follows %+v, %v", users, err)
	}
	f.asked(t, map[string]string{"s0": "users [6 99]", "s1": "followees 4; users [7 10]", "s2": "users [5]"})
	want := Timing{Statements: 4, Wait: 2, Total: timing.Total, Queued: 4, Served: 6, Misses: 4, Known: true}
	if timing != want {
		t.Errorf("timing is %+v; want %+v", timing, want)
	}
	if got := f.Metrics(); got["fan_out_total"] != 1 || got["fan_out_shards_total"] != 3 {
		t.Errorf("metrics are %v", got)
	}
	f.at["s2"].before = func(string) error { return errFake }
	if _, _, err := f.Following(t.Context(), 4); !errors.Is(err, errFake) || !strings.Contains(err.Error(), "shard s2") {
		t.Errorf("with one shard away: %v", err)
	}

	f = openFakes(t, ShardedConfig{Follows: true, Denormalised: true})
	users, timing, err = f.Following(t.Context(), 4)
	if err != nil || !slices.Equal(ids(users), []int64{5, 6, 7}) || users[0].City != "copied" || timing.Statements != 1 {
		t.Errorf("denormalised: %+v, %+v, %v", users, timing, err)
	}
	f = openFakes(t, ShardedConfig{})
	if _, _, err := f.Following(t.Context(), 4); !errors.Is(err, ErrNoFollows) {
		t.Errorf("without follows: %v", err)
	}
}

func TestShardedSetCity(t *testing.T) {
	pin := targets.Pin{User: 4, Shards: []string{"s2", "s0"}}
	f := openFakes(t, ShardedConfig{}, pin)
	if _, err := f.SetCity(t.Context(), 5, "Ulm"); err != nil {
		t.Error(err)
	}
	f.asked(t, map[string]string{"s2": "row 5 Ulm"})
	timing, err := f.SetCity(t.Context(), 4, "Ulm")
	if err != nil || timing.Statements != 2 || !timing.Known {
		t.Errorf("%+v, %v", timing, err)
	}
	f.asked(t, map[string]string{"s2": "row 4 Ulm", "s0": "row 4 Ulm"})
	if _, err := f.SetCity(t.Context(), 99, "Ulm"); !errors.Is(err, ErrNotFound) {
		t.Errorf("city of nobody: %v", err)
	}
	f.at["s2"].before = func(string) error { return errFake }
	if _, err := f.SetCity(t.Context(), 4, "Ems"); !errors.Is(err, errFake) || f.at["s0"].users[4].City != "Ulm" {
		t.Errorf("with the home away: %v, and the copy is %+v", err, f.at["s0"].users[4])
	}
	f.at["s2"].before = nil
	delete(f.at["s0"].users, 4)
	if _, err := f.SetCity(t.Context(), 4, "Ems"); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("with a copy that is not there: %v", err)
	}

	f = openFakes(t, ShardedConfig{Denormalised: true}, pin)
	if timing, err = f.SetCity(t.Context(), 4, "Ulm"); err != nil || timing.Statements != 5 {
		t.Errorf("%+v, %v", timing, err)
	}
	f.asked(t, map[string]string{"s0": "row 4 Ulm; copies 4 Ulm", "s1": "copies 4 Ulm", "s2": "row 4 Ulm; copies 4 Ulm"})
	// Once somebody has moved to the spare shard, copies may be there.
	m := targets.Move{Users: []int64{1}, To: []string{"s3"}}
	f.phases(t, m, targets.PhaseHold, targets.PhaseSwitch, targets.PhaseRelease)
	if timing, err = f.SetCity(t.Context(), 5, "Ulm"); err != nil || timing.Statements != 5 {
		t.Errorf("%+v, %v", timing, err)
	}
}

func TestShardedWritesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := openFakes(t, ShardedConfig{Denormalised: true, Patience: time.Second})
		m := targets.Move{Users: []int64{1}, To: []string{"s3"}, Patience: time.Hour}
		f.phases(t, m, targets.PhaseHold)
		for _, call := range []func() (Timing, error){
			func() (Timing, error) { return f.AddPost(t.Context(), Post{ID: "p", User: 1}) },
			func() (Timing, error) { return f.AddPhoto(t.Context(), Post{ID: "p", User: 1}) },
			func() (Timing, error) { return f.SetCity(t.Context(), 2, "Ulm") },
		} {
			if timing, err := call(); !errors.Is(err, context.DeadlineExceeded) || timing.Wait != time.Second || timing.Statements != 0 {
				t.Errorf("%+v, %v", timing, err)
			}
		}
		if _, err := f.AddPost(t.Context(), Post{ID: "p", User: 2}); err != nil {
			t.Error(err)
		}
		go func() {
			time.Sleep(time.Second / 2)
			f.phases(t, m, targets.PhaseSwitch, targets.PhaseRelease)
		}()
		timing, err := f.AddPost(t.Context(), Post{ID: "q", User: 1})
		if err != nil || timing.Wait != time.Second/2+1 || timing.Total != time.Second/2 {
			t.Errorf("%+v, %v", timing, err)
		}
		f.asked(t, map[string]string{"s2": "post p", "s3": "post q"})
		if got := f.Metrics(); got["held_total"] != 4 || got["held_ns_total"] != 3.5e9 {
			t.Errorf("metrics are %v", got)
		}
	})
}

// TestShardedReadIsSentAfterTheRows: the rows have gone from the shard while it was asked.
func TestShardedReadIsSentAfterTheRows(t *testing.T) {
	f := openFakes(t, ShardedConfig{Follows: true})
	move := func(user int64, to string) func(string) error {
		return func(string) error {
			from := f.at[f.router.Owner(user)]
			from.before = nil
			var u User
			var follows []User
			from.edit(func(s *fakeShard) { u, follows = s.users[user], s.follows[user] })
			f.at[to].edit(func(s *fakeShard) { s.users[user], s.follows[user] = u, follows })
			f.phases(t, targets.Move{Users: []int64{user}, To: []string{to}}, targets.PhaseHold, targets.PhaseSwitch, targets.PhaseRelease)
			from.edit(func(s *fakeShard) {
				delete(s.users, user)
				delete(s.follows, user)
			})
			return nil
		}
	}
	f.at["s1"].before = move(1, "s3")
	u, timing, err := f.User(t.Context(), 1)
	if err != nil || u.ID != 1 || timing.Statements != 2 {
		t.Errorf("%+v, %+v, %v", u, timing, err)
	}
	f.asked(t, map[string]string{"s1": "user 1", "s3": "user 1"})
	f.at["s1"].before = move(4, "s3")
	users, _, err := f.Following(t.Context(), 4)
	if err != nil || !slices.Equal(ids(users), []int64{5, 6, 7}) {
		t.Errorf("a user who moved follows %v, %v", ids(users), err)
	}
	f.at["s2"].before = move(8, "s3") // followed, and moves during the gathering
	users, _, err = f.Following(t.Context(), 6)
	if err != nil || !slices.Equal(ids(users), []int64{7, 8, 9}) {
		t.Errorf("followed are %v, %v", ids(users), err)
	}
	f.asked(t, map[string]string{"s0": "users [6]; followees 6; users [9]", "s1": "followees 4; users [7]; users [7]",
		"s2": "users [5]; users [8]", "s3": "followees 4; users [8]"})
	if _, _, err := f.User(t.Context(), 99); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

// TestShardedListsAll: whatever pages and shards, and with rows that do not belong where
// they are, every post is listed once, in order.
func TestShardedListsAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := openFakes(t, ShardedConfig{})
		var want []string
		for i := range rapid.IntRange(0, 40).Draw(rt, "posts") {
			id := fmt.Sprintf("%x-%d", rapid.IntRange(0, 99).Draw(rt, "id"), i)
			user := rapid.Int64Range(1, 12).Draw(rt, "user")
			want = append(want, id)
			f.at[f.router.Owner(user)].posts[id] = user
			stray := rapid.SampledFrom([]string{"s0", "s1", "s2", "s3"}).Draw(rt, "stray")
			f.at[stray].posts[id] = user // a copy that is left, or is being made
		}
		slices.Sort(want)
		limit := rapid.IntRange(1, 30).Draw(rt, "limit")
		moves := rapid.IntRange(0, 5).Draw(rt, "moves")
		var got []string
		for cursor, pages := "", 0; ; pages++ {
			page, next, err := f.Posts(t.Context(), cursor, limit)
			if err != nil || len(page) > limit || pages > 1000 || next != "" && next <= cursor {
				rt.Fatalf("page %d after %q: %d posts, next %q, %v", pages, cursor, len(page), next, err)
			}
			if got = append(got, page...); next == "" {
				break
			}
			cursor = next
			if pages < moves { // to the spare shard, and the old one forgets
				user := int64(pages + 1)
				from := f.at[f.router.Owner(user)]
				for id, u := range from.posts {
					if u == user {
						f.at["s3"].posts[id] = u
						delete(from.posts, id)
					}
				}
				f.phases(t, targets.Move{Users: []int64{user}, To: []string{"s3"}}, targets.PhaseHold, targets.PhaseSwitch, targets.PhaseRelease)
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("listed are %q; want %q", got, want)
		}
	})
}

// TestShardedListDuringAMove: users move while a page is read.
func TestShardedListDuringAMove(t *testing.T) {
	f := openFakes(t, ShardedConfig{})
	f.at["s1"].posts["a"] = 1
	moves := 0
	f.at["s1"].before = func(string) error {
		if moves++; moves > 2 {
			return nil
		}
		f.at["s3"].edit(func(s *fakeShard) { s.posts["a"] = 1 })
		f.phases(t, targets.Move{Users: []int64{1}, To: []string{"s3"}}, targets.PhaseHold, targets.PhaseSwitch, targets.PhaseRelease)
		f.at["s1"].edit(func(s *fakeShard) { delete(s.posts, "a") })
		return nil
	}
	if got, _, err := f.Posts(t.Context(), "", 10); err != nil || !slices.Equal(got, []string{"a"}) || moves != 3 {
		t.Errorf("%q, %v after %d tries", got, err, moves)
	}
	f.at["s1"].before = func(string) error {
		f.phases(t, targets.Move{Users: []int64{2}, To: []string{"s3"}}, targets.PhaseRelease)
		return nil
	}
	if _, _, err := f.Photos(t.Context(), "", 10); err == nil || !strings.Contains(err.Error(), "users moved") {
		t.Errorf("users who never stand still: %v", err)
	}
}

func TestShardedCopyInParts(t *testing.T) {
	f := openFakes(t, ShardedConfig{})
	m := targets.Move{Users: []int64{1, 4, 7, 2}, To: []string{"s3", "s3", "s3", "s2"}}
	f.phases(t, m, targets.PhaseHold)
	if counts, err := f.Copy(t.Context(), m); err != nil || counts["users"] != 3 {
		t.Errorf("%v, %v", counts, err)
	}
	if got := f.at["s1"].calls(); got != "read [1 4 7]; read [1]; read [4 7]" {
		t.Errorf("s1 was asked %q", got)
	}
	f.at["s1"].before = func(string) error { return errFake }
	if _, err := f.Copy(t.Context(), m); !errors.Is(err, errFake) || !strings.Contains(err.Error(), "from s1 to s3") {
		t.Errorf("with the source away: %v", err)
	}
	f.phases(t, m, targets.PhaseAbort)
}

func TestShardedMetricsAndEnd(t *testing.T) {
	f := openFakes(t, ShardedConfig{})
	got := f.Metrics()
	if got["reads_total"] != 8 || got["shard_s1_reads_total"] != 2 || got["shard_s1_member_a_reads_total"] != 1 || got["member_a_reads_total"] != 0 {
		t.Errorf("metrics are %v", got)
	}
	f.Close()
	f.Close()
	for name, b := range f.at {
		if b.closed != 1 {
			t.Errorf("%s was closed %d times", name, b.closed)
		}
	}
}

func TestShardedConfigsThatAreWrong(t *testing.T) {
	s := targets.Sharding{Method: targets.ShardModulo, Shards: []targets.Shard{{Name: "a"}, {Name: "b"}}}
	m, err := shard.New(s)
	if err != nil {
		t.Fatal(err)
	}
	opened := &fakeShard{}
	for _, row := range []struct {
		name, want string
		shards     []targets.Shard
	}{
		{"a shard without a database", `no database for shard "b"`, s.Shards[:1]},
		{"a shard twice", `two shards are called "a"`, []targets.Shard{s.Shards[0], s.Shards[0]}},
		{"one that cannot be opened", "open shard b", s.Shards},
	} {
		_, err := openSharded(ShardedConfig{Router: shard.NewRouter(m), Shards: row.shards}, func(x targets.Shard) (shardBackend, error) {
			if x.Name == "b" {
				return nil, errFake
			}
			return opened, nil
		})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v; want %q", row.name, err, row.want)
		}
	}
	if opened.closed != 3 {
		t.Errorf("of 3 that were opened %d are closed", opened.closed)
	}
	if _, err := OpenSharded(ShardedConfig{}); err == nil {
		t.Error("nothing at all is accepted")
	}
}

// TestShardedTransactionsAreSmall: no transaction is above the bound but for one user or
// one post, and all rows are in them.
func TestShardedTransactionsAreSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows userRows
		var users []int64
		wide := rapid.IntRange(0, 40_000).Draw(t, "width")
		for id := range rapid.Int64Range(1, 60).Draw(t, "users") {
			users = append(users, id)
			if id%7 != 3 {
				rows.users = append(rows.users, User{ID: id, Name: strings.Repeat("n", wide/10)})
				rows.orders = append(rows.orders, orderRow{id: id, customer: id, item: "x"})
				rows.follows = append(rows.follows, followRow{user: id, followee: 1})
			}
			rows.posts = append(rows.posts, postRow{Post: Post{ID: fmt.Sprint(id), User: id, Text: strings.Repeat("\x01", wide)}})
		}
		work := rows.copies(users, true)
		args := 0
		for _, tx := range work.done {
			size, posts := 0, 0
			for _, c := range tx {
				size += len(c.sql)
				for _, a := range c.args {
					args++
					size += len(a)
					if strings.HasPrefix(a, "\x01") {
						size += 5 * len(a)
						posts++
					}
				}
			}
			if size > maxShipped+1000 && posts > 1 {
				t.Fatalf("a transaction of about %d bytes with %d posts", size, posts)
			}
		}
		want := 3*len(rows.users) + len(rows.orders) + 2*len(rows.follows) + 2*len(rows.posts)
		if args != want || work.rows != int64(len(rows.users)+len(rows.orders)+len(rows.follows)+len(rows.posts)) {
			t.Fatalf("%d texts and %d rows; want %d texts", args, work.rows, want)
		}
	})
}
