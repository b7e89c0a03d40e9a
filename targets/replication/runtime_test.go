package replication_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/replication"
)

// heard waits until a primary has heard a member so many times more.
func (f *fleet) heard(primary, member string, times int) {
	f.t.Helper()
	var last time.Time
	eventually(f.t, fmt.Sprintf("%s heard %s %d times", primary, member, times), func() bool {
		for _, m := range f.groups[primary].Status().Members {
			if m.Name == member && m.Heard.After(last) {
				last = m.Heard
				times--
			}
		}
		return times < 0
	})
}

func TestPrimaryWithoutAMajorityIsFenced(t *testing.T) {
	f := newFleet(t, targets.ModeAsynchronous)
	f.primary()
	if err := f.write("a", "before"); err != nil {
		t.Fatal(err)
	}
	f.stop("b")
	f.stop("c")
	eventually(t, "a accepts no writes", func() bool { return !f.groups["a"].Writable() })
	if err := f.write("a", "after"); !errors.Is(err, replication.ErrNotPrimary) {
		t.Errorf("a write on a fenced primary: %v", err)
	}
	eventually(t, "a notes it", func() bool { return len(f.happened("a", "fenced")) == 1 })
	if got := f.disks["a"].operations(); !slices.Equal(got, []string{"before"}) {
		t.Errorf("the log: %v", got)
	}
	// It was acknowledged in its time, but nothing is now.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.groups["a"].Wait(ctx, replication.Position{Term: 1, Index: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("a fenced primary acknowledges: %v", err)
	}
	f.start("b")
	f.start("c")
	if err := f.write(f.primary(), "again"); err != nil {
		t.Fatal(err)
	}
	f.equal([]string{"before", "again"})
	f.stop("a")
	told := f.roles["a"]
	for i, primary := range told {
		if primary != (i%2 == 0) {
			t.Errorf("OnRole was told %v", told)
		}
	}
	if len(told)%2 != 0 {
		t.Errorf("a closed member was left a primary: %v", told)
	}
}

func TestSlowStorageHoldsUpNoHeartbeat(t *testing.T) {
	f := newFleet(t, targets.ModeAsynchronous)
	f.primary()
	gate := make(chan struct{})
	c := f.disks["c"]
	c.mu.Lock()
	c.gate = gate
	c.mu.Unlock()
	if err := f.write("a", "x"); err != nil {
		t.Fatal(err)
	}
	f.heard("a", "c", 20)
	if got := c.operations(); len(got) > 0 {
		t.Errorf("c has applied %v", got)
	}
	close(gate)
	f.equal([]string{"x"})
}

func TestCommitHoldsUpNoHeartbeat(t *testing.T) {
	f := newFleet(t, targets.ModeAsynchronous)
	f.primary()
	begun, gate, done := make(chan struct{}), make(chan struct{}), make(chan error)
	g, disk := f.groups["a"], f.disks["a"]
	go func() {
		_, err := g.Append(t.Context(), func(p replication.Position, at time.Time) error {
			close(begun)
			<-gate
			return disk.append(replication.Entry{Position: p, At: at, Operation: []byte("slow")})
		})
		done <- err
	}()
	<-begun
	f.heard("a", "b", 20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Append(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a write that waits for another: %v", err)
	}
	close(gate)
	if err := <-done; err != nil {
		t.Error(err)
	}
	f.equal([]string{"slow"})
}

func TestFailedCommitLeavesTheLog(t *testing.T) {
	f := newFleet(t, targets.ModeSynchronous)
	f.primary()
	broken := errors.New("disk full")
	var first replication.Position
	if _, err := f.groups["a"].Append(t.Context(), func(p replication.Position, _ time.Time) error {
		first = p
		return broken
	}); !errors.Is(err, broken) {
		t.Errorf("the write: %v", err)
	}
	if err := f.write("a", "x"); err != nil {
		t.Fatal(err)
	}
	if s := f.groups["a"].Status(); s.Last != first || s.PrimaryLast != first {
		t.Errorf("the next write is at %v, the failed one was at %v", s.Last, first)
	}
}

// TestBehindACompactedLog has a member come back to a primary whose log does
// not reach back so far.
func TestBehindACompactedLog(t *testing.T) {
	f := newFleet(t, targets.ModeSemiSynchronous)
	f.primary()
	f.equal(nil)
	f.stop("c")
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint(i))
		if err := f.write("a", want[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b"} {
		d := f.disks[name]
		d.mu.Lock()
		d.cut = 20
		d.mu.Unlock()
	}
	f.start("c")
	f.equal(want)
	eventually(t, "c notes that it restored a snapshot, and nothing else", func() bool {
		return slices.Equal(f.happened("c", "diverged", "restored"), []string{"restored"})
	})
	if aside := f.disks["c"].aside; len(aside) > 0 {
		t.Errorf("c put %d entries aside", len(aside))
	}
}

func TestSmallGroups(t *testing.T) {
	for _, mode := range targets.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			alone := newFleet(t, mode, "a")
			if err := alone.write(alone.primary(), "x"); err != nil {
				t.Errorf("alone: %v", err)
			}
			f := newFleet(t, mode, "a", "b")
			if err := f.write(f.primary(), "x"); err != nil {
				t.Fatal(err)
			}
			f.equal([]string{"x"})
			f.stop("b")
			f.disks["b"] = &memory{}
			f.start("b")
			f.equal([]string{"x"})
		})
	}
}

func TestStartRefuses(t *testing.T) {
	dial := func(context.Context, string) (net.Conn, error) { return nil, errors.New("no") }
	good := replication.Config{Self: "a", Storage: &memory{joined: true}, Dial: dial, Spec: targets.Replication{Members: []string{"a", "b", "c"},
		Primary: "b", Mode: targets.ModeSynchronous, Lease: 30 * time.Millisecond, Heartbeat: 10 * time.Millisecond}}
	for _, row := range []struct {
		what   string
		damage func(*replication.Config)
	}{
		{"not one of", func(c *replication.Config) { c.Self = "d" }},
		{"named twice", func(c *replication.Config) { c.Spec.Members = []string{"a", "b", "b"} }},
		{"primary", func(c *replication.Config) { c.Spec.Primary = "d" }},
		{"mode", func(c *replication.Config) { c.Spec.Mode = "eventual" }},
		{"lease", func(c *replication.Config) { c.Spec.Lease = 29 * time.Millisecond }},
		{"heartbeat", func(c *replication.Config) { c.Spec.Heartbeat = 0 }},
		{"storage", func(c *replication.Config) { c.Storage = nil }},
		{"dialer", func(c *replication.Config) { c.Dial = nil }},
	} {
		c := good
		row.damage(&c)
		if g, err := replication.Start(c); err == nil || !strings.Contains(err.Error(), row.what) {
			if g != nil {
				g.Close()
			}
			t.Errorf("%s: %v", row.what, err)
		}
	}
	g, err := replication.Start(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Error(err)
	}
}
