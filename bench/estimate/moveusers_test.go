package estimate_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/bench/estimate"
	"rung/targets"
)

// geo changes the record of the site, and who serves it.
func geo(t *targets.Topology, f func(*targets.Nameserver, *targets.Record)) {
	change(t, func(r *targets.Role) {
		if r.Nameserver != nil {
			f(r.Nameserver, &r.Nameserver.Records[0])
		}
	})
}

// By hand: checks every 0.5 s that may take 1 s, three in a row, and a TTL of
// 2 s. A lookup is two round trips of 0.5 ms, the other data centre 80 ms away.
func TestMoveUsersByHand(t *testing.T) {
	rest := 2*time.Second + 81*time.Millisecond
	one := estimate.Move{Refused: estimate.Range{Low: time.Second, High: 1500*time.Millisecond + rest},
		Vanished: estimate.Range{Low: 3 * time.Second, High: 3500*time.Millisecond + rest}}
	for _, row := range []struct {
		name, region string
		change       func(*targets.Nameserver, *targets.Record)
		want         estimate.Move
	}{
		{"one address at a time", "na", nil, one},
		{"of the other region", "eu", nil, one},
		{"without a region", "", nil, one},
		{"a TTL of no whole seconds", "na", func(_ *targets.Nameserver, r *targets.Record) { r.TTL = 1100 * time.Millisecond }, one},
		{"every address", "na", func(_ *targets.Nameserver, r *targets.Record) { r.Every = true },
			estimate.Move{Refused: estimate.Range{High: 80500 * time.Microsecond}, Vanished: estimate.Range{Low: 80 * time.Millisecond, High: 330 * time.Millisecond}}},
		{"every address of one data centre", "na", func(_ *targets.Nameserver, r *targets.Record) {
			r.Every, r.Regions = true, map[string][]string{"na": {"lb-us"}}
		}, one},
	} {
		s := twoCentres(1, targets.ModeAsynchronous)
		if row.change != nil {
			geo(&s, row.change)
		}
		got, err := estimate.MoveUsers(s, row.region)
		if err != nil || got.Refused != row.want.Refused || got.Vanished != row.want.Vanished || len(got.Derivation) < 2 {
			t.Errorf("%s: %+v (%v), want %+v", row.name, got, err, row.want)
		}
	}
}

// The record's TTL is held against a resolver's cap.
func TestMoveUsersWithACap(t *testing.T) {
	s := twoCentres(1, targets.ModeAsynchronous)
	change(&s, func(r *targets.Role) {
		if r.Resolver != nil {
			r.Resolver.MaxTTL = time.Second
		}
	})
	got, err := estimate.MoveUsers(s, "na")
	if want := 2581 * time.Millisecond; err != nil || got.Refused.High != want {
		t.Errorf("%+v (%v), want up to %v", got, err, want)
	}
}

func TestMoveUsersMistakes(t *testing.T) {
	for _, row := range []struct {
		want   string
		change func(*targets.Topology)
	}{
		{`no region "mars"`, nil},
		{"the address", func(t *targets.Topology) { t.Resolver = "" }},
		{"one data centre", func(t *targets.Topology) {
			for i := range t.Nodes {
				t.Nodes[i].DataCenter = ""
			}
		}},
		{"no role outside", func(t *targets.Topology) {
			geo(t, func(_ *targets.Nameserver, r *targets.Record) { r.Backup, r.Regions = nil, nil })
		}},
		{"checks the roles", func(t *targets.Topology) {
			geo(t, func(n *targets.Nameserver, _ *targets.Record) { n.Health = targets.Health{} })
		}},
		{"checks the roles", func(t *targets.Topology) { // the nameserver is lost with the others
			for i := range t.Nodes {
				if t.Nodes[i].Name == "geo" {
					t.Nodes[i].DataCenter = "us"
				}
			}
		}},
	} {
		s, region := twoCentres(1, targets.ModeAsynchronous), "na"
		if row.change == nil {
			region = "mars"
		} else {
			row.change(&s)
		}
		if _, err := estimate.MoveUsers(s, region); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v, want %q", err, row.want)
		}
	}
}

// Checks and caches with random phases: all times lie in the range, and come
// near both of its ends.
func TestMoveUsersAgainstSimulation(t *testing.T) {
	const interval, timeout, fall, ttl = 0.5, 1.0, 3, 2.0
	m, err := estimate.MoveUsers(twoCentres(1, targets.ModeAsynchronous), "na")
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 4))
	for name, row := range map[string]struct {
		takes float64 // a failed check
		want  estimate.Range
	}{"refused": {0, m.Refused}, "vanished": {timeout, m.Vanished}} {
		var took []float64
		for range 20_000 {
			at := noticedAt(dice.Float64()*interval, interval, row.takes, fall)
			ends := dice.Float64() * ttl // of what is kept, and again after each TTL
			for ends < at {
				ends += ttl
			}
			took = append(took, ends)
		}
		low, high := row.want.Low.Seconds(), row.want.High.Seconds()-0.081
		least, most := slices.Min(took), slices.Max(took)
		t.Logf("%s: %.3g to %.3g s, simulated %.3g to %.3g s", name, low, high, least, most)
		if least < low || most > high || least > low+0.1*(high-low) || most < high-0.1*(high-low) {
			t.Errorf("%s: %.3g to %.3g s, simulated %.3g to %.3g s", name, low, high, least, most)
		}
	}
}

// noticedAt is when the last of some failed checks ends. They come with the
// ticks of a ticker, which keeps one tick for a check that is late.
func noticedAt(first, interval, takes float64, fall int) float64 {
	begins, tick := first, first+interval
	for range fall - 1 {
		ends := begins + takes
		if begins = max(ends, tick); tick > ends {
			tick += interval
			continue
		}
		for tick <= ends {
			tick += interval
		}
	}
	return begins + takes
}

func TestSupervision(t *testing.T) {
	s := targets.Supervisor{Interval: 500 * time.Millisecond, Timeout: 500 * time.Millisecond, Fall: 3, Patience: time.Second}
	if got, want := estimate.Supervision(s), (estimate.Range{Low: time.Second, High: 1500 * time.Millisecond}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := estimate.Supervision(targets.Supervisor{Interval: time.Second}); got != (estimate.Range{High: time.Second}) {
		t.Errorf("one failure: %v", got)
	}
}

func TestRejoin(t *testing.T) {
	r := targets.Replication{Members: []string{"a", "b", "c"}, Lease: 1500 * time.Millisecond, Heartbeat: 100 * time.Millisecond}
	got := estimate.Rejoin(r, estimate.FailoverCosts{RoundTrip: time.Millisecond})
	if want := (estimate.Range{Low: 1501 * time.Millisecond, High: 1601 * time.Millisecond}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	r.Members = r.Members[:2]
	if got := estimate.Rejoin(r, estimate.FailoverCosts{}); got != (estimate.Range{}) {
		t.Errorf("a group of two waits for %v", got)
	}
}

// In a group of three of two data centres and a third place every majority
// needs the wide-area link.
func TestFailoverOfGroup(t *testing.T) {
	s := twoCentres(1, targets.ModeSynchronous)
	for _, role := range []string{"db-us", "db-eu", "db-third"} {
		r, err := estimate.FailoverOfGroup(s, role, time.Second)
		if err != nil || r.Outside != "" {
			t.Fatalf("%+v, %v", r, err)
		}
		trip, commit := 80*time.Millisecond, 10*time.Millisecond
		if want := (estimate.Range{Low: 2*trip + commit, High: 2*trip + 2*commit + 100*time.Millisecond}); r.Decision != want {
			t.Errorf("%s: the decision takes %v, want %v", role, r.Decision, want)
		}
		if want := (estimate.Range{High: 100*time.Millisecond + trip}); r.Convergence != want { // asked every 100 ms, not every second
			t.Errorf("%s: convergence takes %v, want %v", role, r.Convergence, want)
		}
	}
	whole, err := estimate.FailoverOf(s, time.Second)
	one, _ := estimate.FailoverOfGroup(s, "db-eu", time.Second)
	if err != nil || whole.Total() != one.Total() {
		t.Errorf("%v and %v (%v)", whole.Total(), one.Total(), err)
	}
	for _, role := range []string{"db-mars", "lb-us"} {
		if _, err := estimate.FailoverOfGroup(s, role, 0); err == nil {
			t.Errorf("%s is a member of a group", role)
		}
	}
	if _, err := estimate.FailoverOfGroup(shopTopology(1, 2, false), "db", 0); err == nil {
		t.Error("a database that stands alone is a group")
	}
	silent := estimate.Failover(targets.Replication{Members: []string{"a", "b", "c", "d", "e"}, Lease: time.Second, Heartbeat: 50 * time.Millisecond},
		estimate.FailoverCosts{Silent: true})
	if silent.Decision.High != 150*time.Millisecond {
		t.Errorf("with a silent member the decision takes %v", silent.Decision)
	}
}
