package store_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets/store"
)

// fakeTime runs a test with a group of members a, b and c, a being the primary, whose
// connections are in memory, and whose time is not real.
func fakeTime(t *testing.T, config store.SQLConfig, test func(*testing.T, *store.SQL, map[string]*fakeSQL)) {
	synctest.Test(t, func(t *testing.T) {
		names := []string{"a", "b", "c"}
		fakes := makeFakes(t, names...)
		for _, name := range names {
			fakes[name].sessions = map[net.Conn]bool{}
			config.Members = append(config.Members, store.SQLMember{Name: name, Address: name + ":1"})
		}
		config.Connections = 8
		config.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			name, _, _ := strings.Cut(address, ":")
			return fakes[name].dial()
		}
		s, err := store.OpenSQL(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			s.Close()
			for _, f := range fakes {
				f.stop()
			}
		}()
		write(t, s.(*store.SQL))
		test(t, s.(*store.SQL), fakes)
	})
}

// TestSQLFailoverMidStatement: the primary dies under a write, and there is a new one a
// second later. The write works, once, whether the old one had carried it out or not.
func TestSQLFailoverMidStatement(t *testing.T) {
	for name, c := range map[string]struct {
		script  fakeScript
		carried int
	}{
		"carried out":     {fakeScript{dies: true}, 2},
		"not carried out": {fakeScript{hangUp: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			fakeTime(t, store.SQLConfig{Probe: 2 * time.Second}, func(t *testing.T, s *store.SQL, fakes map[string]*fakeSQL) {
				fakes["a"].script.Store(&c.script)
				const failover = time.Second
				dead := make(chan struct{})
				go func() {
					defer close(dead)
					// A primary that hangs up is gone before it can be asked again.
					for fakes["a"].writes.Load() < 2 {
						time.Sleep(time.Microsecond)
					}
					fakes["a"].kill()
					time.Sleep(failover)
					promote(fakes, "b")
				}()
				took, err := s.AddPost(t.Context(), store.Post{ID: "once", User: 1, Text: "x"})
				<-dead
				if err != nil {
					t.Fatal(err)
				}
				carried, rows := fakes["b"].group.count("once")
				if carried != c.carried || rows != 2 { // with the first one of all tests
					t.Errorf("carried out %d times, %d rows", carried, rows)
				}
				if took.Statements < 2 || fakes["b"].writes.Load() != 1 {
					t.Errorf("%d statements, %d at the new primary", took.Statements, fakes["b"].writes.Load())
				}
				// Members are asked every 100 ms meanwhile, and time is not real.
				if took.Total < failover || took.Total > failover+250*time.Millisecond || took.Wait < failover-10*time.Millisecond || took.Wait > took.Total {
					t.Errorf("%+v", took)
				}
				sqlMetrics(t, s, map[string]float64{"primary_changes_total": 1, "member_b_primary": 1, "member_a_up": 0})
			})
		})
	}
}

// TestSQLFailoverOfManyKinds: whatever needs the primary waits for it.
func TestSQLFailoverOfManyKinds(t *testing.T) {
	fakeTime(t, store.SQLConfig{Probe: 2 * time.Second, Denormalised: true}, func(t *testing.T, s *store.SQL, fakes map[string]*fakeSQL) {
		fakes["a"].kill()
		var all sync.WaitGroup
		for name, call := range map[string]func() error{
			"photo": func() error { _, err := s.AddPhoto(t.Context(), store.Post{ID: "photo"}); return err },
			"city": func() error {
				took, err := s.SetCity(t.Context(), 1, "Oslo")
				if took.Total < time.Second || took.Statements < 2 {
					t.Errorf("city: %+v", took)
				}
				return err
			},
			"copies":  func() error { _, err := s.SetCopies(t.Context(), 1, "Oslo"); return err },
			"session": func() error { _, err := s.Keeper(time.Now).Put(t.Context(), "k", nil, time.Hour); return err },
			"read":    func() error { _, _, err := s.User(t.Context(), 1); return err },
		} {
			all.Go(func() {
				if err := call(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		time.Sleep(time.Second)
		promote(fakes, "c")
		all.Wait()
	})
}

// TestSQLFailoverThatNeverComes: a call without a primary takes its time-out and no longer,
// and the end of its context ends it at once.
func TestSQLFailoverThatNeverComes(t *testing.T) {
	fakeTime(t, store.SQLConfig{Probe: time.Second, Timeout: 3 * time.Second}, func(t *testing.T, s *store.SQL, fakes map[string]*fakeSQL) {
		fakes["a"].kill()
		for range 2 {
			took, err := s.AddPost(t.Context(), aPost)
			if !errors.Is(err, context.DeadlineExceeded) || took.Total != 3*time.Second {
				t.Errorf("%+v, %v", took, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, err := s.AddPost(ctx, aPost); !errors.Is(err, context.DeadlineExceeded) || took.Total != time.Second {
			t.Errorf("%+v, %v", took, err)
		}
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			s.Close()
		}()
		if _, err := s.AddPost(t.Context(), aPost); err == nil || time.Since(began) != time.Second {
			t.Errorf("closed after %v: %v", time.Since(began), err)
		}
	})
}

// TestSQLFailoverOfTheSilent cuts the primary off: its connections stay, and nothing comes
// back. What it owes goes to the new primary, long before the time-out.
func TestSQLFailoverOfTheSilent(t *testing.T) {
	fakeTime(t, store.SQLConfig{Probe: 500 * time.Millisecond, Timeout: 10 * time.Second}, func(t *testing.T, s *store.SQL, fakes map[string]*fakeSQL) {
		stuck := make(chan struct{})
		defer close(stuck)
		fakes["a"].script.Store(&fakeScript{stuck: stuck})
		go func() {
			time.Sleep(time.Second)
			promote(fakes, "b")
		}()
		took, err := s.AddPost(t.Context(), store.Post{ID: "once"})
		carried, _ := fakes["b"].group.count("once")
		// In doubt after two looks, asked for a second, and then tried elsewhere.
		if err != nil || took.Statements != 2 || carried != 1 || took.Total > 3*time.Second {
			t.Errorf("%+v, carried out %d times, %v", took, carried, err)
		}
		sqlMetrics(t, s, map[string]float64{"member_a_up": 0, "member_b_primary": 1})
	})
}

// TestSQLFailoverPaces: a primary that fails every statement is not asked all the time.
func TestSQLFailoverPaces(t *testing.T) {
	for name, script := range map[string]fakeScript{"hanging up": {hangUp: true}, "unknown outcome": {code: "40003"}, "read-only": {code: "25006"}} {
		t.Run(name, func(t *testing.T) {
			fakeTime(t, store.SQLConfig{Timeout: 10 * time.Second}, func(t *testing.T, s *store.SQL, fakes map[string]*fakeSQL) {
				fakes["a"].script.Store(&script)
				took, err := s.AddPost(t.Context(), aPost)
				if !errors.Is(err, context.DeadlineExceeded) || took.Statements < 50 || took.Statements > 110 || took.Total != 10*time.Second {
					t.Errorf("%+v, %v", took, err)
				}
			})
		})
	}
}
