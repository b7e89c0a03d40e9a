package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets"
	"rung/targets/store"
)

// never is a Probe that does not come in a test.
const never = time.Hour

func openGroup(t testing.TB, members []store.SQLMember, config store.SQLConfig) *store.SQL {
	t.Helper()
	config.Members = members
	if config.Connections == 0 {
		config.Connections = 4
	}
	if config.Timeout == 0 {
		config.Timeout = roomy
	}
	return openSQL(t, config).(*store.SQL)
}

var aPost = store.Post{ID: "p", User: 1, Text: "x"}

// write writes, fails the test on an error, and returns how many statements it took.
func write(t *testing.T, s *store.SQL) int {
	t.Helper()
	took, err := s.AddPost(t.Context(), aPost)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	return took.Statements
}

// who reads, fails the test on an error, and returns who has answered.
func who(t *testing.T, s *store.SQL) string {
	t.Helper()
	u, _, err := s.User(t.Context(), 7)
	if err != nil || u.ID != 7 {
		t.Fatalf("read: %+v, %v", u, err)
	}
	return u.Name
}

func sqlMetrics(t *testing.T, s *store.SQL, want map[string]float64) {
	t.Helper()
	got := s.Metrics()
	for name, v := range want {
		if g, there := got[name]; !there || g != v {
			t.Errorf("%s is %v; want %v", name, g, v)
		}
	}
}

// promote makes one member the primary and the others replicas.
func promote(fakes map[string]*fakeSQL, name string) {
	for n, f := range fakes {
		if n != name {
			f.standby.Store("on")
		}
	}
	fakes[name].standby.Store("off")
}

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func TestSQLGroupReads(t *testing.T) {
	for _, c := range []struct {
		reads string
		from  string // those that answer
	}{{"", "a"}, {"primary", "a"}, {"replicas", "bc"}, {"all", "abc"}} {
		t.Run(c.reads, func(t *testing.T) {
			leakless(t)
			fakes, members := startFakes(t, "a", "b", "c")
			s := openGroup(t, members, store.SQLConfig{Reads: c.reads, Probe: never})
			counts := map[string]int{}
			for range 100 {
				counts[who(t, s)]++
			}
			write(t, s)
			for name, f := range fakes {
				// Evenly spread, no member gets less than a tenth but once in 10^8.
				if n := counts[name]; strings.Contains(c.from, name) != (n > 0) || (n > 0 && n < 100/len(c.from)/3) || int64(n) != f.reads.Load() {
					t.Errorf("%s answered %d of 100 reads", name, n)
				}
				sqlMetrics(t, s, map[string]float64{"member_" + name + "_reads_total": float64(counts[name])})
			}
			sqlMetrics(t, s, map[string]float64{"reads_total": 100, "writes_total": 1, "member_a_writes_total": 1, "members_up": 3,
				"member_a_primary": 1, "member_b_primary": 0, "member_a_up": 1, "primary_changes_total": 0, "reroutes_total": 0})
		})
	}
}

// TestSQLGroupNearest: the near members are read, the far ones only without them, and the
// near ones again when they are back.
func TestSQLGroupNearest(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	for i := range members {
		members[i].Distance = []time.Duration{40, 1, 1}[i] * time.Millisecond
	}
	s := openGroup(t, members, store.SQLConfig{Reads: "nearest", Probe: 5 * time.Millisecond})
	answers := func(from string) func() bool {
		return func() bool {
			var got string
			for range 30 {
				if name := who(t, s); !strings.Contains(got, name) {
					got += name
				}
			}
			return len(got) == len(from) && strings.Trim(got, from) == ""
		}
	}
	if !answers("bc")() {
		t.Error("not both near ones, or the far one, was read")
	}
	write(t, s)
	fakes["b"].stop()
	if !answers("c")() {
		t.Error("without b not all was read from c")
	}
	fakes["c"].stop()
	if !answers("a")() {
		t.Error("without the near ones not all was read from a")
	}
	fakes["b"].start()
	fakes["c"].start()
	poll(t, "the near ones to be read again", answers("bc"))
}

// TestSQLGroupLostReplicas takes one replica after the other, and no read fails; those
// that come back are read again.
func TestSQLGroupLostReplicas(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: 5 * time.Millisecond})
	answers := func(from string) func() bool {
		return func() bool {
			for range 20 {
				if !strings.Contains(from, who(t, s)) {
					return false
				}
			}
			return true
		}
	}
	if !answers("bc")() {
		t.Error("the primary was read although the replicas are up")
	}
	fakes["b"].stop()
	if !answers("c")() {
		t.Error("without b not all was read from c")
	}
	fakes["c"].stop()
	if !answers("a")() {
		t.Error("without replicas not all was read from the primary")
	}
	sqlMetrics(t, s, map[string]float64{"members_up": 1, "primary_changes_total": 0})
	if n := s.Metrics()["reroutes_total"]; n < 1 || n > 2 {
		t.Errorf("%v reroutes; want one for each replica, if it was used when it went", n)
	}
	fakes["b"].start()
	poll(t, "b to be read again", answers("b"))
	fakes["c"].start()
	poll(t, "c to be read again", func() bool { return who(t, s) == "c" })
	write(t, s)
}

// TestSQLGroupDemoted: a write that came to a replica goes to the new primary at once.
func TestSQLGroupDemoted(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Probe: never})
	for i, name := range []string{"a", "b", "c", "a"} {
		promote(fakes, name)
		want := 2
		if i == 0 {
			want = 1
		}
		if n := write(t, s); n != want {
			t.Errorf("the first write with %s as primary took %d statements; want %d", name, n, want)
		}
		if n := write(t, s); n != 1 {
			t.Errorf("the second write with %s as primary took %d statements; want 1", name, n)
		}
		if got := who(t, s); got != name {
			t.Errorf("%s answered a read of the primary %s", got, name)
		}
	}
	sqlMetrics(t, s, map[string]float64{"primary_changes_total": 3, "reroutes_total": 3, "members_up": 3})
}

// TestSQLGroupHears: who is primary is learned from the answers to reads.
func TestSQLGroupHears(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: never})
	write(t, s)
	promote(fakes, "c")
	poll(t, "the news", func() bool { who(t, s); return s.Metrics()["member_c_primary"] == 1 })
	if n := write(t, s); n != 1 {
		t.Errorf("a write after the news took %d statements", n)
	}
	if n := fakes["c"].writes.Load(); n != 1 {
		t.Errorf("c got %d writes", n)
	}
}

// TestSQLGroupCoalesces: however many writes wait for a primary, each member is asked once
// in 100 ms.
func TestSQLGroupCoalesces(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	fakes["a"].standby.Store("on")
	s := openGroup(t, members, store.SQLConfig{Probe: never, Timeout: 350 * time.Millisecond})
	start := time.Now()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			took, err := s.AddPost(t.Context(), aPost)
			if !errors.Is(err, context.DeadlineExceeded) || took.Statements != 0 || took.Wait > took.Total || took.Wait < took.Total/2 {
				t.Errorf("%+v, %v", took, err)
			}
		})
	}
	all.Wait()
	most := int64(time.Since(start)/(100*time.Millisecond)) + 1
	for name, f := range fakes {
		if n := f.started.Load(); n < 1 || n > most {
			t.Errorf("%s was asked %d times; want at most %d", name, n, most)
		}
	}
	sqlMetrics(t, s, map[string]float64{"writes_total": 0, "members_up": 3, "primary_waits_total": 100})
}

// TestSQLGroupOfOldServers: servers that do not report in_hot_standby are asked.
func TestSQLGroupOfOldServers(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b", "c")
	roles := func(primary string) {
		for name, f := range fakes {
			f.standby.Store("")
			f.show.Store("on")
			if name == primary {
				f.show.Store("off")
			}
		}
	}
	roles("b")
	s := openGroup(t, members, store.SQLConfig{Reads: "replicas", Probe: never})
	write(t, s)
	for range 20 {
		if from := who(t, s); from == "b" {
			t.Error("the primary was read although the replicas are up")
		}
	}
	roles("c")
	if n := write(t, s); n != 2 {
		t.Errorf("a write took %d statements; want 2", n)
	}
	sqlMetrics(t, s, map[string]float64{"primary_changes_total": 1})
}

// TestSQLGroupOfMutes: members that say nothing of themselves are read by "all", but
// none of several is taken for the primary.
func TestSQLGroupOfMutes(t *testing.T) {
	leakless(t)
	fakes, members := startFakes(t, "a", "b")
	for _, f := range fakes {
		f.standby.Store("")
	}
	s := openGroup(t, members, store.SQLConfig{Reads: "all", Probe: never, Timeout: 200 * time.Millisecond})
	poll(t, "an answer", func() bool { _, _, err := s.User(t.Context(), 7); return err == nil })
	if _, err := s.AddPost(t.Context(), aPost); err == nil || !strings.Contains(err.Error(), "no member is known to be the primary") {
		t.Errorf("a write without a primary: %v", err)
	}
	one := openGroup(t, members[:1], store.SQLConfig{Reads: "replicas", Probe: never})
	write(t, one)
	who(t, one)
	sqlMetrics(t, one, map[string]float64{"member_a_reads_total": 1, "member_a_writes_total": 1, "members_up": 1})
	if n := fakes["a"].started.Load() - fakes["b"].started.Load(); n > 2 {
		t.Errorf("an only member was asked: %d sessions", n)
	}
}

// TestSQLGroupOfOneDatabase runs a group of one real server.
func TestSQLGroupOfOneDatabase(t *testing.T) {
	leakless(t)
	server := startSQL(t, sqlSpec(targets.Data{Users: 3}), targets.Machine{})
	s := openGroup(t, []store.SQLMember{{Name: "db", Address: server.address}}, store.SQLConfig{Reads: "all"})
	write(t, s)
	if took, err := s.SetCity(t.Context(), 1, "Oslo"); err != nil || took.Statements != 1 {
		t.Errorf("%+v, %v", took, err)
	}
	if u, _, err := s.User(t.Context(), 1); err != nil || u.City != "Oslo" {
		t.Errorf("%+v, %v", u, err)
	}
	server.stop()
	if _, _, err := s.User(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "member db: ") {
		t.Errorf("without the server: %v", err)
	}
	sqlMetrics(t, s, map[string]float64{"members_up": 0})
	server.start()
	write(t, s)
	sqlMetrics(t, s, map[string]float64{"members_up": 1})
}

func TestSQLGroupConfiguration(t *testing.T) {
	many := make([]store.SQLMember, 65)
	for i := range many {
		many[i] = store.SQLMember{Name: fmt.Sprint(i), Address: "127.0.0.1:1"}
	}
	for name, c := range map[string]store.SQLConfig{
		"no name":   {Members: []store.SQLMember{{Address: "127.0.0.1:1"}}},
		"one name":  {Members: []store.SQLMember{{Name: "a", Address: "127.0.0.1:1"}, {Name: "a", Address: "127.0.0.1:2"}}},
		"address":   {Members: []store.SQLMember{{Name: "a", Address: "127.0.0.1:1"}, {Name: "b", Address: "nowhere"}}},
		"too many":  {Members: many},
		"reads any": {Address: "127.0.0.1:1", Reads: "any"},
		"distance":  {Members: []store.SQLMember{{Name: "a", Address: "127.0.0.1:1", Distance: -1}}},
	} {
		if s, err := store.OpenSQL(t.Context(), c); err == nil {
			s.Close()
			t.Errorf("%s: was accepted", name)
		}
	}
}
