package estimate_test

import (
	"fmt"
	"time"

	"rung/targets"
)

// shards spreads the store of a topology, which stands alone, over n shards and
// one that is empty. A shard has its own node, like the store's.
func shards(t *targets.Topology, n int, method targets.ShardMethod, follows int) targets.Sharding {
	var first targets.Node
	var nodes []targets.Node
	for _, x := range t.Nodes {
		if x.Name == "db" {
			first = x
		} else {
			nodes = append(nodes, x)
		}
	}
	t.Nodes = nodes
	s := targets.Sharding{Method: method, VirtualNodes: 100}
	for i := range n + 1 {
		x := targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("db-s%d", i)}}
		if i < n {
			s.Shards = append(s.Shards, x)
		} else {
			s.Spare = append(s.Spare, x)
		}
	}
	for _, x := range s.All() {
		settings := *first.Roles[0].Database
		settings.Data.Follows, settings.Sharding, settings.Shard = follows, &s, x.Name
		t.Nodes = append(t.Nodes, targets.Node{Name: x.Members[0], Machine: first.Machine,
			Roles: []targets.Role{{Name: x.Members[0], Kind: targets.KindDatabase, Database: &settings}}})
		for _, web := range webNodes(*t) {
			t.Links = append(t.Links, targets.Link{From: web, To: x.Members[0], OneWay: 250 * time.Microsecond})
		}
	}
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Store, r.Web.Sharding, r.Web.Follows = "", &s, follows > 0
		}
	})
	return s
}

// enqueue puts photos into a queue with a disk of 10 ms, from which some
// workers take them that work on two at once, on two slots, for 200 ms each.
func enqueue(t *targets.Topology, workers int, sync targets.Sync) {
	add(t, withDisk(), targets.Role{Name: "queue", Kind: targets.KindQueue, Queue: &targets.Queue{Sync: sync, Demand: constant(0.05), Access: constant(10)}}, webNodes(*t)...)
	var data targets.DataTier
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Queues = []string{"queue"}
			data = r.Web.Data()
		}
	})
	for i := range workers {
		name := fmt.Sprintf("worker-%d", i+1)
		add(t, small(), targets.Role{Name: name, Kind: targets.KindWorker, Worker: &targets.Worker{Queues: []string{"queue"}, Data: data, Demand: constant(200), Concurrency: 2}})
		for _, to := range []string{"queue", "db"} {
			t.Links = append(t.Links, targets.Link{From: name, To: to, OneWay: 250 * time.Microsecond})
		}
	}
}

const wide = 40 * time.Millisecond // one way between the data centres

// twoCentres has a balancer, some web servers and a member of the database in
// each of two data centres; the primary is in us. Reads go to the nearest
// member. Users of na are near us, those of eu near eu, and users without a
// region go to us. A nameserver outside of both checks the balancers.
func twoCentres(webs int, mode targets.Mode) targets.Topology {
	t := centred{targets.Topology{Name: "two", Site: "www.shop.example.", Entry: "lb-us", Resolver: "resolver", TimeScale: 1,
		Regions: []targets.Region{{Name: "na", Subnet: "127.33.0.0/16"}, {Name: "eu", Subnet: "127.34.0.0/16"}}}}
	base := shopTopology(2, 2, false)
	web, db := *base.RolesOf(targets.KindWeb)[0].Web, *base.RolesOf(targets.KindDatabase)[0].Database
	members := []string{"db-us", "db-eu", "db-third"}
	db.Replication = &targets.Replication{Members: members, Primary: "db-us", Mode: mode, Lease: 1500 * time.Millisecond, Heartbeat: 100 * time.Millisecond}
	web.Store, web.Members, web.Reads = "db-us", members, targets.ReadsNearest
	put := func(center string, m targets.Machine, r targets.Role) {
		t.Nodes = append(t.Nodes, targets.Node{Name: r.Name, Machine: m, DataCenter: center, Roles: []targets.Role{r}})
	}
	for _, center := range []string{"us", "eu"} {
		b := targets.Balancer{Policy: targets.PolicyLeastConnections, Timeout: time.Second}
		for i := range webs {
			name, settings := fmt.Sprintf("web-%s-%d", center, i+1), web
			b.Servers = append(b.Servers, name)
			put(center, small(), targets.Role{Name: name, Kind: targets.KindWeb, Web: &settings})
		}
		put(center, small(), targets.Role{Name: "lb-" + center, Kind: targets.KindBalancer, Balancer: &b})
	}
	for _, name := range members {
		settings := db
		put(name[3:], withDisk(), targets.Role{Name: name, Kind: targets.KindDatabase, Database: &settings})
	}
	put("", targets.Machine{}, targets.Role{Name: "resolver", Kind: targets.KindResolver, Resolver: &targets.Resolver{Root: "geo", Reaches: []string{"geo"}, Timeout: time.Second}})
	put("", targets.Machine{}, targets.Role{Name: "geo", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: ".",
		Health: targets.Health{Interval: 500 * time.Millisecond, Timeout: time.Second, Fall: 3, Rise: 2},
		Records: []targets.Record{{Name: t.Site, Role: "lb-us", Backup: []string{"lb-eu"}, TTL: 2 * time.Second,
			Regions: map[string][]string{"na": {"lb-us", "lb-eu"}, "eu": {"lb-eu", "lb-us"}}}}}})
	t.wire()
	return t.Topology
}

// centred is a topology whose wires follow from where nodes are.
type centred struct{ targets.Topology }

// wire links all nodes: 0.25 ms inside a data centre, and wide between two.
// Clients are near the data centre of their region, and DNS is near to all.
func (t *centred) wire() {
	near := map[string]string{"clients": "us", "clients-na": "us", "clients-eu": "eu"}
	for _, n := range t.Nodes {
		near[n.Name] = n.DataCenter
	}
	for from, a := range near {
		for _, n := range t.Nodes {
			way := 250 * time.Microsecond
			if a != n.DataCenter && a != "" && n.DataCenter != "" {
				way = wide
			}
			if from != n.Name {
				t.Links = append(t.Links, targets.Link{From: from, To: n.Name, OneWay: way})
			}
		}
	}
}
