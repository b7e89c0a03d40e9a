package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/reshard"
	"rung/targets/shard"
	"rung/targets/shop"
	"rung/targets/store"
	"rung/targets/store/storetest"
)

// fleet is some shards, each a real database with its part of the users.
type fleet struct {
	t         testing.TB
	data      targets.Data
	sharding  targets.Sharding
	addresses map[string]string
	groups    map[string][]store.SQLMember // of shards that replicate; read at replicas
}

func startFleet(t testing.TB, data targets.Data, sharding targets.Sharding) *fleet {
	t.Helper()
	f := &fleet{t: t, data: data, sharding: sharding, addresses: map[string]string{}}
	m, err := shard.New(sharding)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range sharding.All() {
		f.addresses[x.Name] = startSQL(t, sqlSpec(targets.Data{}), targets.Machine{}).address
		f.fill(x.Name, m)
	}
	return f
}

// fill inserts the users of a shard.
func (f *fleet) fill(name string, m *shard.Map) {
	f.t.Helper()
	c := f.connect(name)
	statements := []string{"BEGIN"}
	if f.data.Follows > 0 {
		statements = append(statements, `CREATE TABLE follows ("user" bigint NOT NULL, followee bigint NOT NULL, name text NOT NULL, city text NOT NULL, PRIMARY KEY ("user", followee))`)
	}
	for id := int64(1); id <= int64(f.data.Users); id++ {
		if !m.Holds(name, id) {
			continue
		}
		n, e, city := shop.UserRow(id)
		statements = append(statements, fmt.Sprintf("INSERT INTO users VALUES (%d, '%s', '%s', '%s')", id, n, e, city))
		for k := 1; k <= f.data.OrdersPerUser; k++ {
			order, item, cents := shop.OrderRow(id, k)
			statements = append(statements, fmt.Sprintf("INSERT INTO orders (id, customer_id, item, cents) VALUES (%d, %d, '%s', %d)", order, id, item, cents))
		}
		for _, followee := range f.followees(id) {
			n, _, city := shop.UserRow(followee)
			statements = append(statements, fmt.Sprintf("INSERT INTO follows VALUES (%d, %d, '%s', '%s')", id, followee, n, city))
		}
	}
	if _, err := c.PgConn().Exec(f.t.Context(), strings.Join(append(statements, "COMMIT"), ";")).ReadAll(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) followees(id int64) (ids []int64) {
	for k := range int64(f.data.Follows) {
		ids = append(ids, (id+k)%int64(f.data.Users)+1)
	}
	slices.Sort(ids)
	return ids
}

func (f *fleet) connect(name string) *pgx.Conn {
	f.t.Helper()
	c, err := pgx.Connect(f.t.Context(), "postgres://me@"+f.addresses[name]+"/shop?sslmode=disable")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = c.Close(context.Background()) }) // the test is over
	return c
}

// count asks one shard for a number.
func (f *fleet) count(name, query string) (n int) {
	f.t.Helper()
	if err := f.connect(name).QueryRow(f.t.Context(), query).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (f *fleet) open(denormalised bool) *store.Sharded {
	f.t.Helper()
	m, err := shard.New(f.sharding)
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := store.OpenSharded(store.ShardedConfig{
		Router: shard.NewRouter(m), Shards: f.sharding.All(), Denormalised: denormalised, Follows: f.data.Follows > 0,
		Open: func(x targets.Shard) (*store.SQL, error) {
			s, err := store.OpenSQL(context.Background(), store.SQLConfig{
				Address: f.addresses[x.Name], Members: f.groups[x.Name], Reads: string(targets.ReadsReplicas), Database: "shop", User: "web", Connections: 6, Timeout: 30 * time.Second})
			if err != nil {
				return nil, err
			}
			return s.(*store.SQL), nil
		},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(s.Close)
	return s
}

// fourShards are three with users and a spare one.
func fourShards(pins ...targets.Pin) targets.Sharding {
	s := targets.Sharding{Method: targets.ShardModulo, Pins: pins}
	for i := range 4 {
		s.Shards = append(s.Shards, targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("db-%d", i)}})
	}
	s.Shards, s.Spare = s.Shards[:3:3], s.Shards[3:]
	return s
}

func TestSharded(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	data := targets.Data{Users: 20, OrdersPerUser: 4}
	storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Open: func(t *testing.T) store.Store {
		return owned{startFleet(t, data, fourShards()).open(false)}
	}})
}

// owned gives each id one user, whoever writes it: shards do not know of each other's ids.
type owned struct{ *store.Sharded }

func (o owned) user(id string) (user int64) {
	for i := range len(id) {
		user = user*31 + int64(id[i])
	}
	return user
}

func (o owned) AddPost(ctx context.Context, p store.Post) (store.Timing, error) {
	p.User = o.user(p.ID)
	return o.Sharded.AddPost(ctx, p)
}

func (o owned) AddPhoto(ctx context.Context, p store.Post) (store.Timing, error) {
	p.User = o.user(p.ID)
	return o.Sharded.AddPhoto(ctx, p)
}

// routers makes stores with routers of their own a platform to move users on.
type routers []*store.Sharded

func (r routers) Routers(ctx context.Context, m targets.Move) error {
	errs := make([]error, len(r))
	var all sync.WaitGroup
	for i, s := range r {
		all.Go(func() { errs[i] = s.Apply(ctx, m) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (r routers) Copy(ctx context.Context, m targets.Move) (reshard.Counts, error) {
	return r[0].Copy(ctx, m)
}

func (r routers) Erase(ctx context.Context, m targets.Move) (reshard.Counts, error) {
	return r[0].Erase(ctx, m)
}

// TestReshardRealDatabases moves users between real databases while other clients read,
// edit, post and list. Nothing is lost, stale, or there twice.
func TestReshardRealDatabases(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after the databases have ended
	data := targets.Data{Users: 120, OrdersPerUser: 3, Follows: 5}
	f := startFleet(t, data, fourShards())
	stores := routers{f.open(true), f.open(true), f.open(false)}
	to := f.sharding
	to.Shards, to.Spare = f.sharding.All(), nil
	plan, err := reshard.Plan(f.sharding, to, data.Users, 20)
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(t, f, stores)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() { l.client(ctx, i) })
	}
	clients.Go(func() { l.lister(ctx) })
	l.after(30)
	result, err := reshard.Run(t.Context(), plan, to, stores, nil)
	l.after(30)
	stop()
	clients.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if result.Keys != 90 || result.Rows < 90*(1+3+5) || result.Erased != result.Rows || result.Bytes < result.Rows*16 {
		t.Errorf("%+v; want 90 of 120 users, who are read at the old shards in the end as they were copied", result)
	}
	l.settled(to)
	t.Logf("%+v; %d reads, %d edits, %d posts, %d lists", result, l.reads.Load(), l.edits.Load(), len(l.posted), l.lists.Load())
}

// load is what clients did and were told.
type load struct {
	t                   *testing.T
	f                   *fleet
	stores              routers
	edited              [121]atomic.Int64 // the latest acknowledged city of a user, by number
	mu                  sync.Mutex
	posted              map[string]int64
	reads, edits, lists atomic.Int64
	all                 atomic.Int64
}

func newLoad(t *testing.T, f *fleet, stores routers) *load {
	return &load{t: t, f: f, stores: stores, posted: map[string]int64{}}
}

// after waits until clients have done as many things more.
func (l *load) after(n int64) {
	for target := l.all.Load() + n; l.all.Load() < target && l.t.Context().Err() == nil; {
		time.Sleep(time.Millisecond) // polls
	}
}

// city is the number in a city that a client set; 0 for the city of the start.
func city(u store.User) (n int64) {
	_, _ = fmt.Sscanf(u.City, "city %d", &n) // leaves 0
	return n
}

// client i alone edits the users i+1, i+5, ... and reads those of all.
func (l *load) client(ctx context.Context, i int) {
	for n := int64(1); ctx.Err() == nil; n++ {
		l.all.Add(1)
		s := l.stores[int(n)%len(l.stores)]
		own := int64(i) + 1 + 4*(n*7%30)
		other := n*11%120 + 1
		background := context.WithoutCancel(ctx)
		switch n % 4 {
		case 0:
			// Only denormalised stores may edit when there are copies.
			if _, err := l.stores[n/4%2].SetCity(background, own, fmt.Sprintf("city %d", n)); err != nil {
				l.t.Errorf("edit user %d: %v", own, err)
			}
			l.edited[own].Store(n)
			l.edits.Add(1)
		case 1:
			p := store.Post{ID: fmt.Sprintf("%02d-%d-%d", n*37%100, i, n), User: other, Text: "it's \\ a \"post\"\n"}
			if _, err := s.AddPost(background, p); err != nil {
				l.t.Errorf("post of user %d: %v", other, err)
			}
			l.mu.Lock()
			l.posted[p.ID] = p.User
			l.mu.Unlock()
		case 2:
			least := l.edited[other].Load()
			u, _, err := s.User(background, other)
			if err != nil || city(u) < least {
				l.t.Errorf("user %d is %+v, %v; edit %d was acknowledged", other, u, err, least)
			}
			orders, _, err := s.Orders(background, other)
			if err != nil || len(orders) != l.f.data.OrdersPerUser {
				l.t.Errorf("user %d has orders %v, %v", other, orders, err)
			}
			l.reads.Add(1)
		default:
			l.following(background, s, other)
		}
	}
}

func (l *load) following(ctx context.Context, s *store.Sharded, user int64) {
	least := map[int64]int64{}
	ids := l.f.followees(user)
	for _, id := range ids {
		least[id] = l.edited[id].Load()
	}
	got, _, err := s.Following(ctx, user)
	if err != nil || len(got) != len(ids) {
		l.t.Errorf("user %d follows %v, %v; want %v", user, got, err, ids)
		return
	}
	for i, u := range got {
		if u.ID != ids[i] || city(u) < least[u.ID] {
			l.t.Errorf("user %d follows %+v at place %d; want user %d, edit %d or later", user, u, i, ids[i], least[u.ID])
		}
	}
	l.reads.Add(1)
}

// lister lists all posts again and again, each page at another store.
func (l *load) lister(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		l.mu.Lock()
		expected := maps.Clone(l.posted)
		l.mu.Unlock()
		seen := map[string]bool{}
		for cursor, page := "", 0; page == 0 || cursor != ""; page++ {
			ids, next, err := l.stores[(n+page)%len(l.stores)].Posts(context.WithoutCancel(ctx), cursor, 50)
			if err != nil {
				l.t.Errorf("list: %v", err)
				return
			}
			for _, id := range ids {
				if seen[id] {
					l.t.Errorf("post %s is listed twice", id)
				}
				seen[id] = true
			}
			cursor = next
		}
		for id := range expected {
			if !seen[id] {
				l.t.Errorf("post %s is not listed", id)
			}
		}
		l.lists.Add(1)
	}
}

// settled checks where the rows are in the end.
func (l *load) settled(to targets.Sharding) {
	m, err := shard.New(to)
	if err != nil {
		l.t.Fatal(err)
	}
	posts := map[string]int{}
	for _, user := range l.posted {
		posts[m.Home(user)]++
	}
	for _, name := range m.All() {
		users := 0
		for id := int64(1); id <= int64(l.f.data.Users); id++ {
			if m.Home(id) == name {
				users++
			}
		}
		for query, want := range map[string]int{
			"SELECT count(*) FROM users": users, "SELECT count(*) FROM orders": users * l.f.data.OrdersPerUser,
			"SELECT count(*) FROM follows": users * l.f.data.Follows, "SELECT count(*) FROM posts": posts[name],
			`SELECT count(*) FROM posts WHERE body = 'it''s \ a "post"` + "\n'": posts[name],
		} {
			if got := l.f.count(name, query); got != want {
				l.t.Errorf("shard %s: %s is %d; want %d", name, query, got, want)
			}
		}
	}
	for id := int64(1); id <= int64(l.f.data.Users); id++ {
		u, _, err := l.stores[2].User(l.t.Context(), id)
		if err != nil || city(u) != l.edited[id].Load() {
			l.t.Errorf("in the end user %d is %+v, %v; want edit %d", id, u, err, l.edited[id].Load())
		}
	}
}
