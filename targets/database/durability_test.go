package database_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/database"
	"rung/targets/shop"
)

func TestReopen(t *testing.T) {
	for _, fsync := range []targets.Fsync{targets.FsyncFull, targets.FsyncOff} {
		t.Run(string(fsync), func(t *testing.T) {
			sp, directory := spec(), t.TempDir()
			sp.Fsync = fsync
			for round := range 3 {
				s := start(t, sp, database.Config{Directory: directory})
				c := connect(t, s.address, "")
				if got := one[int64](t, c, "SELECT count(*) FROM posts"); got != int64(round) {
					t.Errorf("%d posts in round %d", got, round)
				}
				if got := one[int64](t, c, "SELECT count(*) FROM orders"); got != 150 {
					t.Errorf("%d orders in round %d; want 150", got, round)
				}
				if _, err := c.Exec(t.Context(), "INSERT INTO posts VALUES ($1, 1, 'x', 0)", fmt.Sprint(round)); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(filepath.Join(directory, "rung.db-wal")); !os.IsNotExist(err) {
					t.Errorf("Close left the log behind: %v", err)
				}
			}
		})
	}
}

// TestKill kills the server process under concurrent writers: every acknowledged
// row must be there afterwards, each once, and no row may be there in part.
func TestKill(t *testing.T) {
	directory := t.TempDir()
	var mu sync.Mutex
	acknowledged, sent := map[string]bool{}, map[string]bool{}
	for round := range 3 {
		p := startProcess(t, directory)
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				c, err := pgx.Connect(context.Background(), "postgres://me@"+p.address+"/shop?sslmode=disable")
				if err != nil {
					return // killed before it could
				}
				defer c.Close(context.Background())
				for i := 0; ; i++ {
					id := fmt.Sprintf("%d-%d-%d", round, w, i)
					mu.Lock()
					sent[id] = true
					mu.Unlock()
					if _, err := c.Exec(context.Background(), "INSERT INTO posts VALUES ($1, $2, $3, 0)", id, int64(w), strings.Repeat(id, 50)); err != nil {
						return
					}
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			})
		}
		target := 100 * (round + 1)
		eventually(t, "writes are acknowledged", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) >= target
		})
		p.kill()
		writers.Wait()
	}
	p := startProcess(t, directory)
	c := connect(t, p.address, "")
	rows, err := c.Query(t.Context(), "SELECT id, body FROM posts")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for rows.Next() {
		var id, body string
		if err := rows.Scan(&id, &body); err != nil {
			t.Fatal(err)
		}
		if found[id] || !sent[id] || body != strings.Repeat(id, 50) {
			t.Errorf("row %q: twice %v, sent %v, body %.20q", id, found[id], sent[id], body)
		}
		found[id] = true
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	for id := range acknowledged {
		if !found[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	p.kill()
}

func TestSeed(t *testing.T) {
	sp := spec()
	sp.Data = targets.Data{Users: 37, OrdersPerUser: 5} // no multiple of the batch
	s := start(t, sp, database.Config{})
	c := connect(t, s.address, "")
	rows, err := c.Query(t.Context(), "SELECT u.id, u.name, u.email, u.city, o.id, o.customer_id, o.item, o.cents FROM users u JOIN orders o ON o.customer_id = u.id ORDER BY o.id")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		var user, customer shop.User
		var got, want shop.Order
		if err := rows.Scan(&user.ID, &user.Name, &user.Email, &user.City, &got.ID, &got.Customer, &got.Item, &got.Cents); err != nil {
			t.Fatal(err)
		}
		id, k := int64(n/5+1), n%5+1
		customer.ID, want.Customer = id, id
		customer.Name, customer.Email, customer.City = shop.UserRow(id)
		want.ID, want.Item, want.Cents = shop.OrderRow(id, k)
		if user != customer || got != want {
			t.Errorf("row %d is %+v %+v; want %+v %+v", n, user, got, customer, want)
		}
		n++
	}
	if rows.Err() != nil || n != 37*5 {
		t.Errorf("%d rows, %v; want %d", n, rows.Err(), 37*5)
	}
}

// TestInterruptedSeed starts where an earlier start was killed in the middle.
func TestInterruptedSeed(t *testing.T) {
	directory := t.TempDir()
	for _, leftover := range []string{"rung.db.part", "rung.db.part-journal", "rung.db-wal", "rung.db-shm"} {
		if err := os.WriteFile(filepath.Join(directory, leftover), []byte("half a database"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, spec(), database.Config{Directory: directory})
	if got := one[int64](t, connect(t, s.address, ""), "SELECT count(*) FROM users"); got != 50 {
		t.Errorf("%d users; want 50", got)
	}
}

func TestUnusableDirectory(t *testing.T) {
	directory := t.TempDir()
	write := func(path string, content string) string {
		path = filepath.Join(directory, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("file", "")
	damaged := filepath.Dir(write("damaged/rung.db", strings.Repeat("no database", 1000)))
	other := filepath.Join(directory, "other")
	s, err := database.New(spec(), database.Config{Directory: other})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	bigger, tooMany, nobody, law := spec(), spec(), spec(), spec()
	bigger.Data.Users++
	tooMany.Data.OrdersPerUser = 1000
	nobody.Connections = 0
	law.Demand = map[targets.Statement]targets.Law{targets.StatementRead: {Mean: -time.Second}}
	for _, c := range []struct {
		name, directory string
		spec            targets.Database
		want            string
	}{
		{"the directory is a file", file, spec(), file},
		{"below a file", filepath.Join(file, "x"), spec(), file},
		{"damaged", damaged, spec(), filepath.Join(damaged, "rung.db")},
		{"other data", other, bigger, filepath.Join(other, "rung.db")},
		{"too many orders", filepath.Join(directory, "new"), tooMany, "1000"},
		{"no connections", other, nobody, "connections"},
		{"impossible law", other, law, "read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := database.New(c.spec, database.Config{Directory: c.directory})
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not name %q", err, c.want)
			}
		})
	}
}
