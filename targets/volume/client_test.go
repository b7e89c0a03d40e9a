package volume_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/store"
	"rung/targets/volume"
)

func TestClientTiming(t *testing.T) {
	sp := spec()
	sp.Demand, sp.Access, sp.PoolFiles = targets.Constant(time.Millisecond), targets.Constant(2*time.Millisecond), 1
	share, _ := newShare(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 9}, Disk: targets.Resource{Slots: 1, Queue: 9}})
	k := open(t, volume.ClientConfig{Dial: dialer(serve(t, newServer(t, sp, volume.Config{Share: share})))})
	check := func(what string, took store.Timing, err error, served time.Duration, misses int) {
		t.Helper()
		if err != nil || !took.Known || took.Served != served || took.Misses != misses || took.Total < served || took.Statements != 1 {
			t.Errorf("%s: %+v, %v; want %v served, %d misses", what, took, err, served, misses)
		}
	}
	took, err := k.Put(t.Context(), "a", []byte("x"), time.Hour)
	check("put", took, err, 3*time.Millisecond, 0)
	_, took, err = k.Get(t.Context(), "a")
	check("get", took, err, time.Millisecond, 0)
	took, err = k.Put(t.Context(), "b", []byte("x"), time.Hour)
	check("put another", took, err, 3*time.Millisecond, 0)
	_, took, err = k.Get(t.Context(), "a")
	check("get from disk", took, err, 3*time.Millisecond, 1)
	if _, took, err := k.Get(t.Context(), "c"); !errors.Is(err, store.ErrNotFound) || !took.Known || took.Served != time.Millisecond {
		t.Errorf("get nothing: %+v, %v", took, err)
	}
}

// fake answers every request in one way.
func fake(t *testing.T, h http.HandlerFunc) volume.ClientConfig {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return volume.ClientConfig{Dial: dialer(s.Listener.Addr().String())}
}

const secret = "0123456789abcdef0123456789abcdef"

func TestClientErrors(t *testing.T) {
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
	}
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		is     error
		want   string
	}{
		{"not found", status(404), store.ErrNotFound, ""},
		{"busy", status(503), store.ErrBusy, ""},
		{"full", status(507), nil, "answers 507"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://127.0.0.1/", 302) }, nil, "answers 302"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 64<<10+1)) }, nil, "over 65536"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, "EOF"},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := open(t, fake(t, row.answer))
			_, took, err := k.Get(t.Context(), secret)
			if row.is != nil && !errors.Is(err, row.is) || err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("get: %v; want %v %s", err, row.is, row.want)
			}
			_, again := k.Put(t.Context(), secret, nil, time.Hour)
			if again == nil || strings.Contains(err.Error()+again.Error(), secret) {
				t.Errorf("errors %q and %q: want two that do not tell the key", err, again)
			}
			if took.Known || took.Total <= 0 {
				t.Errorf("took %+v: nothing is known", took)
			}
		})
	}
}

func TestClientRefuses(t *testing.T) {
	k := open(t, volume.ClientConfig{Dial: func(context.Context) (net.Conn, error) {
		t.Error("it dialled")
		return nil, errors.New("no")
	}})
	for _, key := range []string{"", "..", "a/../b", "A", "a b", strings.Repeat("x", 129)} {
		if _, err := k.Put(t.Context(), key, nil, time.Hour); err == nil {
			t.Errorf("key %q was kept", key)
		}
		if _, _, err := k.Get(t.Context(), key); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("key %q: %v; want that it is none", key, err)
		}
	}
	if _, err := k.Put(t.Context(), "a", make([]byte, 64<<10+1), time.Hour); err == nil {
		t.Error("too large a value was kept")
	}
}

// TestClientTimeout: a volume that does not answer, or cannot be reached,
// costs the time-out and no more.
func TestClientTimeout(t *testing.T) {
	release := make(chan struct{})
	silent := fake(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	t.Cleanup(func() { close(release) })
	unreachable := volume.ClientConfig{Dial: func(ctx context.Context) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	for name, config := range map[string]volume.ClientConfig{"silent": silent, "unreachable": unreachable} {
		t.Run(name, func(t *testing.T) {
			config.Timeout = 10 * time.Millisecond
			k := open(t, config)
			if _, _, err := k.Get(t.Context(), "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("get: %v; want a time-out", err)
			}
			if _, err := k.Put(t.Context(), "a", nil, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("put: %v; want a time-out", err)
			}
		})
	}
}

// TestClientBoundsConnections: more requests than connections wait for one,
// and say so.
func TestClientBoundsConnections(t *testing.T) {
	arrived, release := make(chan struct{}, 3), make(chan struct{})
	config := fake(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	var dialled atomic.Int64
	dial := config.Dial
	config.Dial = func(ctx context.Context) (net.Conn, error) {
		dialled.Add(1)
		return dial(ctx)
	}
	config.Connections = 2
	k := open(t, config)
	results := make(chan error, 3)
	for range 3 {
		go func() {
			_, _, err := k.Get(t.Context(), "a")
			results <- err
		}()
	}
	<-arrived
	<-arrived
	close(release)
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if dialled.Load() != 2 || len(arrived) != 1 {
		t.Errorf("%d connections were dialled, %d came after the first two; want 2 and 1", dialled.Load(), len(arrived))
	}
}

// TestClientWaits: a request that finds no connection free gives up in time,
// and says that it waited all along.
func TestClientWaits(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	config := fake(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	k := open(t, config)
	first := make(chan error, 1)
	go func() {
		_, _, err := k.Get(context.Background(), "a")
		first <- err
	}()
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, took, err := k.Get(ctx, "b")
	if !errors.Is(err, context.DeadlineExceeded) || took.Statements != 0 || took.Wait < 10*time.Millisecond || took.Wait > took.Total {
		t.Errorf("the second: %+v, %v; want a wait of about 20ms, nothing sent", took, err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// TestClientClose ends what is on its way.
func TestClientClose(t *testing.T) {
	arrived := make(chan struct{}, 1)
	k := open(t, fake(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	failed := make(chan error, 1)
	go func() {
		_, _, err := k.Get(context.Background(), "a")
		failed <- err
	}()
	<-arrived
	k.Close()
	if err := <-failed; err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("the call on its way has %v; want that the client is closed", err)
	}
	if _, err := k.Put(t.Context(), "a", nil, time.Hour); err == nil {
		t.Error("a closed client keeps")
	}
}

// TestTooManyClients: a client more than the volume serves is told so.
func TestTooManyClients(t *testing.T) {
	sp := spec()
	sp.Connections = 1
	s := newServer(t, sp, volume.Config{})
	address := serve(t, s)
	first := open(t, volume.ClientConfig{Dial: dialer(address)})
	if _, err := first.Put(t.Context(), "a", []byte("x"), time.Hour); err != nil {
		t.Fatal(err)
	}
	second := open(t, volume.ClientConfig{Dial: dialer(address)})
	if _, _, err := second.Get(t.Context(), "a"); !errors.Is(err, store.ErrBusy) {
		t.Errorf("the second client has %v; want ErrBusy", err)
	}
	first.Close()
	await(t, "room for a client", func() bool {
		_, _, err := second.Get(t.Context(), "a")
		return err == nil
	})
}

// TestCutAnswer: half an answer is an error, not half a value.
func TestCutAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
			c.Close()
		}
	}()
	k := open(t, volume.ClientConfig{Dial: dialer(l.Addr().String())})
	if got, _, err := k.Get(t.Context(), "a"); err == nil {
		t.Errorf("got %q; want an error", got)
	}
}
