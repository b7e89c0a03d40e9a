package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rung/targets/store"
)

// TestSQLGroupErrors counts what arrives, by what went wrong.
func TestSQLGroupErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		script fakeScript
		reads  int64   // that arrive at the member that fails
		writes bool    // come there again and again, until they work or the time is over
		again  bool    // a read is answered by another one
		state  string  // of the write's error, "" any
		up     float64 // b, after the read
	}{
		{"unknown outcome", fakeScript{code: "40003"}, 1, true, false, "40003", 1},
		{"an ordinary error", fakeScript{code: "22P02"}, 1, false, false, "22P02", 1},
		{"full", fakeScript{code: "53300"}, 1, false, false, "53300", 1},
		{"shutting down", fakeScript{code: "57P01", fatal: true}, 1, true, true, "57P01", 0},
		{"starting", fakeScript{code: "57P03"}, 1, true, true, "57P03", 0},
		{"hanging up", fakeScript{hangUp: true}, 1, true, true, "", 0},
	} {
		t.Run("read "+c.name, func(t *testing.T) {
			leakless(t)
			fakes, members := startFakes(t, "a", "b")
			s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: never, Connections: 1})
			if from := who(t, s); from != "b" {
				t.Fatalf("%s answered", from)
			}
			f := fakes["b"]
			before := f.reads.Load()
			f.script.Store(&c.script)
			u, took, err := s.User(t.Context(), 7)
			if n := f.reads.Load() - before; n != c.reads || (err == nil) != c.again || (err == nil && u.Name != "a") {
				t.Errorf("arrived %d times, %q answered, %v", n, u.Name, err)
			}
			if took.Wait > took.Total {
				t.Errorf("%+v", took)
			}
			sqlMetrics(t, s, map[string]float64{"member_b_up": c.up})
		})
		t.Run("write "+c.name, func(t *testing.T) {
			leakless(t)
			fakes, members := startFakes(t, "a", "b")
			s := openGroup(t, members, store.SQLConfig{Probe: 5 * time.Millisecond, Connections: 1, Timeout: 400 * time.Millisecond})
			f := fakes["a"]
			poll(t, "the primary", func() bool { _, err := s.AddPost(t.Context(), aPost); return err == nil })
			before := f.writes.Load()
			f.script.Store(&c.script)
			took, err := s.AddPost(t.Context(), store.Post{ID: "another"})
			n := f.writes.Load() - before
			if err == nil || (n > 1) != c.writes || took.Wait > took.Total {
				t.Errorf("arrived %d times, %+v, %v", n, took, err)
			}
			if late := int64(took.Statements) - n; late < 0 || late > 1 { // sent when the time was over
				t.Errorf("arrived %d times, %d statements", n, took.Statements)
			}
			// The last error of one that is tried until its time is over may be that
			// there was no primary just then.
			if !c.writes && sqlState(err) != c.state {
				t.Errorf("%v; want SQLSTATE %s", err, c.state)
			}
			if errors.Is(err, context.DeadlineExceeded) != c.writes || !strings.Contains(err.Error(), "member a: ") {
				t.Errorf("%q", err)
			}
			f.script.Store(&fakeScript{})
			poll(t, "the primary", func() bool { _, err := s.AddPost(t.Context(), aPost); return err == nil })
		})
	}
}

// TestSQLGroupRefuses: what was not sent is no statement.
func TestSQLGroupRefuses(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: never, Connections: 1})
	if from := who(t, s); from != "b" {
		t.Fatalf("%s answered", from)
	}
	fakes["b"].stop() // the open session
	fakes["b"].script.Store(&fakeScript{start: "57P03"})
	fakes["b"].start()
	before := fakes["b"].reads.Load()
	if from := who(t, s); from != "a" || fakes["b"].reads.Load() != before {
		t.Errorf("%s answered", from)
	}
	sqlMetrics(t, s, map[string]float64{"member_b_up": 0})
}
