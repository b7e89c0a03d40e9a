package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/ring"
	"rung/targets/store"
	"rung/targets/store/storetest"
)

func openCacheKeeper(t testing.TB, config store.KeeperConfig) store.Keeper {
	t.Helper()
	if config.Timeout == 0 {
		config.Timeout = roomy
	}
	k := store.OpenCacheKeeper(config)
	t.Cleanup(k.Close)
	return k
}

func TestCacheKeeper(t *testing.T) {
	leakless(t)
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			storetest.Keeper(t, func(t *testing.T) store.Keeper {
				_, nodes := startTier(t, nil, n)
				return openCacheKeeper(t, store.KeeperConfig{Nodes: nodes, Connections: 4, Prefix: "session:"})
			})
		})
	}
}

// TestCacheKeeperNodes: a value lives on the node that the ring names, under its prefix,
// and is lost with it; other nodes do not suffer.
func TestCacheKeeperNodes(t *testing.T) {
	leakless(t)
	servers, nodes := startTier(t, newHands(), 3)
	var dialled []string
	dial := func(ctx context.Context, node, network, address string) (net.Conn, error) {
		dialled = append(dialled, node) // by one caller at a time
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	k := openCacheKeeper(t, store.KeeperConfig{Nodes: nodes, Dial: dial, VirtualNodes: 50, Seed: 7, Prefix: "s:"})
	places := ring.NewConsistent(7, 50, "a", "b", "c")
	lives := map[string]string{}
	for i := range 30 {
		key := fmt.Sprint(i)
		if _, err := k.Put(t.Context(), key, []byte(key), time.Hour); err != nil {
			t.Fatal(err)
		}
		lives[key] = places.Locate("s:" + key)
	}
	if len(dialled) != 3 {
		t.Errorf("dialled %q; want each node once", dialled)
	}
	servers["b"].stop()
	lost := 0
	for key, node := range lives {
		got, took, err := k.Get(t.Context(), key)
		if node != "b" {
			if err != nil || string(got) != key || took.Statements != 1 {
				t.Errorf("%s on %s: %q, %+v, %v", key, node, got, took, err)
			}
			continue
		}
		lost++
		if err == nil || errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), " b: ") {
			t.Errorf("%s on the dead node: %q, %v", key, got, err)
		}
	}
	if lost == 0 {
		t.Fatal("no key lives on b")
	}
	servers["b"].start()
	for key, node := range lives {
		if _, _, err := k.Get(t.Context(), key); node == "b" && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s on the node that is back, empty: %v", key, err)
		}
	}
}

func TestCacheKeeperWithoutNodes(t *testing.T) {
	k := openCacheKeeper(t, store.KeeperConfig{})
	if _, err := k.Put(t.Context(), "a", nil, time.Hour); err == nil {
		t.Error("a value was kept nowhere")
	}
	if _, _, err := k.Get(t.Context(), "a"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a look at nothing: %v", err)
	}
}

// TestCacheKeeperErrors: errors do not tell keys, and a node that does not answer is not
// a value that is not there.
func TestCacheKeeperErrors(t *testing.T) {
	leakless(t)
	address := fakeServer(t, func(*bufio.Reader, string) string { return "-ERR no\r\n" })
	k := openCacheKeeper(t, store.KeeperConfig{Nodes: []store.CacheNode{{Name: "a", Address: address}}})
	_, _, err := k.Get(t.Context(), "secret")
	if err == nil || errors.Is(err, store.ErrNotFound) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// sessionsTable makes the table of the SQL Keeper, if the server has none.
func sessionsTable(t *testing.T, address string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), "postgres://rung@"+address+"/rung?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), `CREATE TABLE IF NOT EXISTS sessions (id TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, expires_at INTEGER NOT NULL)`); err != nil {
		t.Fatal(err)
	}
}

func TestSQLKeeper(t *testing.T) {
	leakless(t)
	storetest.Keeper(t, func(t *testing.T) store.Keeper {
		s := startSQL(t, sqlSpec(targets.Data{Users: 1}), targets.Machine{})
		sessionsTable(t, s.address)
		return openSQL(t, store.SQLConfig{Address: s.address, Connections: 4}).(*store.SQL).Keeper(nil)
	})
}

// TestSQLKeeperTime: a value is there to its last millisecond, and Close of the keeper
// leaves the store open.
func TestSQLKeeperTime(t *testing.T) {
	leakless(t)
	server := startSQL(t, sqlSpec(targets.Data{Users: 1}), targets.Machine{})
	sessionsTable(t, server.address)
	s := openSQL(t, store.SQLConfig{Address: server.address}).(*store.SQL)
	h := newHands()
	k := s.Keeper(h.now)
	if _, err := k.Put(t.Context(), "a", []byte("1"), time.Second); err != nil {
		t.Fatal(err)
	}
	h.advance(999 * time.Millisecond)
	if got, _, err := k.Get(t.Context(), "a"); err != nil || string(got) != "1" {
		t.Errorf("at the end: %q, %v", got, err)
	}
	h.advance(time.Millisecond)
	if got, _, err := k.Get(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the end: %q, %v", got, err)
	}
	k.Close()
	if _, _, err := s.User(t.Context(), 1); err != nil {
		t.Errorf("the store, after the keeper was closed: %v", err)
	}
}

// TestSQLKeeperGroup: sessions are looked up on the primary, wherever reads go.
func TestSQLKeeperGroup(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: never})
	k := s.Keeper(nil)
	for range 5 {
		// The fake answers every read with a user's row, which is no session.
		if _, _, err := k.Get(t.Context(), "a"); err == nil {
			t.Error("a user's row passed for a session")
		}
	}
	sqlMetrics(t, s, map[string]float64{"member_b_reads_total": 0, "member_c_reads_total": 0})
	if fakes["b"].reads.Load()+fakes["c"].reads.Load() != 0 {
		t.Error("a replica was asked for a session")
	}
	if n := s.Metrics()["member_a_reads_total"]; n != 5 {
		t.Errorf("the primary was asked %v times; want 5", n)
	}
}
