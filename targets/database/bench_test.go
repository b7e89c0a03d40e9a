package database_test

import (
	"strconv"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/database"
)

func benchmark(b *testing.B, fsync targets.Fsync, query string, args func(i int) []any) {
	sp := spec()
	sp.Data = targets.Data{Users: 10_000, OrdersPerUser: 5}
	sp.Fsync = fsync
	s := start(b, sp, database.Config{})
	c := connect(b, s.address, "")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		rows, err := c.Query(b.Context(), query, args(i)...)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
		}
		if rows.Err() != nil {
			b.Fatal(rows.Err())
		}
	}
}

func BenchmarkPointRead(b *testing.B) {
	benchmark(b, targets.FsyncOff, "SELECT id, name, email, city FROM users WHERE id = $1",
		func(i int) []any { return []any{int64(i%10_000 + 1)} })
}

func BenchmarkJoin(b *testing.B) {
	benchmark(b, targets.FsyncOff, "SELECT u.name, o.id, o.item, o.cents FROM users u LEFT JOIN orders o ON o.customer_id = u.id WHERE u.id = $1 ORDER BY o.id",
		func(i int) []any { return []any{int64(i%10_000 + 1)} })
}

func BenchmarkCommit(b *testing.B) {
	for _, fsync := range []targets.Fsync{targets.FsyncOff, targets.FsyncFull} {
		b.Run(string(fsync), func(b *testing.B) {
			benchmark(b, fsync, "INSERT INTO posts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
				func(i int) []any { return []any{strconv.Itoa(i), int64(1), "a short text", int64(5)} })
		})
	}
}

func BenchmarkSeed(b *testing.B) {
	sp := spec()
	sp.Data = targets.Data{Users: 10_000, OrdersPerUser: 5, Follows: 8}
	for b.Loop() {
		s, err := database.New(sp, database.Config{Directory: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(140_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkFifteenStarts starts fifteen servers at once: five shards of three
// members, each member with a fifth of the users; with a template one of three
// fills its file. Their own connections to SQLite are part of it.
func BenchmarkFifteenStarts(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run("template="+strconv.FormatBool(shared), func(b *testing.B) {
			sp := spec()
			sp.Data = targets.Data{Users: 10_000, OrdersPerUser: 5, Follows: 8}
			for b.Loop() {
				template := ""
				if shared {
					template = b.TempDir()
				}
				var all sync.WaitGroup
				for i := range 15 {
					directory := b.TempDir()
					all.Go(func() {
						s, err := database.New(sp, database.Config{Directory: directory, Template: template,
							Owns: func(user int64) bool { return user%5 == int64(i%5) }})
						if err == nil {
							err = s.Close()
						}
						if err != nil {
							b.Error(err)
						}
					})
				}
				all.Wait()
			}
		})
	}
}

// BenchmarkReplicatedCommit measures one durable insert by one client in a group
// of three, without emulated time.
func BenchmarkReplicatedCommit(b *testing.B) {
	for _, mode := range targets.Modes() {
		b.Run(string(mode), func(b *testing.B) {
			c := newCircle(b, mode, "a", "b", "c")
			c.primary()
			c.same()
			conn := c.connect("a")
			n := 0
			for b.Loop() {
				n++
				if _, err := conn.Exec(b.Context(), "INSERT INTO posts VALUES ($1, 1, 'x', 0)", strconv.Itoa(n)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
