package store_test

import (
	"bufio"
	"context"
	"net"
	"testing"
	"time"

	"rung/targets/ring"
	"rung/targets/shop"
	"rung/targets/store"
)

// TestDeadNode kills one of three nodes: its keys, and only those, are read from the
// store behind; when it is back, it is used again after one hold.
func TestDeadNode(t *testing.T) {
	leakless(t)
	const users = 60
	h := newHands()
	servers, nodes := startTier(t, h, 3)
	c := openCached(t, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy, Connections: 2, Hold: time.Second, Now: h.now})
	places := ring.NewConsistent(0, 100, "a", "b", "c")
	lives := map[int64]string{}
	dead := 0.0
	for id := int64(1); id <= users; id++ {
		read(t, c, id, "old")
		lives[id] = places.Locate(shop.UserKey(id))
		if lives[id] == "b" {
			dead++
		}
	}
	if dead < 5 || dead > users-10 {
		t.Fatalf("%v of %d keys live on b", dead, users)
	}
	pass := func(what string, hit func(node string) bool) {
		t.Helper()
		for id := int64(1); id <= users; id++ {
			if took := read(t, c, id, "old"); (took.Outcome == store.OutcomeHit) != hit(lives[id]) {
				t.Errorf("%s: key %d of node %s: %+v", what, id, lives[id], took)
			}
		}
	}
	all := func(string) bool { return true }
	others := func(node string) bool { return node != "b" }
	pass("all are up", all)
	servers["b"].stop()
	pass("b is dead", others)
	// Three failures open the circuit, and the rest are not sent.
	metrics(t, c, map[string]float64{"cache_errors_total": 3, "cache_skipped_total": dead - 3, "cache_nodes_down": 1})
	servers["b"].start()
	pass("b is back, and left alone", others)
	h.advance(time.Second)
	pass("b is asked again, and empty", others)
	metrics(t, c, map[string]float64{"cache_nodes_down": 0})
	pass("b is warm", all)
	servers["b"].stop()
	servers["b"].start()
	pass("b was restarted without being missed", others)
	pass("b is warm again", all)
	metrics(t, c, map[string]float64{"cache_errors_total": 3, "cache_skipped_total": 2*dead - 3})
}

// TestSilentNode has a node that takes commands and does not answer: each request waits
// for one time-out at most, and after three the node is left alone but for one trial
// with each hold.
func TestSilentNode(t *testing.T) {
	leakless(t)
	h := newHands()
	end := make(chan struct{})
	address := fakeServer(t, func(_ *bufio.Reader, command string) string {
		if command == "HELLO" {
			return "-ERR unknown command\r\n"
		}
		<-end
		return ""
	})
	t.Cleanup(func() { close(end) })
	inner := newRows()
	c := openCached(t, inner, store.CacheConfig{Nodes: []store.CacheNode{{Name: "a", Address: address}},
		Timeout: 20 * time.Millisecond, Hold: time.Second, Now: h.now, Invalidate: true})
	asked := func(want bool) {
		t.Helper()
		outcome := store.OutcomeSkipped
		if want {
			outcome = store.OutcomeMiss
		}
		if took := read(t, c, 1, "old"); took.Outcome != outcome || took.Statements != 1 {
			t.Errorf("%+v; want the outcome %s", took, outcome)
		}
	}
	for _, want := range []bool{true, true, true, false, false} {
		asked(want)
	}
	h.advance(999 * time.Millisecond)
	asked(false)
	h.advance(time.Millisecond)
	asked(true) // the trial fails
	asked(false)
	h.advance(time.Second)
	asked(true)
	asked(false)
	if err := c.Forget(t.Context(), 1); err == nil {
		t.Error("a deletion that was not answered is no error")
	}
	asked(false)
	metrics(t, c, map[string]float64{"cache_errors_total": 7, "cache_skipped_total": 6, "cache_nodes_down": 1, "cache_hits_total": 0, "cache_loads_total": 11})
}

// TestImpatientCallers: a caller that gives up says nothing about the node.
func TestImpatientCallers(t *testing.T) {
	leakless(t)
	h := newHands()
	stuck := make(chan struct{})
	dial := func(ctx context.Context, node, network, address string) (net.Conn, error) {
		if node != "a" || network != "tcp" {
			t.Errorf("dialled %s of %s", network, node)
		}
		select {
		case <-stuck:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	_, nodes := startTier(t, h, 1)
	c := openCached(t, newRows(), store.CacheConfig{Nodes: nodes, Timeout: roomy, Now: h.now, Dial: dial})
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if _, _, err := c.User(ctx, 1); err == nil {
			t.Error("a read worked without a connection")
		}
		cancel()
	}
	metrics(t, c, map[string]float64{"cache_nodes_down": 0, "cache_errors_total": 0, "cache_misses_total": 0})
	close(stuck)
	read(t, c, 1, "old")
	if took := read(t, c, 1, "old"); took.Outcome != store.OutcomeHit {
		t.Errorf("afterwards: %+v", took)
	}
}

// TestBusyNode: a node that says BUSY is alive; its answer is a miss, and it is asked
// again.
func TestBusyNode(t *testing.T) {
	leakless(t)
	address := fakeServer(t, func(_ *bufio.Reader, command string) string { return "-BUSY the queue of the machine is full\r\n" })
	c := openCached(t, newRows(), store.CacheConfig{Nodes: []store.CacheNode{{Name: "a", Address: address}}, Timeout: roomy})
	for range 6 {
		if took := read(t, c, 1, "old"); took.Outcome != store.OutcomeMiss {
			t.Errorf("%+v", took)
		}
	}
	metrics(t, c, map[string]float64{"cache_errors_total": 6, "cache_nodes_down": 0})
}
