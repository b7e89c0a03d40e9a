package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/store"
)

// BenchmarkSQL is the price of a statement on a lone server.
func BenchmarkSQL(b *testing.B) {
	s := startSQL(b, sqlSpec(targets.Data{Users: 1000, OrdersPerUser: 5}), targets.Machine{})
	benchmarkSQL(b, openSQL(b, store.SQLConfig{Address: s.address, Connections: 4}))
}

// BenchmarkSQLGroup compares one server that is addressed plainly with a group of three
// of its kind, which answer at once.
func BenchmarkSQLGroup(b *testing.B) {
	_, members := startFakes(b, "a", "b", "c")
	b.Run("plain", func(b *testing.B) {
		benchmarkSQL(b, openSQL(b, store.SQLConfig{Address: members[0].Address, Connections: 4}))
	})
	b.Run("group", func(b *testing.B) {
		benchmarkSQL(b, openGroup(b, members, store.SQLConfig{Reads: "all"}))
	})
}

func benchmarkSQL(b *testing.B, db store.Store) {
	var id atomic.Int64
	for name, call := range map[string]func(int64) error{
		"user": func(i int64) error { _, _, err := db.User(b.Context(), i%1000+1); return err },
		"post": func(i int64) error {
			_, err := db.AddPost(b.Context(), store.Post{ID: fmt.Sprint(time.Now().UnixNano(), i), User: 1, Text: "x"})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := call(id.Add(1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
