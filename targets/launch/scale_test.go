package launch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/launch"
)

// cell is a site of five machines: a balancer that checks its servers' health,
// two web servers, a cache and a small database.
const cell = 5

// cells is a topology of n nodes, a multiple of five. Cells share nothing, so
// that what each costs may only grow because others are there. In a mesh every
// balancer has all web servers, and every web server all caches: wires and
// health checks grow with the square of the nodes.
func cells(n int, mesh bool) targets.Topology {
	machine := targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100}}
	t := targets.Topology{Name: fmt.Sprintf("scale-%d", n), Site: "www.shop.example.", Entry: "lb-1", TimeScale: 20}
	link := func(from string, to ...string) {
		for _, name := range to {
			t.Links = append(t.Links, targets.Link{From: from, To: name, OneWay: 250 * time.Microsecond})
		}
	}
	var webs, caches []string
	for i := range n / cell {
		webs = append(webs, fmt.Sprintf("web-a-%d", i+1), fmt.Sprintf("web-b-%d", i+1))
		caches = append(caches, fmt.Sprintf("cache-%d", i+1))
	}
	for i := range n / cell {
		name := func(kind string) string { return fmt.Sprintf("%s-%d", kind, i+1) }
		lb, a, b, cache, db := name("lb"), name("web-a"), name("web-b"), name("cache"), name("db")
		servers, shelves := []string{a, b}, []string{cache}
		if mesh {
			servers, shelves = webs, caches
		}
		web := func() *targets.Web {
			return &targets.Web{Store: db, Connections: 8, SessionTTL: time.Hour, AssetSizes: []int{1024},
				Cache: &targets.ReadThrough{Nodes: shelves, VirtualNodes: 100, Connections: 8, Timeout: time.Second,
					Hold: time.Second, Coalesce: true, Invalidate: true}}
		}
		for _, r := range []targets.Role{
			{Name: lb, Kind: targets.KindBalancer, Balancer: &targets.Balancer{Servers: servers, Policy: targets.PolicyRoundRobin,
				Timeout: time.Second, Health: targets.Health{Interval: 100 * time.Millisecond, Timeout: 100 * time.Millisecond, Fall: 3, Rise: 2}}},
			{Name: a, Kind: targets.KindWeb, Web: web()},
			{Name: b, Kind: targets.KindWeb, Web: web()},
			{Name: cache, Kind: targets.KindCache, Cache: &targets.Cache{Bytes: 1 << 20, Policy: targets.EvictionLRU, Connections: 100}},
			{Name: db, Kind: targets.KindDatabase, Database: &targets.Database{Data: targets.Data{Users: 100, OrdersPerUser: 2},
				Fsync: targets.FsyncFull, Connections: 50}},
		} {
			t.Nodes = append(t.Nodes, targets.Node{Name: r.Name, Machine: machine, Roles: []targets.Role{r}})
		}
		link(targets.Clients, lb)
		link(lb, servers...)
		link(a, append([]string{db}, shelves...)...)
		link(b, append([]string{db}, shelves...)...)
	}
	return t
}

// usage is what processes hold of the real machine.
type usage struct {
	pss          int64 // bytes; pages that processes share count in parts
	threads, fds int
}

func (u *usage) add(o usage) { u.pss, u.threads, u.fds = u.pss+o.pss, u.threads+o.threads, u.fds+o.fds }

// of is a file of /proc (Linux) about a process.
func of(pid int, path string) string { return filepath.Join("/proc", strconv.Itoa(pid), path) }

// spent is the CPU time of every node of a system, by the scheduler's own
// count in nanoseconds. That of threads that have ended is not in it, but a Go
// program keeps its threads.
func spent(b *testing.B, s *launch.System) (cpu time.Duration) {
	b.Helper()
	for _, n := range s.Topology().Nodes {
		tasks, err := filepath.Glob(of(s.PID(n.Name), "task/*/schedstat"))
		if err != nil || len(tasks) == 0 {
			b.Skip("SKIPPED: this system does not tell in /proc what a thread has used")
		}
		for _, file := range tasks {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // the thread has just ended
			}
			on, _, _ := strings.Cut(string(text), " ")
			ns, err := strconv.ParseInt(on, 10, 64)
			if err != nil {
				b.Fatalf("%s: %v", file, err)
			}
			cpu += time.Duration(ns)
		}
	}
	return cpu
}

// holds is what every node of a system has.
func holds(b *testing.B, s *launch.System) (u usage) {
	b.Helper()
	for _, n := range s.Topology().Nodes {
		pid := s.PID(n.Name)
		rollup, err := os.ReadFile(of(pid, "smaps_rollup"))
		if err != nil {
			b.Skip("SKIPPED: this system does not tell in /proc what memory a process has")
		}
		_, rest, _ := strings.Cut(string(rollup), "\nPss:")
		first, _, _ := strings.Cut(rest, "kB")
		kb, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
		if err != nil {
			b.Fatalf("memory of node %s: %v", n.Name, err)
		}
		threads, err := os.ReadDir(of(pid, "task"))
		if err != nil {
			b.Fatal(err)
		}
		fds, err := os.ReadDir(of(pid, "fd"))
		if err != nil {
			b.Fatal(err)
		}
		u.add(usage{kb << 10, len(threads), len(fds)})
	}
	return u
}

// BenchmarkStart starts systems of up to 60 nodes, lets them idle, and ends
// them. Reported for each system: the time from the first process to the last
// one serving, and the CPU time until then, of all nodes and of the harness;
// for each node: the resident memory (as PSS, so that the program itself counts
// once), the share of one core that it uses while nobody asks anything, threads
// and open files. The nodes are processes of this test binary.
func BenchmarkStart(b *testing.B) { benchmarkStart(b, false, 5, 15, 30, 60) }

// BenchmarkStartMesh is BenchmarkStart where everybody knows everybody.
func BenchmarkStartMesh(b *testing.B) { benchmarkStart(b, true, 15, 30, 60) }

func benchmarkStart(b *testing.B, mesh bool, sizes ...int) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("nodes=%d", n), func(b *testing.B) {
			var total scale
			for range b.N {
				total.add(started(b, cells(n, mesh)))
			}
			systems, nodes := float64(b.N), float64(b.N*n)
			b.ReportMetric(total.start.Seconds()*1000/systems, "start-ms")
			b.ReportMetric(total.first.Seconds()*1000/systems, "start-cpu-ms")
			b.ReportMetric(total.harness.Seconds()*1000/systems, "harness-cpu-ms")
			b.ReportMetric(float64(total.held.pss)/(1<<20)/systems, "MiB")
			b.ReportMetric(float64(total.held.pss)/(1<<20)/nodes, "MiB/node")
			b.ReportMetric(100*total.idle/nodes, "idle-%/node")
			b.ReportMetric(float64(total.held.threads)/nodes, "threads/node")
			b.ReportMetric(float64(total.held.fds)/nodes, "fds/node")
			b.ReportMetric(0, "ns/op") // the parts above say more
		})
	}
}

// scale is what a system cost.
type scale struct {
	start, first, harness time.Duration
	idle                  float64 // cores
	held                  usage
}

func (s *scale) add(o scale) {
	s.start, s.first, s.harness, s.idle = s.start+o.start, s.first+o.first, s.harness+o.harness, s.idle+o.idle
	s.held.add(o.held)
}

// started starts a system on empty disks, lets it idle, and ends it.
func started(b *testing.B, t targets.Topology) scale {
	b.Helper()
	const idle = time.Second
	cfg := config(b, b.TempDir(), "node")
	before := ownCPU(b)
	s, err := launch.Start(b.Context(), t, cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	out := scale{start: s.Startup(), harness: ownCPU(b) - before}
	out.first = spent(b, s)
	began, first := time.Now(), spent(b, s)
	<-time.After(idle)
	out.idle = (spent(b, s) - first).Seconds() / time.Since(began).Seconds()
	out.held = holds(b, s)
	var pids []int
	for _, n := range t.Nodes {
		pids = append(pids, s.PID(n.Name))
	}
	s.Close()
	for _, pid := range pids {
		if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
			b.Fatalf("process %d is there still", pid)
		}
	}
	return out
}

// ownCPU is the CPU time that this process has used.
func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
