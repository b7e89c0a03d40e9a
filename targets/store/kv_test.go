package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/keyvalue"
	"rung/targets/machine"
	"rung/targets/store"
	"rung/targets/store/storetest"
	"rung/targets/wire"
)

// kvServer is a key-value server on a fixed address that can go away and come back.
type kvServer struct {
	t         testing.TB
	spec      targets.KeyValue
	machine   *machine.Machine
	directory string
	address   string
	stop      func()
}

func startKV(t testing.TB, spec targets.KeyValue, m targets.Machine) *kvServer {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	s := &kvServer{t: t, spec: spec, machine: machine.New(clk, m, 1), directory: t.TempDir(), address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *kvServer) start() {
	s.t.Helper()
	server, err := keyvalue.New(s.spec, keyvalue.Config{Role: "kv", Directory: s.directory, Share: s.machine.For("kv")})
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
		if err := server.Close(); err != nil {
			s.t.Errorf("stop: %v", err)
		}
		if err := <-done; err != nil && !errors.Is(err, keyvalue.ErrClosed) { // closed before it began
			s.t.Errorf("serve: %v", err)
		}
	})
}

func openKV(t testing.TB, config store.KVConfig) store.Store {
	t.Helper()
	k := store.OpenKV(config)
	t.Cleanup(k.Close)
	return k
}

func TestKV(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	data := targets.Data{Users: 20, OrdersPerUser: 4}
	spec := targets.KeyValue{Data: data, Fsync: targets.FsyncOff}
	t.Run("plain", func(t *testing.T) {
		storetest.Run(t, storetest.Subject{Kind: targets.KindKeyValue, Data: data, Open: func(t *testing.T) store.Store {
			return openKV(t, store.KVConfig{Address: startKV(t, spec, targets.Machine{}).address, Connections: 4})
		}})
	})
	t.Run("over an emulated wire", func(t *testing.T) {
		storetest.Run(t, storetest.Subject{Kind: targets.KindKeyValue, Data: data, Open: func(t *testing.T) store.Store {
			clk := clock.New()
			t.Cleanup(clk.Close)
			link := wire.NewLink(clk, targets.Link{OneWay: 100 * time.Microsecond}, 1)
			return openKV(t, store.KVConfig{Address: startKV(t, spec, targets.Machine{}).address, Connections: 4, Dial: link.DialContext})
		}})
	})
}

// TestKVRecovers restarts the server under a pool of idle connections: reads do not
// fail, and of the writes only those whose connection nobody knew to be dead.
func TestKVRecovers(t *testing.T) {
	hidden := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return struct{ net.Conn }{c}, nil // like an emulated wire: no look at the socket
	}
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){"plain": nil, "opaque": hidden} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			s := startKV(t, targets.KeyValue{Data: targets.Data{Users: 5}}, targets.Machine{})
			k := openKV(t, store.KVConfig{Address: s.address, Connections: 8, Dial: dial})
			fillPool(t, k)
			s.stop()
			for range 30 { // more than the pool has connections
				if _, _, err := k.User(ctx, 1); err == nil {
					t.Fatal("a read worked without a server")
				}
			}
			if _, err := k.AddPost(ctx, store.Post{ID: "lost", User: 1, Text: "x"}); err == nil {
				t.Fatal("a write worked without a server")
			}
			s.start()
			for i := range 20 {
				if _, _, err := k.User(ctx, 1); err != nil {
					t.Errorf("read %d after the restart: %v", i, err)
				}
				if _, err := k.AddPost(ctx, store.Post{ID: fmt.Sprint(i), User: 1, Text: "x"}); err != nil {
					t.Errorf("write %d after the restart: %v", i, err)
				}
			}
		})
	}
}

// fillPool makes the client open all of its 8 connections, by statements that are
// all inside the server at once.
func fillPool(t *testing.T, k store.Store) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if _, err := k.AddPhoto(t.Context(), store.Post{ID: fmt.Sprint(i), User: 1, Text: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// fakeServer calls handle after each command's name was read from a client and
// sends what it returns; "" hangs up. It returns its address.
func fakeServer(t *testing.T, handle func(in *bufio.Reader, command string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					command := strings.ToUpper(strings.TrimSpace(line))
					if command != "HELLO" && command != "GET" && command != "HSETNX" && command != "HSCAN" {
						continue // lengths and arguments
					}
					reply := handle(in, command)
					if reply == "" {
						return
					}
					if _, err := io.WriteString(c, reply); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { // after the client's own, which was registered later
		_ = l.Close()
		serving.Wait()
	})
	return l.Addr().String()
}

// TestKVReadsAreTriedAgain counts what arrives when a connection breaks under a
// statement: a read comes twice, a write once.
func TestKVReadsAreTriedAgain(t *testing.T) {
	var gets, sets atomic.Int64
	address := fakeServer(t, func(_ *bufio.Reader, command string) string {
		switch command {
		case "GET":
			gets.Add(1)
		case "HSETNX":
			sets.Add(1)
		default:
			return "-ERR unknown command\r\n"
		}
		return "" // hang up
	})
	k := openKV(t, store.KVConfig{Address: address, Connections: 1})
	_, took, err := k.User(t.Context(), 1)
	if err == nil || took.Statements != 2 {
		t.Errorf("read: %d statements, %v; want 2 and an error", took.Statements, err)
	}
	took, err = k.AddPost(t.Context(), store.Post{ID: "p"})
	if err == nil || took.Statements != 1 {
		t.Errorf("write: %d statements, %v; want 1 and an error", took.Statements, err)
	}
	if gets.Load() != 2 || sets.Load() != 1 {
		t.Errorf("the server saw %d reads and %d writes; want 2, 1", gets.Load(), sets.Load())
	}
}

// startStuck has a disk whose one access outlasts the test.
func startStuck(t *testing.T, queue int) *kvServer {
	t.Helper()
	return startKV(t, targets.KeyValue{Data: targets.Data{Users: 5}, Access: targets.Constant(time.Hour)},
		targets.Machine{Disk: targets.Resource{Slots: 1, Queue: queue}})
}

func diskBusy(s *kvServer) func() bool {
	return func() bool { _, disk := s.machine.Usage(); return disk.Busy > 0 }
}

func TestKVBusy(t *testing.T) {
	s := startStuck(t, 0)
	k := openKV(t, store.KVConfig{Address: s.address, Connections: 2, Timeout: time.Hour})
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := k.AddPost(t.Context(), store.Post{ID: "first"}); err == nil {
			t.Error("the first write was acknowledged")
		}
	})
	poll(t, "the first write to reach the disk", diskBusy(s))
	if _, err := k.AddPost(t.Context(), store.Post{ID: "second"}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("the second write: %v; want ErrBusy", err)
	}
	k.Close() // ends the first
	first.Wait()
}

// TestKVCancel ends contexts while a statement is on its way, and while one waits
// for a connection.
func TestKVCancel(t *testing.T) {
	s := startStuck(t, 10)
	k := openKV(t, store.KVConfig{Address: s.address, Connections: 1, Timeout: time.Hour})
	sending, cancelSending := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	calls.Go(func() {
		if took, err := k.AddPost(sending, store.Post{ID: "p"}); !errors.Is(err, context.Canceled) || took.Statements != 1 {
			t.Errorf("the write on its way: %d statements, %v", took.Statements, err)
		}
	})
	poll(t, "the write to reach the disk", diskBusy(s))
	waiting, cancelWaiting := context.WithCancel(t.Context())
	calls.Go(func() {
		_, took, err := k.User(waiting, 1)
		if !errors.Is(err, context.Canceled) || took.Statements != 0 || took.Wait <= 0 {
			t.Errorf("the read without a connection: %+v, %v", took, err)
		}
	})
	cancelWaiting()
	cancelSending()
	calls.Wait()
}

func TestKVTimeout(t *testing.T) {
	s := startStuck(t, 10)
	k := openKV(t, store.KVConfig{Address: s.address, Connections: 1, Timeout: 20 * time.Millisecond})
	if _, err := k.AddPost(t.Context(), store.Post{ID: "p"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v; want a deadline", err)
	}
}

// TestKVPagesOfRedis pages over a server that takes COUNT as a hint only, as Redis
// does with small hashes: every scan answers with all of a page of 10.
func TestKVPagesOfRedis(t *testing.T) {
	reply := func(cursor string) string {
		first, next := 0, "17"
		if cursor == "17" {
			first, next = 10, "0"
		}
		out := fmt.Sprintf("*2\r\n$%d\r\n%s\r\n*20\r\n", len(next), next)
		for i := first; i < first+10; i++ {
			out += fmt.Sprintf("$3\r\np%02d\r\n$2\r\n{}\r\n", i)
		}
		return out
	}
	handle := func(in *bufio.Reader, command string) string {
		if command != "HSCAN" {
			return "-ERR unknown command\r\n"
		}
		var words [4]string // $5 posts $n cursor
		for i := range words {
			line, err := in.ReadString('\n')
			if err != nil {
				return ""
			}
			words[i] = strings.TrimSpace(line)
		}
		return reply(words[3])
	}
	k := openKV(t, store.KVConfig{Address: fakeServer(t, handle), Connections: 1})
	for _, limit := range []int{1, 3, 10, 11, 100} {
		var got []string
		for cursor := ""; ; {
			ids, next, err := k.Posts(t.Context(), cursor, limit)
			if err != nil || len(ids) > limit {
				t.Fatalf("page %q: %q, %v", cursor, ids, err)
			}
			got = append(got, ids...)
			if cursor = next; next == "" {
				break
			}
		}
		if len(got) != 20 || got[0] != "p00" || got[19] != "p19" {
			t.Errorf("pages of %d: %q", limit, got)
		}
	}
}

func poll(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

func BenchmarkKV(b *testing.B) {
	data := targets.Data{Users: 1000, OrdersPerUser: 5}
	for _, fsync := range []targets.Fsync{targets.FsyncFull, targets.FsyncOff} {
		s := startKV(b, targets.KeyValue{Data: data, Fsync: fsync}, targets.Machine{})
		k := openKV(b, store.KVConfig{Address: s.address, Connections: 4})
		var id atomic.Int64
		for name, call := range map[string]func(int64) error{
			"user":   func(i int64) error { _, _, err := k.User(b.Context(), i%1000+1); return err },
			"orders": func(i int64) error { _, _, err := k.Orders(b.Context(), i%1000+1); return err },
			"post": func(i int64) error {
				_, err := k.AddPost(b.Context(), store.Post{ID: fmt.Sprint(i), User: 1, Text: "x"})
				return err
			},
		} {
			b.Run(string(fsync)+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if err := call(id.Add(1)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
