package store_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/shop"
	"rung/targets/store"
)

// followsTable makes the table in which every user follows the next ones.
func followsTable(data targets.Data) []string {
	var b strings.Builder
	b.WriteString(`INSERT INTO follows ("user", followee, name, city) VALUES `)
	for id := range int64(data.Users) {
		for k := range int64(data.Follows) {
			followee := (id+k+1)%int64(data.Users) + 1
			name, _, city := shop.UserRow(followee)
			if id+k > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "(%d, %d, '%s', '%s')", id+1, followee, name, city)
		}
	}
	return []string{
		`CREATE TABLE follows ("user" bigint, followee bigint, name text, city text, PRIMARY KEY ("user", followee))`,
		`CREATE INDEX follows_followee ON follows (followee)`,
		b.String(),
	}
}

// startFollows starts a database with such a table, and returns its address.
func startFollows(t *testing.T, data targets.Data) string {
	t.Helper()
	address := startSQL(t, sqlSpec(targets.Data{Users: data.Users, OrdersPerUser: data.OrdersPerUser}), targets.Machine{}).address
	c, err := pgx.Connect(t.Context(), "postgres://web@"+address+"/shop?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, statement := range followsTable(data) {
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%.40s: %v", statement, err)
		}
	}
	return address
}

func userOf(id int64) store.User {
	u := store.User{ID: id}
	u.Name, u.Email, u.City = shop.UserRow(id)
	return u
}

// TestSQLCopies: what Following shows after a city is set, by who keeps the copies.
func TestSQLCopies(t *testing.T) {
	leakless(t)
	data := targets.Data{Users: 10, Follows: 3}
	address := startFollows(t, data)
	joined := openSQL(t, store.SQLConfig{Address: address}).(*store.SQL)
	copied := openSQL(t, store.SQLConfig{Address: address, Denormalised: true}).(*store.SQL)
	seen := func(what, rows, copies string) {
		t.Helper()
		for _, c := range []struct {
			by   string
			call func(context.Context, int64) ([]store.User, store.Timing, error)
			city string
		}{{"joined", joined.Following, rows}, {"copied", copied.Following, copies}, {"followees", joined.Followees, copies}} {
			for _, follower := range []int64{2, 3, 4} { // of user 5
				got, took, err := c.call(t.Context(), follower)
				i := slices.IndexFunc(got, func(u store.User) bool { return u.ID == 5 })
				if err != nil || len(got) != 3 || i < 0 || got[i].City != c.city || took.Statements != 1 || !took.Known {
					t.Errorf("%s: %s for user %d: %+v, %+v, %v; want the city %s", what, c.by, follower, got, took, err, c.city)
				}
			}
		}
	}
	old := userOf(5).City
	seen("at first", old, old)
	if took, err := joined.SetCity(t.Context(), 5, "Oslo"); err != nil || took.Statements != 1 {
		t.Errorf("%+v, %v", took, err)
	}
	seen("after the row alone", "Oslo", old)
	if took, err := joined.SetCopies(t.Context(), 5, "Bergen"); err != nil || took.Statements != 1 {
		t.Errorf("%+v, %v", took, err)
	}
	seen("after the copies alone", "Oslo", "Bergen")
	if took, err := copied.SetCity(t.Context(), 5, "Rome"); err != nil || took.Statements != 2 || !took.Known || took.Wait > took.Total {
		t.Errorf("%+v, %v", took, err)
	}
	seen("after both", "Rome", "Rome")
	if took, err := copied.SetCopies(t.Context(), 99, "Rome"); err != nil || took.Statements != 1 {
		t.Errorf("copies of nobody: %+v, %v", took, err)
	}
	if took, err := copied.SetCity(t.Context(), 99, "Rome"); err == nil || took.Statements != 1 {
		t.Errorf("city of nobody: %+v, %v", took, err)
	}
}

// TestSQLCopiesFail: the row may have the new city when an error comes of the copies.
func TestSQLCopiesFail(t *testing.T) {
	leakless(t)
	address := startSQL(t, sqlSpec(targets.Data{Users: 5}), targets.Machine{}).address // has no table follows
	s := openSQL(t, store.SQLConfig{Address: address, Denormalised: true})
	took, err := s.SetCity(t.Context(), 1, "Oslo")
	if sqlState(err) != "42P01" || !strings.Contains(err.Error(), "copies of user 1") || took.Statements != 2 {
		t.Errorf("%+v, %v", took, err)
	}
	if u, _, err := s.User(t.Context(), 1); err != nil || u.City != "Oslo" {
		t.Errorf("%+v, %v", u, err)
	}
	if _, _, err := s.Following(t.Context(), 1); sqlState(err) != "42P01" {
		t.Errorf("%v", err)
	}
}

func TestSQLUsersByID(t *testing.T) {
	leakless(t)
	data := targets.Data{Users: 1500}
	s := openSQL(t, store.SQLConfig{Address: startSQL(t, sqlSpec(data), targets.Machine{}).address}).(*store.SQL)
	var every, most []int64
	for id := int64(data.Users); id > 0; id-- {
		every = append(every, id)
	}
	most = append(every[:1000:1000], every[:500]...) // some of them twice
	for name, c := range map[string]struct{ ids, want []int64 }{
		"none":       {},
		"one":        {[]int64{7}, []int64{7}},
		"in order":   {[]int64{9, 3, 3, 7}, []int64{3, 7, 9}},
		"not there":  {[]int64{0, 5, 1501, -1, math.MaxInt64, math.MinInt64}, []int64{5}},
		"nobody":     {[]int64{-5}, nil},
		"a thousand": {most, slices.Sorted(slices.Values(every[:1000]))},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(c.ids)
			got, took, err := s.UsersByID(t.Context(), c.ids)
			if err != nil || got == nil || len(got) != len(c.want) || took.Statements != min(len(c.ids), 1) || took.Wait > took.Total {
				t.Fatalf("%d users, %+v, %v; want %d", len(got), took, err, len(c.want))
			}
			for i, id := range c.want {
				if got[i] != userOf(id) {
					t.Errorf("number %d is %+v; want %+v", i, got[i], userOf(id))
				}
			}
			if !slices.Equal(c.ids, before) {
				t.Error("the caller's ids were changed")
			}
		})
	}
	if _, took, err := s.UsersByID(t.Context(), every[:1001]); err == nil || took.Statements != 0 {
		t.Errorf("1001 users: %+v, %v", took, err)
	}
}

// TestSQLUsersByIDRepeats: the same users make the same text, however they are asked for.
func TestSQLUsersByIDRepeats(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{})
	for _, ids := range [][]int64{{3, 1, 2}, {1, 2, 3}, {2, 2, 3, 1, 1}} {
		if _, _, err := s.UsersByID(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}
	want := `SELECT id, name, email, city FROM users WHERE id IN (1,2,3)`
	if got := fakes["a"].group.arrived(); !slices.Equal(got, []string{want, want, want}) {
		t.Errorf("%q", got)
	}
}
