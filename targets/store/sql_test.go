package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/database"
	"rung/targets/machine"
	"rung/targets/shop"
	"rung/targets/store"
	"rung/targets/store/storetest"
	"rung/targets/wire"
)

// sqlServer is a database server on a fixed address that can go away and come back.
type sqlServer struct {
	t         testing.TB
	spec      targets.Database
	machine   *machine.Machine
	directory string
	address   string
	stop      func()
}

func startSQL(t testing.TB, spec targets.Database, m targets.Machine) *sqlServer {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	s := &sqlServer{t: t, spec: spec, machine: machine.New(clk, m, 1), directory: t.TempDir(), address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *sqlServer) start() {
	s.t.Helper()
	server, err := database.New(s.spec, database.Config{Role: "db", Directory: s.directory, Share: s.machine.For("db")})
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), l) }()
	s.stop = sync.OnceFunc(func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			s.t.Errorf("stop: %v", err)
		}
	})
}

func openSQL(t testing.TB, config store.SQLConfig) store.Store {
	t.Helper()
	config.Database, config.User = "shop", "web"
	s, err := store.OpenSQL(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func sqlSpec(data targets.Data) targets.Database {
	return targets.Database{Data: data, Fsync: targets.FsyncOff, Connections: 50}
}

func TestSQL(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	data := targets.Data{Users: 20, OrdersPerUser: 4}
	t.Run("plain", func(t *testing.T) {
		storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Open: func(t *testing.T) store.Store {
			return openSQL(t, store.SQLConfig{Address: startSQL(t, sqlSpec(data), targets.Machine{}).address, Connections: 4})
		}})
	})
	t.Run("over an emulated wire", func(t *testing.T) {
		storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Open: func(t *testing.T) store.Store {
			clk := clock.New()
			t.Cleanup(clk.Close)
			link := wire.NewLink(clk, targets.Link{OneWay: 100 * time.Microsecond}, 1)
			return openSQL(t, store.SQLConfig{Address: startSQL(t, sqlSpec(data), targets.Machine{}).address, Connections: 4, Dial: link.DialContext})
		}})
	})
	for name, denormalised := range map[string]bool{"joined": false, "denormalised": true} {
		t.Run("follows "+name, func(t *testing.T) {
			data := targets.Data{Users: 20, OrdersPerUser: 1, Follows: 3}
			storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Denormalised: denormalised, Open: func(t *testing.T) store.Store {
				return openSQL(t, store.SQLConfig{Address: startFollows(t, data), Connections: 4, Denormalised: denormalised})
			}})
		})
	}
	t.Run("customers without orders", func(t *testing.T) {
		db := openSQL(t, store.SQLConfig{Address: startSQL(t, sqlSpec(targets.Data{Users: 3}), targets.Machine{}).address})
		orders, timing, err := db.Orders(t.Context(), 2)
		if err != nil || len(orders) != 0 || timing.Statements != 1 {
			t.Errorf("orders are %v after %d statements, %v; want none after one", orders, timing.Statements, err)
		}
	})
}

// postgresEnv is host:port of a PostgreSQL whose user rung may make tables in
// database rung without a password.
const postgresEnv = "RUNG_TEST_POSTGRES"

// TestSQLOnPostgreSQL runs the same suite against the real thing.
func TestSQLOnPostgreSQL(t *testing.T) {
	address := os.Getenv(postgresEnv)
	if address == "" {
		t.Skipf("SKIPPED: the store was not tried on a real PostgreSQL; set %s=host:port to do so", postgresEnv)
	}
	data := targets.Data{Users: 20, OrdersPerUser: 4, Follows: 3}
	storetest.Run(t, storetest.Subject{Kind: targets.KindDatabase, Data: data, Open: func(t *testing.T) store.Store {
		fillPostgres(t, address, data)
		s, err := store.OpenSQL(t.Context(), store.SQLConfig{Address: address, Database: "rung", User: "rung", Connections: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		if _, timing, err := s.User(t.Context(), 1); err != nil || timing.Known {
			t.Errorf("a real PostgreSQL reported emulated time: %+v, %v", timing, err)
		}
		return s
	}})
}

func fillPostgres(t *testing.T, address string, data targets.Data) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), "postgres://rung@"+address+"/rung?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var b strings.Builder
	b.WriteString(`DROP TABLE IF EXISTS orders, users, posts, photos, follows;
		CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, city text);
		CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES users (id), item text, cents bigint);
		CREATE INDEX orders_customer ON orders (customer_id);
		CREATE TABLE posts (id text PRIMARY KEY, user_id bigint, body text, created_at bigint);
		CREATE TABLE photos (id text PRIMARY KEY, user_id bigint, body text, created_at bigint);`)
	for id := int64(1); id <= int64(data.Users); id++ {
		name, email, city := shop.UserRow(id)
		fmt.Fprintf(&b, "INSERT INTO users VALUES (%d, '%s', '%s', '%s');", id, name, email, city)
		for k := 1; k <= data.OrdersPerUser; k++ {
			order, item, cents := shop.OrderRow(id, k)
			fmt.Fprintf(&b, "INSERT INTO orders VALUES (%d, %d, '%s', %d);", order, id, item, cents)
		}
	}
	for _, statement := range followsTable(data) {
		b.WriteString(statement + ";")
	}
	if _, err := c.Exec(t.Context(), b.String()); err != nil {
		t.Fatal(err)
	}
}

// TestSQLOpensBeforeTheServer needs no server to open, and finds it when it comes.
func TestSQLOpensBeforeTheServer(t *testing.T) {
	s := startSQL(t, sqlSpec(targets.Data{Users: 3}), targets.Machine{})
	s.stop()
	db := openSQL(t, store.SQLConfig{Address: s.address, Connections: 3})
	if _, _, err := db.User(t.Context(), 1); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Fatalf("without a server: %v", err)
	}
	s.start()
	if u, _, err := db.User(t.Context(), 1); err != nil || u.ID != 1 {
		t.Errorf("user is %+v, %v", u, err)
	}
}

// TestSQLRecovers restarts the server under a pool of idle connections: reads do
// not fail, and after the first failed write no other does.
func TestSQLRecovers(t *testing.T) {
	ctx := t.Context()
	s := startSQL(t, sqlSpec(targets.Data{Users: 5}), targets.Machine{})
	db := openSQL(t, store.SQLConfig{Address: s.address, Connections: 8})
	fillSQLPool(t, db)
	s.stop()
	s.start()
	for i := range 20 {
		if _, _, err := db.User(ctx, 1); err != nil {
			t.Errorf("read %d after the restart: %v", i, err)
		}
	}
	fillSQLPool(t, db)
	s.stop()
	s.start()
	failures := 0
	for i := range 20 {
		if _, err := db.AddPost(ctx, store.Post{ID: fmt.Sprint(i), User: 1, Text: "x"}); err != nil {
			failures++
		}
	}
	if failures > 1 {
		t.Errorf("%d writes failed after the restart; want at most the first", failures)
	}
}

// fillSQLPool makes the store open as many connections as it may.
func fillSQLPool(t *testing.T, db store.Store) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if _, err := db.AddPhoto(t.Context(), store.Post{ID: fmt.Sprint(i), User: 1, Text: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSQLBusy(t *testing.T) {
	t.Run("no session left", func(t *testing.T) {
		spec := sqlSpec(targets.Data{Users: 3})
		spec.Connections = 1
		s := startSQL(t, spec, targets.Machine{})
		first := openSQL(t, store.SQLConfig{Address: s.address})
		if _, _, err := first.User(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		second := openSQL(t, store.SQLConfig{Address: s.address})
		if _, _, err := second.User(t.Context(), 1); !errors.Is(err, store.ErrBusy) {
			t.Errorf("error is %v; want ErrBusy", err)
		}
	})
	t.Run("full queue", func(t *testing.T) {
		spec := sqlSpec(targets.Data{Users: 3})
		spec.Demand = map[targets.Statement]targets.Law{targets.StatementRead: targets.Constant(time.Minute)}
		s := startSQL(t, spec, targets.Machine{CPU: targets.Resource{Slots: 1}})
		db := openSQL(t, store.SQLConfig{Address: s.address, Connections: 2, Timeout: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, _, err := db.User(ctx, 1)
			done <- err
		}()
		poll := time.NewTicker(time.Millisecond)
		defer poll.Stop()
		for cpu, _ := s.machine.Usage(); cpu.Busy == 0; cpu, _ = s.machine.Usage() {
			select {
			case <-poll.C:
			case err := <-done:
				t.Fatalf("the first read ended: %v", err)
			}
		}
		_, timing, err := db.User(t.Context(), 2)
		if !errors.Is(err, store.ErrBusy) || timing.Statements != 1 {
			t.Errorf("error is %v after %d statements; want ErrBusy after one", err, timing.Statements)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the read that waited: %v; want canceled", err)
		}
	})
}

// TestSQLTiming compares the store's account with the machine's.
func TestSQLTiming(t *testing.T) {
	const cpu, disk = 3 * time.Millisecond, 2 * time.Millisecond
	spec := sqlSpec(targets.Data{Users: 10, OrdersPerUser: 2})
	spec.PoolPages = 5
	spec.Access = targets.Constant(disk)
	spec.Demand = map[targets.Statement]targets.Law{}
	for _, class := range []targets.Statement{targets.StatementRead, targets.StatementJoin, targets.StatementWrite} {
		spec.Demand[class] = targets.Constant(cpu)
	}
	s := startSQL(t, spec, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 9}, Disk: targets.Resource{Slots: 1, Queue: 9}})
	db := openSQL(t, store.SQLConfig{Address: s.address})
	read := func() (store.Timing, error) {
		_, timing, err := db.User(t.Context(), 4)
		return timing, err
	}
	join := func() (store.Timing, error) {
		_, timing, err := db.Orders(t.Context(), 4)
		return timing, err
	}
	write := func() (store.Timing, error) {
		return db.AddPost(t.Context(), store.Post{ID: "p", User: 1, Text: "x"})
	}
	for _, c := range []struct {
		name   string
		call   func() (store.Timing, error)
		served time.Duration
		misses int
	}{
		{"cold read", read, cpu + disk, 1},
		{"warm read", read, cpu, 0},
		{"cold join", join, cpu + disk, 1},
		{"warm join", join, cpu, 0},
		{"write", write, cpu + disk, 0},
	} {
		timing, err := c.call()
		if err != nil || !timing.Known || timing.Served != c.served || timing.Misses != c.misses || timing.Queued != 0 {
			t.Errorf("%s: %+v, %v; want served %v, %d misses, nothing queued", c.name, timing, err, c.served, c.misses)
		}
		if timing.Total < timing.Served {
			t.Errorf("%s took %v in all, %v of it in the server", c.name, timing.Total, timing.Served)
		}
	}
}

// TestSQLTriesAgain breaks the connection after the statement has arrived, when
// nobody knows whether it was carried out: a read comes twice, a write once.
func TestSQLTriesAgain(t *testing.T) {
	var arrived atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() {
				defer c.Close()
				breakOnExecute(c, &arrived)
			})
		}
	})
	t.Cleanup(sessions.Wait)
	t.Cleanup(func() { l.Close() })
	db := openSQL(t, store.SQLConfig{Address: l.Addr().String()})
	for _, c := range []struct {
		name string
		call func() (store.Timing, error)
		want int64
	}{
		{"read", func() (store.Timing, error) { _, timing, err := db.User(t.Context(), 1); return timing, err }, 2},
		{"write", func() (store.Timing, error) {
			return db.AddPost(t.Context(), store.Post{ID: "p", User: 1, Text: "x"})
		}, 1},
	} {
		arrived.Store(0)
		timing, err := c.call()
		if err == nil {
			t.Errorf("%s: no error", c.name)
		}
		if got := arrived.Load(); got != c.want || timing.Statements != int(c.want) {
			t.Errorf("%s arrived %d times and counts %d statements; want %d", c.name, got, timing.Statements, c.want)
		}
	}
}

// breakOnExecute is a server that prepares statements but hangs up when one is
// executed.
func breakOnExecute(c net.Conn, arrived *atomic.Int64) {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil {
		m, err := b.Receive()
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *pgproto3.Parse:
			b.Send(&pgproto3.ParseComplete{})
			oids := make([]uint32, strings.Count(m.Query, "$"))
			b.Send(&pgproto3.ParameterDescription{ParameterOIDs: oids})
			b.Send(&pgproto3.NoData{})
		case *pgproto3.Sync:
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		case *pgproto3.Execute:
			arrived.Add(1)
			return
		}
	}
}

func TestSQLConfiguration(t *testing.T) {
	for _, address := range []string{"", "localhost", "localhost:", "localhost:http", "localhost:99999"} {
		s, err := store.OpenSQL(context.Background(), store.SQLConfig{Address: address})
		if err == nil {
			s.Close()
			t.Errorf("address %q was accepted", address)
		}
	}
}
