package keyvalue_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rung/targets"
	"rung/targets/keyvalue"
	"rung/targets/shop"
)

func TestSeed(t *testing.T) {
	data := targets.Data{Users: 12, OrdersPerUser: 3}
	c := dial(t, start(t, setup{spec: targets.KeyValue{Data: data}}).address)
	if got := c.do("DBSIZE"); got != "60" {
		t.Fatalf("%s keys; want 12 users, 12 lists and 36 orders", got)
	}
	decode := func(key string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(c.do("GET", key)), into); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	for id := int64(1); id <= 12; id++ {
		var u shop.User
		decode(shop.UserKey(id), &u)
		if name, email, city := shop.UserRow(id); u != (shop.User{ID: id, Name: name, Email: email, City: city}) {
			t.Errorf("user %d is %+v", id, u)
		}
		var keys []string
		decode(shop.OrdersKey(id), &keys)
		if len(keys) != 3 {
			t.Fatalf("customer %d has orders %q", id, keys)
		}
		for i, key := range keys {
			var o shop.Order
			decode(key, &o)
			order, item, cents := shop.OrderRow(id, i+1)
			if key != shop.OrderKey(id, i+1) || o != (shop.Order{ID: order, Customer: id, Item: item, Cents: cents}) {
				t.Errorf("%s is %+v", key, o)
			}
		}
	}
	if got := c.do("GET", shop.UserKey(13)); got != "(nil)" {
		t.Errorf("user 13 is %s", got)
	}
}

// TestSeedInBatches crosses the border between two transactions.
func TestSeedInBatches(t *testing.T) {
	c := dial(t, start(t, setup{spec: targets.KeyValue{Data: targets.Data{Users: 5001}}}).address)
	for key, want := range map[string]string{"user:5000": "User 5000", "user:5001": "User 5001"} {
		if got := c.do("GET", key); !strings.Contains(got, want) {
			t.Errorf("%s is %s", key, got)
		}
	}
	if got := c.do("DBSIZE"); got != "10002" {
		t.Errorf("%s keys; want 10002", got)
	}
}

func TestRestart(t *testing.T) {
	s := setup{directory: t.TempDir(), spec: targets.KeyValue{Data: targets.Data{Users: 5}}}
	first := start(t, s)
	c := dial(t, first.address)
	c.do("SET", "user:1", "changed")
	c.do("HSET", "posts", "p", "x")
	first.stop()
	c = dial(t, start(t, s).address)
	if a, b, n := c.do("GET", "user:1"), c.do("HGET", "posts", "p"), c.do("DBSIZE"); a != "changed" || b != "x" || n != "11" {
		t.Errorf("after a restart: %q, %q, %s keys", a, b, n)
	}
}

func TestHalfFilledStoreIsFilledAgain(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "keyvalue.db.unready"), []byte("half a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := dial(t, start(t, setup{directory: directory, spec: targets.KeyValue{Data: targets.Data{Users: 4}}}).address)
	if got := c.do("DBSIZE"); got != "8" {
		t.Errorf("%s keys; want 8", got)
	}
	if left, _ := filepath.Glob(filepath.Join(directory, "*unready*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Run("another data set", func(t *testing.T) {
		directory := t.TempDir()
		start(t, setup{directory: directory, spec: targets.KeyValue{Data: targets.Data{Users: 4}}}).stop()
		refuse(t, directory, targets.Data{Users: 5}, "another data set")
	})
	t.Run("a broken file", func(t *testing.T) {
		directory := t.TempDir()
		if err := os.WriteFile(filepath.Join(directory, "keyvalue.db"), []byte(strings.Repeat("not a store", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, directory, targets.Data{}, "keyvalue.db")
	})
	t.Run("too many orders", func(t *testing.T) {
		refuse(t, t.TempDir(), targets.Data{Users: 1, OrdersPerUser: shop.MaxOrdersPerUser + 1}, "orders per user")
	})
	t.Run("a directory that cannot be", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, filepath.Join(file, "below"), targets.Data{}, "below")
	})
}

func refuse(t *testing.T, directory string, data targets.Data, says string) {
	t.Helper()
	s, err := keyvalue.New(targets.KeyValue{Data: data}, keyvalue.Config{Role: "kv", Directory: directory})
	if err == nil {
		_ = s.Close()
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "kv") {
		t.Errorf("the error is %q; it must say %q and name the role", err, says)
	}
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		s, err := keyvalue.New(targets.KeyValue{Data: targets.Data{Users: 10_000, OrdersPerUser: 5}},
			keyvalue.Config{Role: "kv", Directory: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
