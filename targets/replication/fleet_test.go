package replication_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/replication"
)

// fleet is the members of a group on loopback.
type fleet struct {
	t       testing.TB
	spec    targets.Replication
	disks   map[string]*memory
	mu      sync.Mutex
	groups  map[string]*replication.Group
	sockets map[string]net.Listener
	roles   map[string][]bool // what OnRole was told
}

func newFleet(t testing.TB, mode targets.Mode, members ...string) *fleet {
	if len(members) == 0 {
		members = []string{"a", "b", "c"}
	}
	return newFleetOf(t, targets.Replication{Members: members, Primary: "a", Mode: mode, Lease: 600 * time.Millisecond, Heartbeat: 20 * time.Millisecond})
}

func newFleetOf(t testing.TB, spec targets.Replication) *fleet {
	f := &fleet{t: t, disks: map[string]*memory{}, groups: map[string]*replication.Group{}, sockets: map[string]net.Listener{}, roles: map[string][]bool{}, spec: spec}
	for _, name := range f.spec.Members {
		f.disks[name] = &memory{joined: true}
	}
	for _, name := range f.spec.Members {
		f.start(name)
	}
	t.Cleanup(func() {
		for _, name := range f.spec.Members {
			f.stop(name)
		}
	})
	return f
}

func (f *fleet) start(name string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.sockets[name] = l
	f.mu.Unlock()
	g, err := replication.Start(replication.Config{Self: name, Spec: f.spec, Storage: f.disks[name],
		OnRole: func(primary bool) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.roles[name] = append(f.roles[name], primary)
		},
		Dial: func(ctx context.Context, member string) (net.Conn, error) {
			f.mu.Lock()
			to := f.sockets[member]
			f.mu.Unlock()
			if to == nil {
				return nil, errors.New("nobody listens")
			}
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", to.Addr().String())
			if err != nil {
				return nil, err
			}
			return f.agree(conn), nil
		}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	f.groups[name] = g
	f.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.Serve(f.agree(conn))
		}
	}()
}

// agree makes a connection compressed when the group is to be.
func (f *fleet) agree(conn net.Conn) net.Conn {
	if f.spec.Compress {
		return replication.Compressed{Conn: conn}
	}
	return conn
}

func (f *fleet) stop(name string) {
	f.mu.Lock()
	g, l := f.groups[name], f.sockets[name]
	delete(f.groups, name)
	delete(f.sockets, name)
	f.mu.Unlock()
	if g != nil {
		l.Close()
		if err := errors.Join(g.Close(), g.Close()); err != nil {
			f.t.Error(err)
		}
	}
}

// primary waits for a member that accepts writes.
func (f *fleet) primary() string {
	f.t.Helper()
	found := ""
	eventually(f.t, "there is a primary", func() bool {
		for name, g := range f.groups {
			if g.Writable() {
				found = name
				return true
			}
		}
		return false
	})
	return found
}

func (f *fleet) write(name, text string) error {
	g, disk := f.groups[name], f.disks[name]
	p, err := g.Append(f.t.Context(), func(p replication.Position, at time.Time) error {
		return disk.append(replication.Entry{Position: p, At: at, Operation: []byte(text)})
	})
	if err != nil {
		return err
	}
	return g.Wait(f.t.Context(), p)
}

// happened is what a member's events are, those of some kinds.
func (f *fleet) happened(name string, kinds ...string) (out []string) {
	for _, e := range f.groups[name].Events() {
		if slices.Contains(kinds, e.What) {
			out = append(out, e.What)
		}
	}
	return out
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
		tick := time.NewTimer(5 * time.Millisecond)
		<-tick.C
	}
}

// equal waits until every running member has these operations.
func (f *fleet) equal(want []string) {
	f.t.Helper()
	eventually(f.t, "every member has the same log", func() bool {
		for name := range f.groups {
			if !slices.Equal(f.disks[name].operations(), want) {
				return false
			}
		}
		return true
	})
}
