package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets/store"
)

// TestSQLGroupFailover kills the primary. Writes fail until there is another one, and
// then they go there; what was the primary comes back as a replica.
func TestSQLGroupFailover(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: 5 * time.Millisecond})
	write(t, s)
	fakes["a"].stop()
	for i := range 5 {
		took, err := s.AddPost(t.Context(), aPost)
		if err == nil {
			t.Fatalf("write %d worked without a primary", i)
		}
		if i == 0 && !strings.Contains(err.Error(), "member a: ") {
			t.Errorf("the first write failed with %q, which does not name the member", err)
		}
		if took.Wait > took.Total || took.Statements > 1 {
			t.Errorf("write %d: %+v", i, took)
		}
		if from := who(t, s); from == "a" {
			t.Error("the dead answers")
		}
	}
	promote(fakes, "b")
	poll(t, "the new primary", func() bool { _, err := s.AddPost(t.Context(), aPost); return err == nil })
	sqlMetrics(t, s, map[string]float64{"primary_changes_total": 1, "members_up": 2, "member_a_up": 0, "member_b_primary": 1})
	fakes["a"].start()
	poll(t, "a to be up", func() bool { return s.Metrics()["member_a_up"] == 1 })
	before := fakes["a"].writes.Load()
	for range 5 {
		write(t, s)
	}
	if n := fakes["a"].writes.Load() - before; n != 0 {
		t.Errorf("a replica got %d writes", n)
	}
	sqlMetrics(t, s, map[string]float64{"primary_changes_total": 1})
}

// TestSQLGroupStuck has a primary that takes connections and says nothing. Its calls
// take as long as they may, but the others find the new primary.
func TestSQLGroupStuck(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: 5 * time.Millisecond, Timeout: 100 * time.Millisecond})
	poll(t, "the primary", func() bool { _, err := s.AddPost(t.Context(), aPost); return err == nil })
	stuck := make(chan struct{})
	fakes["a"].script.Store(&fakeScript{stuck: stuck})
	t.Cleanup(func() { close(stuck) }) // before it is stopped
	if _, err := s.AddPost(t.Context(), aPost); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "member a: ") {
		t.Errorf("the write on its way: %v", err)
	}
	promote(fakes, "b")
	poll(t, "the new primary", func() bool { _, err := s.AddPost(t.Context(), aPost); return err == nil })
	poll(t, "a to be left alone", func() bool { return s.Metrics()["member_a_up"] == 0 })
	sqlMetrics(t, s, map[string]float64{"primary_changes_total": 1, "member_b_primary": 1})
}

// TestSQLGroupSilent: a member that owes an answer is asked whether it is up, long
// before the call's own time-out.
func TestSQLGroupSilent(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: 5 * time.Millisecond, Timeout: 2 * time.Second})
	if from := who(t, s); from != "b" {
		t.Fatalf("%s answered", from)
	}
	stuck := make(chan struct{})
	fakes["b"].script.Store(&fakeScript{stuck: stuck})
	ctx, cancel := context.WithCancel(t.Context())
	var owed sync.WaitGroup
	owed.Go(func() {
		if _, _, err := s.User(ctx, 1); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stuck member answered: %v", err)
		}
	})
	poll(t, "b to be left alone", func() bool { return s.Metrics()["member_b_up"] == 0 })
	if from := who(t, s); from != "a" {
		t.Errorf("%s answered", from)
	}
	cancel()
	owed.Wait()
	close(stuck)
	fakes["b"].script.Store(&fakeScript{})
	poll(t, "b to be read again", func() bool { return who(t, s) == "b" })
}

// TestSQLGroupCloses in the middle of everything.
func TestSQLGroupCloses(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: time.Millisecond})
	who(t, s)
	stuck := make(chan struct{})
	for _, f := range fakes {
		f.script.Store(&fakeScript{stuck: stuck})
	}
	t.Cleanup(func() { close(stuck) })
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if i%2 == 0 {
				if _, err := s.AddPost(t.Context(), aPost); err == nil {
					t.Error("a write worked")
				}
			} else if _, _, err := s.User(t.Context(), 1); err == nil {
				t.Error("a read worked")
			}
		})
	}
	poll(t, "stuck clients", func() bool { return fakes["a"].clients()+fakes["b"].clients()+fakes["c"].clients() >= 4 })
	s.Close()
	all.Wait()
	s.Close()
	if _, _, err := s.User(t.Context(), 1); err == nil {
		t.Error("a closed store answers")
	}
}
