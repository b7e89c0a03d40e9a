package database_test

import (
	"fmt"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/machine"
)

// TestReplicaCosts checks what a replica pays for the primary's writes, and that
// their pages are in its memory afterwards.
func TestReplicaCosts(t *testing.T) {
	t.Parallel()
	sp := groupSpec(targets.ModeSemiSynchronous, 10*time.Second, []string{"a", "b"})
	em := emulated()
	sp.PoolPages, sp.Access, sp.Demand = 10, em.Access, em.Demand
	machines, shares := map[string]*machine.Machine{}, map[string]*machine.Share{}
	for _, name := range sp.Replication.Members {
		machines[name] = newMachine(t, targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 10}, Disk: targets.Resource{Slots: 1, Queue: 10}})
		shares[name] = machines[name].For("database")
	}
	c := newCircleOf(t, sp, shares)
	c.primary()
	c.same()
	busy := func(name string) (cpu, disk time.Duration, accesses int64) {
		u, d := machines[name].Usage()
		return u.Busy, d.Busy, d.Served
	}
	cpuA, _, accessesA := busy("a")
	cpuB, diskB, accessesB := busy("b")
	pool := func(name string) (hits, misses float64) {
		m := c.seats[name].server.Metrics()
		return m["pool_hits_total"], m["pool_misses_total"]
	}
	hits, misses := pool("b")
	const posts = 4
	for i := range posts {
		if err := c.exec("a", "INSERT INTO posts VALUES ($1, 1, 'x', 0)", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	c.all("a", "UPDATE users SET city = 'Ulm' WHERE id = 7", "INSERT INTO posts VALUES ('0', 1, 'x', 0) ON CONFLICT DO NOTHING")
	eventually(t, "the replica has applied everything", func() bool {
		return c.seats["a"].server.Metrics()["replication_applied_index"] == c.seats["b"].server.Metrics()["replication_applied_index"]
	})
	nowCPU, _, nowAccesses := busy("a")
	if got, want := nowCPU-cpuA, (posts+2)*writeTime; got != want {
		t.Errorf("the primary's CPU was busy for %v, want %v", got, want)
	}
	// One access for each commit, and one for the page of the row.
	if got, want := nowAccesses-accessesA, int64(posts+2+1); got != want {
		t.Errorf("the primary's disk was accessed %d times, want %d", got, want)
	}
	nowCPU, nowDisk, nowAccesses := busy("b")
	// The write that changed nothing has nothing to be run again.
	if got, want := nowCPU-cpuB, (posts+1)*writeTime; got != want {
		t.Errorf("the replica's CPU was busy for %v, want %v", got, want)
	}
	if n := nowAccesses - accessesB; n < 1 || n > posts+2 || nowDisk-diskB != time.Duration(n)*diskTime {
		t.Errorf("the replica's disk was accessed %d times in %v; want one access for each batch", n, nowDisk-diskB)
	}
	if h, m := pool("b"); h != hits || m != misses {
		t.Errorf("applying counted as %v hits and %v misses of clients", h-hits, m-misses)
	}
	conn := c.connect("b")
	var city string
	if err := conn.QueryRow(t.Context(), "SELECT city FROM users WHERE id = $1", 7).Scan(&city); err != nil || city != "Ulm" {
		t.Errorf("the replica says %q, %v", city, err)
	}
	if h, m := pool("b"); h != hits+1 || m != misses {
		t.Errorf("reading the row that was changed: %v hits, %v misses; want a hit", h-hits, m-misses)
	}
	if n := c.seats["b"].server.Histograms()["replication_lag_ns"]; sum(n.Counts) != posts+1 || n.Sum < float64(writeTime) {
		t.Errorf("%d writes with a lag of %v ns in all", sum(n.Counts), n.Sum)
	}
	if n := sum(c.seats["a"].server.Histograms()["replication_lag_ns"].Counts); n != 0 {
		t.Errorf("%d writes in the primary's lag", n)
	}
}

func sum(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}
