package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/database"
	"rung/targets/machine"
	"rung/targets/store"
)

// startGroup starts a replicated database without users. All but the first member, which
// is the primary, take a while to apply what they get.
func startGroup(t *testing.T, names ...string) []store.SQLMember {
	t.Helper()
	clk := clock.New()
	t.Cleanup(clk.Close)
	spec := sqlSpec(targets.Data{})
	spec.Access = targets.Law{Mean: 50 * time.Millisecond}
	spec.Replication = &targets.Replication{Members: names, Primary: names[0], Mode: targets.ModeAsynchronous,
		Lease: 10 * time.Second, Heartbeat: 100 * time.Millisecond}
	listeners, members := map[string]net.Listener{}, []store.SQLMember{}
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[name] = l
		members = append(members, store.SQLMember{Name: name, Address: l.Addr().String()})
	}
	for i, name := range names {
		config := database.Config{Role: name, Directory: t.TempDir(), Dial: func(ctx context.Context, member string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", listeners[member].Addr().String())
		}}
		if i > 0 {
			config.Share = machine.New(clk, targets.Machine{Disk: targets.Resource{Slots: 1, Queue: 1000}}, 1).For(name)
		}
		server, err := database.New(spec, config)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- server.Serve(context.Background(), listeners[name]) }()
		t.Cleanup(func() {
			if err := errors.Join(server.Close(), <-done); err != nil {
				t.Errorf("stop %s: %v", name, err)
			}
		})
	}
	return members
}

// TestReplicasHaveWhatWasCopied: after a switch, reads go to replicas of the new shard,
// which apply what they get later than the primary does.
func TestReplicasHaveWhatWasCopied(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	data := targets.Data{Users: 30, OrdersPerUser: 2}
	f := startFleet(t, data, fourShards())
	f.groups = map[string][]store.SQLMember{"s3": startGroup(t, "a", "b", "c")}
	s := f.open(false)
	for user := int64(1); user <= 6; user++ {
		want := fmt.Sprintf("city %d", user)
		if _, err := s.SetCity(t.Context(), user, want); err != nil {
			t.Fatal(err)
		}
		m := targets.Move{Users: []int64{user}, To: []string{"s3"}, Patience: time.Minute}
		apply(t, s, m, targets.PhaseHold)
		if _, err := s.Copy(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		apply(t, s, m, targets.PhaseSwitch)
		for range 4 {
			u, _, err := s.User(t.Context(), user)
			orders, _, fault := s.Orders(t.Context(), user)
			if err != nil || fault != nil || u.City != want || len(orders) != 2 {
				t.Errorf("user %d is %+v with %v; %v, %v", user, u, orders, err, fault)
			}
		}
		apply(t, s, m, targets.PhaseRelease)
	}
	metrics := s.Metrics()
	if metrics["shard_s3_member_b_reads_total"] == 0 || metrics["shard_s3_member_a_reads_total"] > 0 {
		t.Errorf("the replicas were not asked: %v", metrics)
	}
}
