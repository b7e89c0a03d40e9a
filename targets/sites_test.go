package targets_test

import (
	"time"

	"rung/targets"
)

// site is a topology with every kind of role, in which nothing is wrong.
func site() targets.Topology {
	machine := targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 100}, Disk: targets.Resource{Slots: 1, Queue: 100},
		Quantum: 10 * time.Millisecond}
	node := func(name string, roles ...targets.Role) targets.Node {
		return targets.Node{Name: name, Machine: machine, Roles: roles}
	}
	link := func(from, to string) targets.Link {
		return targets.Link{From: from, To: to, OneWay: time.Millisecond, Jitter: 100 * time.Microsecond}
	}
	return targets.Topology{
		Name: "site", Site: "www.shop.example.", Entry: "lb", Resolver: "resolver", TimeScale: 20,
		Nodes: []targets.Node{
			node("lb", targets.Role{Name: "lb", Kind: targets.KindBalancer, Port: 8080, Balancer: &targets.Balancer{
				Servers: []string{"web-1", "web-2"}, Policy: targets.PolicyRoundRobin, Retries: 1, Timeout: time.Second,
				Demand: targets.Constant(time.Microsecond), AssetSizes: []int{1, 2},
				Health: targets.Health{Interval: time.Second, Timeout: time.Second, Fall: 3, Rise: 2, PassiveFails: 3},
				Limit:  targets.RateLimit{Rate: 10, Burst: 5}}}),
			node("web-1", webRole("web-1", "db")),
			node("web-2", webRole("web-2", "kv")),
			node("db", targets.Role{Name: "db", Kind: targets.KindDatabase, Database: &targets.Database{
				Data:   targets.Data{Users: 100, OrdersPerUser: 5},
				Demand: map[targets.Statement]targets.Law{targets.StatementRead: targets.Constant(time.Millisecond)},
				Access: targets.Constant(time.Millisecond), PoolPages: 10, Fsync: targets.FsyncFull, Connections: 10}},
				targets.Role{Name: "kv", Kind: targets.KindKeyValue, KeyValue: &targets.KeyValue{
					Data:   targets.Data{Users: 100},
					Demand: map[targets.Statement]targets.Law{targets.StatementGet: targets.Constant(time.Millisecond)},
					Fsync:  targets.FsyncOff, Connections: 10}}),
			node("resolver", targets.Role{Name: "resolver", Kind: targets.KindResolver, Resolver: &targets.Resolver{
				Root: "root", Reaches: []string{"root", "authoritative"}, Timeout: time.Second}}),
			node("root", targets.Role{Name: "root", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: ".",
				Delegations: []targets.Delegation{{Zone: "shop.example.", Role: "authoritative", TTL: time.Hour}}}}),
			node("names", targets.Role{Name: "authoritative", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: "shop.example.",
				Records: []targets.Record{{Name: "www.shop.example.", Role: "lb", TTL: time.Second}}}}),
		},
		Links: []targets.Link{link(targets.Clients, "lb"), link("lb", "web-1"), link("lb", "web-2"), link("web-1", "db"),
			link("web-2", "db"),
			link(targets.Clients, "resolver"), link("resolver", "root"), link("resolver", "names")},
	}
}

func webRole(name, store string) targets.Role {
	return targets.Role{Name: name, Kind: targets.KindWeb, Private: true, Web: &targets.Web{Store: store, Connections: 10,
		Demand:     map[targets.Operation]targets.Law{targets.OpUser: targets.Constant(time.Millisecond)},
		SessionTTL: time.Minute, AssetSizes: []int{1024}}}
}

// role gives a pointer to a role of the site, to break it.
func role(t *targets.Topology, name string) *targets.Role {
	for i := range t.Nodes {
		for j := range t.Nodes[i].Roles {
			if t.Nodes[i].Roles[j].Name == name {
				return &t.Nodes[i].Roles[j]
			}
		}
	}
	return nil
}
