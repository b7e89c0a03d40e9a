package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets/store"
)

// TestSQLGroupFailover kills the primary. Writes wait until there is another one and go
// there, reads go on; what was the primary comes back as a replica.
func TestSQLGroupFailover(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: 5 * time.Millisecond})
	write(t, s)
	fakes["a"].stop()
	const writers = 20
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			took, err := s.AddPost(t.Context(), store.Post{ID: fmt.Sprint(i)})
			if err != nil || took.Statements > 2 || took.Wait > took.Total {
				t.Errorf("write %d: %+v, %v", i, took, err)
			}
		})
	}
	poll(t, "writes that wait", func() bool { return s.Metrics()["primary_waits_total"] >= writers })
	for range 5 {
		if from := who(t, s); from == "a" {
			t.Error("the dead answers")
		}
	}
	promote(fakes, "b")
	all.Wait()
	for i := range writers {
		if n, _ := fakes["b"].group.count(fmt.Sprint(i)); n != 1 {
			t.Errorf("write %d was carried out %d times", i, n)
		}
	}
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
// before the call's own time-out, and then others are asked for what it owes.
func TestSQLGroupSilent(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: 5 * time.Millisecond})
	if from := who(t, s); from != "b" {
		t.Fatalf("%s answered", from)
	}
	stuck := make(chan struct{})
	fakes["b"].script.Store(&fakeScript{stuck: stuck})
	u, took, err := s.User(t.Context(), 7)
	if err != nil || u.Name != "a" || took.Statements != 2 {
		t.Errorf("%q answered, %+v, %v", u.Name, took, err)
	}
	sqlMetrics(t, s, map[string]float64{"member_b_up": 0})
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
