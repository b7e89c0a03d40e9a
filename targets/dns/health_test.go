package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// watchedZone has a site in two regions and one backup of both, with checks
// every 10 s, fall 3, rise 2 and a second of patience.
func watchedZone() (targets.Nameserver, dns.NameserverConfig) {
	spec := regionalZone()
	spec.Records = []targets.Record{{Name: site, Role: "lb-eu", Backup: []string{"web"}, TTL: time.Minute,
		Regions: map[string][]string{"us": {"lb-us"}}}}
	spec.Health = targets.Health{Interval: 10 * time.Second, Timeout: time.Second, Fall: 3, Rise: 2}
	return spec, dns.NameserverConfig{Addresses: regionalAddresses(), Regions: regions(), Seed: 7}
}

// TestDetectionTimes: when a role is down and up again follows from the
// settings, to the nanosecond: at the end of the third failed check after it
// broke, and of the second good one after it healed.
func TestDetectionTimes(t *testing.T) {
	const broken, healed, end = 103 * time.Second, 203 * time.Second, 300 * time.Second
	for _, row := range []struct {
		state string
		late  time.Duration // how long a failed check takes
		down  bool
	}{
		{refuses, 0, true}, {sick, 0, true}, {garbage, 0, true}, {chatty, 0, true},
		{hangs, time.Second, true}, {dark, time.Second, true},
		{lost, 0, false}, {slow, 0, false}, {fine, 0, false},
	} {
		t.Run(row.state, func(t *testing.T) {
			spec, cfg := watchedZone()
			inBubble(t, spec, cfg, func(b *bubble) {
				b.until(broken)
				b.set(row.state, "lb-us")
				b.until(healed)
				if m := b.Metrics(); (m["server_lb-us_up"] == 0) != row.down || m["server_lb-eu_up"] != 1 {
					t.Errorf("lb-us is up: %v, want down: %v", m["server_lb-us_up"], row.down)
				}
				b.set(fine, "lb-us")
				b.until(end)
				checks := b.checked("lb-us")
				after := func(d time.Duration) int {
					return slices.IndexFunc(checks, func(at time.Duration) bool { return at > d })
				}
				want := fmt.Sprintf("%v lb-us down; %v lb-us up", checks[after(broken)+2]+row.late, checks[after(healed)+1])
				if !row.down {
					want = ""
				}
				if got := b.history(); got != want {
					t.Errorf("history is %q, want %q", got, want)
				}
				failed := 0.0
				if row.down {
					failed = 10 // in 100 s
				}
				if m := b.Metrics(); m["checks_total"] != 90 || m["checks_failed_total"] != failed {
					t.Errorf("%v checks and %v failed, want 90 and %v", m["checks_total"], m["checks_failed_total"], failed)
				}
			})
		})
	}
}

// TestFailover: an answer follows the health of those it could name.
func TestFailover(t *testing.T) {
	spec, cfg := watchedZone()
	inBubble(t, spec, cfg, func(b *bubble) {
		const eu, us = "127.33.5.0/24", "127.34.5.0/24"
		at := time.Duration(0)
		step := func(what, wantEU, wantUS string) {
			t.Helper()
			at += 50 * time.Second // more than fall or rise checks take
			b.until(at)
			if gotEU, gotUS := b.ask(eu), b.ask(us); gotEU != wantEU || gotUS != wantUS {
				t.Errorf("%s: eu gets %s and us %s, want %s and %s", what, gotEU, gotUS, wantEU, wantUS)
			}
		}
		if got := b.ask(us); got != usAddress {
			t.Errorf("before any check: %s", got)
		}
		step("all fine", euAddress, usAddress)
		b.set(refuses, "lb-us")
		step("us is lost", euAddress, euAddress)
		b.set(hangs, "lb-eu")
		step("eu too", webAddress, webAddress)
		b.set(sick, "web")
		step("and the backup: fail open", euAddress, usAddress)
		b.set(fine, "lb-eu")
		step("eu is back", euAddress, euAddress)
		b.set(fine, "lb-us", "web")
		step("all are back", euAddress, usAddress)
		if m := b.Metrics(); m["fail_open_total"] != 2 || m["regional_total"] != 13 {
			t.Errorf("%v answers failed open, %v by region; want 2 and 13", m["fail_open_total"], m["regional_total"])
		}
	})
}

// TestChecksAreSpread: those of one nameserver lie evenly in the interval,
// those of several nameservers begin at times of their own.
func TestChecksAreSpread(t *testing.T) {
	firsts := map[time.Duration]bool{}
	for seed := range uint64(4) {
		spec, cfg := watchedZone()
		cfg.Seed = seed
		inBubble(t, spec, cfg, func(b *bubble) {
			b.until(95 * time.Second)
			var phases []time.Duration
			for _, role := range []string{"lb-eu", "lb-us", "web"} {
				checks := b.checked(role)
				for i, at := range checks {
					if i > 0 && at-checks[i-1] != 10*time.Second {
						t.Errorf("%s is checked at %v and %v", role, checks[i-1], at)
					}
				}
				phases = append(phases, checks[0])
			}
			firsts[phases[0]] = true
			slices.Sort(phases)
			const third = 10 * time.Second / 3
			for i, phase := range phases {
				gap := phases[(i+1)%3] - phase
				if i == 2 {
					gap += 10 * time.Second
				}
				if off := (gap - third).Abs(); phase >= 10*time.Second || off > time.Microsecond {
					t.Errorf("first checks at %v: not spread over 10s", phases)
				}
			}
		})
	}
	if len(firsts) != 4 {
		t.Errorf("4 seeds begin at %v", firsts)
	}
}

// TestSlowChecksDoNotPileUp: where patience is longer than the interval, a
// role has one check at a time.
func TestSlowChecksDoNotPileUp(t *testing.T) {
	spec, cfg := watchedZone()
	spec.Health.Timeout = 25 * time.Second
	inBubble(t, spec, cfg, func(b *bubble) {
		b.set(hangs, "lb-us")
		b.until(300 * time.Second)
		checks := b.checked("lb-us")
		if len(checks) < 8 {
			t.Errorf("%d checks in 300s", len(checks))
		}
		for i := 1; i < len(checks); i++ {
			if checks[i]-checks[i-1] < 25*time.Second {
				t.Errorf("checks begin at %v: one before the last had ended", checks)
			}
		}
	})
}

// TestServeEndsChecks: none begins after, one under way says nothing, and what
// was found is remembered when it serves again.
func TestServeEndsChecks(t *testing.T) {
	f := newFleet(t, shopIP)
	spec, cfg := watchedZone()
	spec.Health = targets.Health{Interval: 5 * time.Millisecond, Timeout: time.Hour, Fall: 1, Rise: 1}
	var hanging atomic.Int64
	cfg.Dial = func(ctx context.Context, role string) (net.Conn, error) {
		if role == "lb-us" {
			return nil, fmt.Errorf("connect: refused")
		}
		hanging.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	n, err := dns.NewNameserverWith(spec, cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop := f.serve(shopIP, n)
	eventually(t, "lb-us is down and the others are being checked", func() bool {
		return len(n.Events()) == 1 && hanging.Load() == 2
	})
	stop()
	m := n.Metrics()
	if m["server_lb-us_up"] != 0 || m["server_lb-eu_up"] != 1 || m["server_web_up"] != 1 || m["checks_total"] != m["checks_failed_total"] {
		t.Errorf("after the end: %v", m)
	}
	if e := n.Events()[0]; !strings.Contains(e.Cause, "refused") || e.Role != "" || e.What != "down" || e.Subject != "lb-us" {
		t.Errorf("event %+v", e)
	}
	if again := n.Metrics(); again["checks_total"] != m["checks_total"] {
		t.Error("checks go on after Serve")
	}
}

// TestChecksOverTCP has a real HTTP server that breaks and heals.
func TestChecksOverTCP(t *testing.T) {
	f := newFleet(t, shopIP)
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	spec, cfg := watchedZone()
	spec.Health = targets.Health{Interval: 5 * time.Millisecond, Timeout: patience, Fall: 2, Rise: 2}
	cfg.Dial = func(ctx context.Context, role string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	n, err := dns.NewNameserverWith(spec, cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.serve(shopIP, n)
	wantAddress(t, f.ask(shopIP, site, mdns.TypeA, from("127.34.0.0/24")), usAddress, 60)
	broken.Store(true)
	eventually(t, "all are down", func() bool { return len(n.Events()) == 3 })
	wantAddress(t, f.ask(shopIP, site, mdns.TypeA, from("127.34.0.0/24")), usAddress, 60)
	broken.Store(false)
	eventually(t, "all are up", func() bool { return len(n.Events()) == 6 })
	if m := n.Metrics(); m["fail_open_total"] != 1 || m["server_lb-us_up"] != 1 {
		t.Errorf("metrics %v", m)
	}
}
