package replication_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/replication"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Storage without a disk. It outlives its member, as a disk does.
type memory struct {
	mu     sync.Mutex
	term   uint64
	vote   string
	joined bool
	log    []replication.Entry
	aside  []replication.Entry
}

func (m *memory) Load() (replication.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := replication.State{Term: m.term, Vote: m.vote, Joined: m.joined, Fresh: m.joined && m.term == 0}
	if n := len(m.log); n > 0 {
		s.Last = m.log[n-1].Position
	}
	return s, nil
}

func (m *memory) SaveVote(term uint64, vote string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.term, m.vote = term, vote
	return nil
}

func (m *memory) Term(index uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case index == 0:
		return 0, nil
	case index > uint64(len(m.log)):
		return 0, replication.ErrNoEntry
	}
	return m.log[index-1].Term, nil
}

func (m *memory) Entries(after uint64, limit int) ([]replication.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if after >= uint64(len(m.log)) {
		return nil, nil
	}
	rest := m.log[after:]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

func (m *memory) Apply(_ context.Context, entries []replication.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, entries...)
	return nil
}

func (m *memory) Snapshot(_ context.Context, w io.Writer) (p replication.Position, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.log); n > 0 {
		p = m.log[n-1].Position
	}
	return p, gob.NewEncoder(w).Encode(m.log)
}

func (m *memory) Restore(_ context.Context, _ replication.Position, common uint64, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var log []replication.Entry
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&log); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if common < uint64(len(m.log)) {
		m.aside = append(m.aside, m.log[common:]...)
	}
	m.log, m.joined = log, true
	return nil
}

func (m *memory) operations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, e := range m.log {
		if len(e.Operation) > 0 {
			out = append(out, string(e.Operation))
		}
	}
	return out
}

// fleet is three members on loopback.
type fleet struct {
	t       testing.TB
	spec    targets.Replication
	disks   map[string]*memory
	mu      sync.Mutex
	groups  map[string]*replication.Group
	sockets map[string]net.Listener
}

func newFleet(t testing.TB, mode targets.Mode) *fleet {
	f := &fleet{t: t, disks: map[string]*memory{}, groups: map[string]*replication.Group{}, sockets: map[string]net.Listener{},
		spec: targets.Replication{Members: []string{"a", "b", "c"}, Primary: "a", Mode: mode, Lease: 400 * time.Millisecond, Heartbeat: 20 * time.Millisecond}}
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
		Dial: func(ctx context.Context, member string) (net.Conn, error) {
			f.mu.Lock()
			to := f.sockets[member]
			f.mu.Unlock()
			if to == nil {
				return nil, errors.New("nobody listens")
			}
			var d net.Dialer
			return d.DialContext(ctx, "tcp", to.Addr().String())
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
			go g.Serve(conn)
		}
	}()
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
		return disk.Apply(context.Background(), []replication.Entry{{Position: p, At: at, Operation: []byte(text)}})
	})
	if err != nil {
		return err
	}
	return g.Wait(f.t.Context(), p)
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

func TestPromotionAndReturn(t *testing.T) {
	f := newFleet(t, targets.ModeSynchronous)
	if first := f.primary(); first != "a" {
		t.Fatalf("%s took the first term", first)
	}
	eventually(t, "both replicas are in the synchronous set", func() bool {
		for _, m := range f.groups["a"].Status().Members {
			if !m.Synchronous {
				return false
			}
		}
		return true
	})
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
		if err := f.write("a", want[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"b", "c"} { // synchronous: they have it already
		if got := f.disks[name].operations(); !slices.Equal(got, want) {
			t.Errorf("%s has %v", name, got)
		}
		if err := f.write(name, "x"); !errors.Is(err, replication.ErrNotPrimary) {
			t.Errorf("a write on replica %s: %v", name, err)
		}
	}
	f.stop("a")
	// What a primary had committed and nobody else has.
	lost := f.disks["a"]
	lost.log = append(lost.log, replication.Entry{Position: replication.Position{Term: 1, Index: uint64(len(lost.log) + 1)}, Operation: []byte("lost")})
	next := f.primary()
	if err := f.write(next, "after"); err != nil {
		t.Fatal(err)
	}
	want = append(want, "after")
	var saw []string
	for _, e := range f.groups[next].Events() {
		if slices.Contains([]string{"suspect", "elected", "promoted"}, e.What) {
			saw = append(saw, e.What)
		}
	}
	if !slices.Equal(saw, []string{"suspect", "elected", "promoted"}) {
		t.Errorf("the new primary went through %v", saw)
	}
	f.start("a")
	f.equal(want)
	if len(lost.aside) != 1 || string(lost.aside[0].Operation) != "lost" {
		t.Errorf("kept aside: %v", lost.aside)
	}
	if f.groups["a"].Writable() || f.groups["a"].Status().Primary != next {
		t.Errorf("the old primary: %+v", f.groups["a"].Status())
	}
}

func TestReplacementJoinsWhileWritesGoOn(t *testing.T) {
	f := newFleet(t, targets.ModeSemiSynchronous)
	f.primary()
	var want []string
	write := func(n int) {
		for range n {
			want = append(want, fmt.Sprint(len(want)))
			if err := f.write("a", want[len(want)-1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(50)
	f.stop("c")
	f.disks["c"] = &memory{} // another disk
	f.start("c")
	write(50)
	f.equal(want)
	if s := f.groups["c"].Status(); s.Role != "replica" || s.Primary != "a" {
		t.Errorf("the replacement: %+v", s)
	}
}

func TestWaitersAreFencedWhenTheMemberEnds(t *testing.T) {
	f := newFleet(t, targets.ModeSynchronous)
	f.primary()
	f.stop("b")
	f.stop("c")
	failed := make(chan error, 1)
	go func() { failed <- f.write("a", "x") }()
	eventually(t, "the write is in the log", func() bool { return len(f.disks["a"].operations()) == 1 })
	select {
	case err := <-failed:
		t.Fatalf("a write that nobody else holds: %v", err)
	default:
	}
	f.mu.Lock()
	g := f.groups["a"]
	f.mu.Unlock()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, replication.ErrFenced) {
		t.Errorf("the write: %v, want fenced", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, mode := range targets.Modes() {
		b.Run(string(mode), func(b *testing.B) {
			f := newFleet(b, mode)
			name := f.primary()
			for b.Loop() {
				if err := f.write(name, "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
