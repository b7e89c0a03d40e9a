package estimate_test

import (
	"time"

	"rung/bench"
	"rung/targets"
)

// site is a stage-like system in the words of the simulation.
type site struct {
	ways  []way
	slots []int // of station 1 (web), 2 (database CPU), 3 (disk)
	webs  int   // equal servers of station 1
	// policy by which they are picked.
	policy targets.Policy
}

const (
	webCPU = 1
	dbCPU  = 2
	disk   = 3

	ms = 1e-3
)

// misses are the miss ratios of the shop's buffer pool.
type misses struct{ users, orders float64 }

// shopMisses come from TestMissesOfAPool's simulation of the pool.
func shopMisses() misses { return misses{users: 0.191, orders: 0.366} }

// shopSite is the shop on one web tier and one database, wires of 0.5 ms.
// Where shared, both tiers are on station 1.
func shopSite(miss misses, hops int, shared bool) []way {
	database := dbCPU
	if shared {
		database = webCPU
	}
	wire := step{delay: 0.5 * ms}
	work := func(station int, time float64) step { return step{station: station, delay: time, quantum: 10 * ms} }
	access := step{station: disk, delay: 10 * ms}
	begin := func(web float64) []step {
		var s []step
		for range hops {
			s = append(s, wire)
		}
		s = append(s, work(webCPU, web))
		if !shared {
			s = append(s, wire)
		}
		return s
	}
	alone := func(web float64) []step { s := begin(web); return s[:len(s)-boolean(!shared)] }
	return []way{
		{0.60 * (1 - miss.users), append(begin(3*ms), work(database, 1*ms))},
		{0.60 * miss.users, append(begin(3*ms), work(database, 1*ms), access)},
		{0.10 * (1 - miss.orders), append(begin(6*ms), work(database, 4*ms))},
		{0.10 * miss.orders, append(begin(6*ms), work(database, 4*ms), access)},
		{0.15, alone(2 * ms)},
		{0.08, append(begin(5*ms), work(database, 2*ms), access)},
		{0.05, alone(2 * ms)},
		{0.02, append(begin(200*ms), work(database, 2*ms), access)},
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func shopWorkload() bench.Workload {
	return bench.Workload{Name: "shop", Exponent: 1, Data: targets.Data{Users: 10_000, OrdersPerUser: 5}, Assets: 1, Sessions: 60,
		Arrivals: bench.ArrivalsPoisson, Timeout: 2 * time.Second,
		SLO: bench.SLO{Quantile: 0.99, Latency: 400 * time.Millisecond, Failures: 0.01},
		Mix: []bench.Share{{Operation: targets.OpUser, Ratio: 0.6}, {Operation: targets.OpOrders, Ratio: 0.1}, {Operation: targets.OpAsset, Ratio: 0.15},
			{Operation: targets.OpPost, Ratio: 0.08}, {Operation: targets.OpMe, Ratio: 0.05}, {Operation: targets.OpPhoto, Ratio: 0.02}}}
}

// shopTopology is a stage's topology: as many web servers and CPU slots as
// told, behind a balancer when there is more than one; one machine when
// shared.
func shopTopology(webs, slots int, shared bool) targets.Topology {
	t := targets.Topology{Name: "shop", Site: "www.shop.example.", Entry: "web-1", TimeScale: 1}
	machine := targets.Machine{CPU: targets.Resource{Slots: slots, Queue: 512}, Quantum: 10 * time.Millisecond}
	withDisk := machine
	withDisk.Disk = targets.Resource{Slots: 1, Queue: 512}
	link := func(from, to string) {
		t.Links = append(t.Links, targets.Link{From: from, To: to, OneWay: 250 * time.Microsecond})
	}
	db := targets.Role{Name: "db", Kind: targets.KindDatabase, Database: &targets.Database{Data: shopWorkload().Data,
		Demand: map[targets.Statement]targets.Law{targets.StatementRead: constant(1), targets.StatementJoin: constant(4), targets.StatementWrite: constant(2)},
		Access: constant(10), PoolPages: 3400, Fsync: targets.FsyncOff, Connections: 1000}}
	var names []string
	for i := range webs {
		name := []string{"web-1", "web-2", "web-3", "web-4"}[i]
		names = append(names, name)
		role := targets.Role{Name: name, Kind: targets.KindWeb, Web: &targets.Web{Store: "db", Connections: 1000, SessionTTL: time.Hour, AssetSizes: []int{1},
			Demand: map[targets.Operation]targets.Law{targets.OpUser: constant(3), targets.OpOrders: constant(6), targets.OpAsset: constant(2),
				targets.OpPost: constant(5), targets.OpLogin: constant(2), targets.OpMe: constant(2), targets.OpPhoto: constant(200)}}}
		if shared {
			t.Nodes = append(t.Nodes, targets.Node{Name: name, Machine: withDisk, Roles: []targets.Role{role, db}})
			link(targets.Clients, name)
			return t
		}
		t.Nodes = append(t.Nodes, targets.Node{Name: name, Machine: machine, Roles: []targets.Role{role}})
		link(name, "db")
	}
	t.Nodes = append(t.Nodes, targets.Node{Name: "db", Machine: withDisk, Roles: []targets.Role{db}})
	if webs == 1 {
		link(targets.Clients, "web-1")
		return t
	}
	t.Entry = "lb"
	t.Nodes = append(t.Nodes, targets.Node{Name: "lb", Machine: machine, Roles: []targets.Role{{Name: "lb", Kind: targets.KindBalancer,
		Balancer: &targets.Balancer{Servers: names, Policy: targets.PolicyLeastConnections, Timeout: time.Second}}}})
	link(targets.Clients, "lb")
	for _, name := range names {
		link("lb", name)
	}
	return t
}

func constant(milliseconds float64) targets.Law {
	return targets.Constant(time.Duration(milliseconds * float64(time.Millisecond)))
}

func mixOf(a targets.Operation, x float64, b targets.Operation, y float64) []bench.Share {
	return []bench.Share{{Operation: a, Ratio: x}, {Operation: b, Ratio: y}}
}

func balance(t *targets.Topology, policy targets.Policy) {
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Balancer != nil {
				r.Balancer.Policy = policy
			}
		}
	}
}

// onlyWeb makes the store take no time, and a session and a photo these.
func onlyWeb(t *targets.Topology, me, photo float64) {
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Web != nil {
				r.Web.Demand[targets.OpMe], r.Web.Demand[targets.OpPhoto] = constant(me), constant(photo)
			}
			if r.Database != nil {
				r.Database.Demand, r.Database.Access = nil, targets.Law{}
			}
		}
	}
}
