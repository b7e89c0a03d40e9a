package estimate_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/estimate"
	"rung/targets"
)

func TestLoggedOut(t *testing.T) {
	for _, row := range []struct {
		name   string
		webs   int
		sticky bool
		store  targets.SessionStore
		want   float64
		fails  bool
	}{
		{"own memory, sticky", 3, true, targets.SessionsMemory, 1.0 / 3, false},
		{"own memory by default", 2, true, "", 0.5, false},
		{"one server", 1, false, "", 1, false},
		{"own memory, any server", 3, false, "", 0, true},
		{"database", 3, false, targets.SessionsDatabase, 0, false},
		{"cache", 3, false, targets.SessionsCache, 0, false},
		{"volume", 3, true, targets.SessionsVolume, 0, false},
		{"cookie", 3, false, targets.SessionsCookie, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := shopTopology(row.webs, 2, false)
			change(&s, func(r *targets.Role) {
				if r.Balancer != nil {
					r.Balancer.Sticky = row.sticky
				}
			})
			keepSessions(&s, row.store, 0)
			got, lines, err := estimate.LoggedOut(s)
			if (err != nil) != row.fails || got != row.want || (err == nil && len(lines) == 0) {
				t.Errorf("%v of the users, %q, %v", got, lines, err)
			}
		})
	}
}

func TestServers(t *testing.T) {
	for _, row := range []struct {
		rate, demand float64
		slots        int
		target       float64
		want         int
	}{
		{0, 7.2 * ms, 2, 0.6, 1}, {150, 7.2 * ms, 2, 0.6, 1}, {167, 7.2 * ms, 2, 0.6, 2}, {330, 7.2 * ms, 2, 0.6, 2}, {400, 7.2 * ms, 2, 0.6, 3},
		{300, 10 * ms, 2, 0.5, 3}, {301, 10 * ms, 2, 0.5, 4},
	} {
		if got, err := estimate.Servers(row.rate, row.demand, row.slots, row.target); err != nil || got != row.want {
			t.Errorf("%+v: got %d, %v", row, got, err)
		}
	}
	for _, row := range []struct {
		slots  int
		target float64
		rate   float64
	}{{0, 0.6, 1}, {1, 0, 1}, {1, 0.5, -1}, {1, 0.5, math.NaN()}, {1, 0.5, math.Inf(1)}} {
		if got, err := estimate.Servers(row.rate, 1, row.slots, row.target); err == nil {
			t.Errorf("%+v: got %d servers", row, got)
		}
	}
}

// So many servers keep the use at the target, and one less would not.
func TestServersAreEnoughAndNotTooMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, demand := rapid.Float64Range(0, 5000).Draw(t, "rate"), rapid.Float64Range(0, 0.5).Draw(t, "demand")
		slots, target := rapid.IntRange(1, 16).Draw(t, "slots"), rapid.Float64Range(0.05, 1).Draw(t, "target")
		n, err := estimate.Servers(rate, demand, slots, target)
		if err != nil {
			t.Fatal(err)
		}
		use := func(n int) float64 { return rate * demand / float64(n*slots) }
		if use(n) > target*(1+1e-6) || (n > 1 && use(n-1) <= target) {
			t.Fatalf("%d servers are used %v, one less %v", n, use(n), use(n-1))
		}
	})
}

func TestServersWanted(t *testing.T) {
	s := shopTopology(3, 2, false)
	if _, err := estimate.ServersWanted(s, 100, 7.2*ms); err == nil {
		t.Error("servers are wanted without an autoscaler")
	}
	standby(&s)
	for rate, want := range map[float64]int{50: 1, 300: 2, 5000: 3} {
		if got, err := estimate.ServersWanted(s, rate, 7.2*ms); err != nil || got != want {
			t.Errorf("%v/s: %d, %v", rate, got, err)
		}
	}
	s.Autoscale.Nodes[0] = "nobody"
	if _, err := estimate.ServersWanted(s, 100, 7.2*ms); err == nil {
		t.Error("a node that is not there is scaled")
	}
}
