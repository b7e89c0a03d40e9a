package store_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/store"
	"rung/targets/store/storetest"
	"rung/targets/trace"
)

// traced is a store that is asked by requests that are traced.
type traced struct{ store.Store }

func sampled(ctx context.Context) context.Context {
	t := trace.New(true)
	t.Request = "a request, with 'quotes' and */"
	return trace.With(ctx, t)
}

func (s traced) User(ctx context.Context, id int64) (store.User, store.Timing, error) {
	return s.Store.User(sampled(ctx), id)
}

func (s traced) Orders(ctx context.Context, customer int64) ([]store.Order, store.Timing, error) {
	return s.Store.Orders(sampled(ctx), customer)
}

func (s traced) AddPost(ctx context.Context, p store.Post) (store.Timing, error) {
	return s.Store.AddPost(sampled(ctx), p)
}

func (s traced) AddPhoto(ctx context.Context, p store.Post) (store.Timing, error) {
	return s.Store.AddPhoto(sampled(ctx), p)
}

func (s traced) SetCity(ctx context.Context, id int64, city string) (store.Timing, error) {
	return s.Store.SetCity(sampled(ctx), id, city)
}

func (s traced) Following(ctx context.Context, id int64) ([]store.User, store.Timing, error) {
	return s.Store.Following(sampled(ctx), id)
}

func (s traced) Posts(ctx context.Context, cursor string, limit int) ([]string, string, error) {
	return s.Store.Posts(sampled(ctx), cursor, limit)
}

func (s traced) Photos(ctx context.Context, cursor string, limit int) ([]string, string, error) {
	return s.Store.Photos(sampled(ctx), cursor, limit)
}

// tracedKeeper is the same of a Keeper.
type tracedKeeper struct{ store.Keeper }

func (k tracedKeeper) Put(ctx context.Context, key string, value []byte, ttl time.Duration) (store.Timing, error) {
	return k.Keeper.Put(sampled(ctx), key, value, ttl)
}

func (k tracedKeeper) Get(ctx context.Context, key string) ([]byte, store.Timing, error) {
	return k.Keeper.Get(sampled(ctx), key)
}

// TestTraced: a trace changes nothing but what the servers are told.
func TestTraced(t *testing.T) {
	leakless(t)
	data := targets.Data{Users: 20, OrdersPerUser: 4}
	t.Run("SQL", func(t *testing.T) {
		data := targets.Data{Users: 20, OrdersPerUser: 4, Follows: 3}
		storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Denormalised: true, Open: func(t *testing.T) store.Store {
			return traced{openSQL(t, store.SQLConfig{Address: startFollows(t, data), Connections: 4, Denormalised: true})}
		}})
	})
	t.Run("key-value", func(t *testing.T) {
		storetest.Run(t, storetest.Subject{Kind: targets.KindKeyValue, Data: data, Open: func(t *testing.T) store.Store {
			return traced{openKV(t, store.KVConfig{Address: startKV(t, targets.KeyValue{Data: data, Fsync: targets.FsyncOff}, targets.Machine{}).address, Connections: 4})}
		}})
	})
	t.Run("cache", func(t *testing.T) {
		data := targets.Data{Users: 20, OrdersPerUser: 4, Follows: 3}
		storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Open: func(t *testing.T) store.Store {
			_, nodes := startTier(t, newHands(), 2)
			inner := openSQL(t, store.SQLConfig{Address: startFollows(t, data), Connections: 4})
			return traced{openCached(t, inner, store.CacheConfig{Nodes: nodes, TTL: time.Minute, Coalesce: true, Invalidate: true, Connections: 4, Timeout: roomy})}
		}})
	})
	t.Run("keeper in SQL", func(t *testing.T) {
		storetest.Keeper(t, func(t *testing.T) store.Keeper {
			db := openSQL(t, store.SQLConfig{Address: startSQL(t, sqlSpec(targets.Data{Users: 3}), targets.Machine{}).address, Connections: 4})
			return tracedKeeper{db.(*store.SQL).Keeper(nil)}
		})
	})
	t.Run("keeper in a cache", func(t *testing.T) {
		storetest.Keeper(t, func(t *testing.T) store.Keeper {
			_, nodes := startTier(t, nil, 1)
			k := store.OpenCacheKeeper(store.KeeperConfig{Nodes: nodes, Connections: 4, Timeout: roomy})
			t.Cleanup(k.Close)
			return tracedKeeper{k}
		})
	})
}

// TestSQLTrace: the statements of a sampled request carry it, each in a span of its own,
// and are not prepared; those of all others carry nothing.
func TestSQLTrace(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{Denormalised: true})
	group := fakes["a"].group
	calls := func(ctx context.Context) {
		t.Helper()
		_, _, errUser := s.User(ctx, 1)
		_, errPost := s.AddPost(ctx, store.Post{ID: "a post"})
		_, errCity := s.SetCity(ctx, 1, "Oslo") // two statements
		_, _, errUsers := s.UsersByID(ctx, []int64{1, 2})
		for call, err := range map[string]error{"User": errUser, "AddPost": errPost, "SetCity": errCity, "UsersByID": errUsers} {
			if err != nil {
				t.Fatalf("%s: %v", call, err)
			}
		}
	}
	calls(t.Context())
	calls(trace.With(t.Context(), trace.New(false)))
	plain := group.arrived()
	if len(plain) != 10 || !slices.Equal(plain[:5], plain[5:]) || strings.Contains(strings.Join(plain, ""), "/*") {
		t.Errorf("without a trace: %q", plain)
	}
	parent := trace.New(true)
	parent.Request = "r-1 / 'x'"
	calls(trace.With(t.Context(), parent))
	spans := map[[8]byte]bool{parent.Span: true}
	for i, text := range group.arrived()[10:] {
		got, ok := trace.FromComment(text)
		if !ok || got.Trace != parent.Trace || got.Request != parent.Request || !got.Sampled || spans[got.Span] || !strings.HasPrefix(text, plain[i]+" /*") {
			t.Errorf("statement %d is %q: %+v", i, text, got)
		}
		spans[got.Span] = true
	}
	for _, text := range group.prepared {
		if strings.Contains(text, "/*") {
			t.Errorf("prepared: %q", text)
		}
	}
	if fakes["b"].group != group || len(group.prepared) != 4 { // UsersByID is not prepared
		t.Errorf("prepared: %q", group.prepared)
	}
}

// TestSQLTraceOfTries: each try is a span of its own.
func TestSQLTraceOfTries(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{Reads: "all"})
	who(t, s)
	for _, f := range fakes {
		f.script.Store(&fakeScript{hangUp: true})
	}
	before := len(fakes["a"].group.arrived())
	if _, took, err := s.User(sampled(t.Context()), 1); err == nil || took.Statements != 2 {
		t.Fatalf("%+v, %v", took, err)
	}
	spans := map[[8]byte]bool{}
	for _, text := range fakes["a"].group.arrived()[before:] {
		got, _ := trace.FromComment(text)
		spans[got.Span] = true
	}
	if len(spans) != 2 {
		t.Errorf("%d spans of 2 tries", len(spans))
	}
}

// wiretap keeps what a client writes.
type wiretap struct {
	mu     sync.Mutex
	writes []string
}

type tappedConn struct {
	net.Conn
	tap *wiretap
}

func (c tappedConn) Write(p []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.writes = append(c.tap.writes, string(p))
	c.tap.mu.Unlock()
	return c.Conn.Write(p)
}

func (w *wiretap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return tappedConn{c, w}, err
}

// take returns what was written since the last call.
func (w *wiretap) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	writes := w.writes
	w.writes = nil
	return writes
}

// TestKVTrace: the command of a sampled request comes in one write with the name, and that
// of all others alone.
func TestKVTrace(t *testing.T) {
	leakless(t)
	data := targets.Data{Users: 5, OrdersPerUser: 1}
	var tap wiretap
	server := startKV(t, targets.KeyValue{Data: data, Fsync: targets.FsyncOff}, targets.Machine{})
	k := openKV(t, store.KVConfig{Address: server.address, Dial: tap.dial})
	calls := func(ctx context.Context) []string {
		t.Helper()
		_, _, errUser := k.User(ctx, 1)
		_, errPost := k.AddPost(ctx, store.Post{ID: "p"})
		_, errCity := k.SetCity(ctx, 1, "Oslo")
		_, _, errPosts := k.Posts(ctx, "", 1)
		for call, err := range map[string]error{"User": errUser, "AddPost": errPost, "SetCity": errCity, "Posts": errPosts} {
			if err != nil {
				t.Fatalf("%s: %v", call, err)
			}
		}
		return tap.take()
	}
	calls(t.Context()) // a greeting, too
	plain := calls(trace.With(t.Context(), trace.New(false)))
	if len(plain) != 5 || strings.Contains(strings.ToUpper(strings.Join(plain, "")), "SETNAME") {
		t.Fatalf("without a trace: %q", plain)
	}
	parent := trace.New(true)
	spans := map[[8]byte]bool{parent.Span: true}
	named := calls(trace.With(t.Context(), parent))
	if len(named) != len(plain) {
		t.Fatalf("%d writes; want %d: %q", len(named), len(plain), named)
	}
	for i, got := range named {
		prefix, ok := strings.CutSuffix(got, plain[i])
		parts := strings.Split(prefix, "\r\n")
		if !ok || len(parts) != 8 || !strings.EqualFold(strings.Join(parts[:6], " "), "*3 $6 client $7 setname $55") {
			t.Errorf("write %d is %q; want a name before %q", i, got, plain[i])
			continue
		}
		name, err := trace.Parse(parts[6])
		if err != nil || name.Trace != parent.Trace || !name.Sampled || spans[name.Span] {
			t.Errorf("the name is %q: %v", parts[6], err)
		}
		spans[name.Span] = true
	}
	// A connection that broke is not used again, and a read is tried a second time.
	server.stop()
	if _, _, err := k.User(sampled(t.Context()), 1); err == nil {
		t.Error("a server that is away answers")
	}
	server.start()
	for range 3 {
		if _, took, err := k.User(sampled(t.Context()), 1); err != nil || took.Statements > 2 {
			t.Errorf("after the restart: %+v, %v", took, err)
		}
	}
}
