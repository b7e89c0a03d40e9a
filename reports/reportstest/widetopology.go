package reportstest

import (
	"fmt"
	"time"

	"rung/targets"
)

const wan = 75 * time.Millisecond

// placed puts nodes into a data centre.
func placed(site string, nodes ...targets.Node) []targets.Node {
	for i := range nodes {
		nodes[i].DataCenter = site
	}
	return nodes
}

// balancerNode is a balancer in front of web servers.
func balancerNode(name string, servers []string) targets.Node {
	return node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindBalancer, Port: 80,
		Balancer: &targets.Balancer{Servers: servers, Policy: targets.PolicyLeastConnections, Retries: 1}})
}

func cacheNode(name string) targets.Node {
	return node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindCache, Private: true,
		Cache: &targets.Cache{Bytes: 16 << 20, Policy: targets.EvictionLRU}})
}

func queueNode(name string) targets.Node {
	return node(name, machine(2, 1), targets.Role{Name: name, Kind: targets.KindQueue, Private: true,
		Queue: &targets.Queue{Sync: targets.SyncAlways}})
}

func workerNode(name, store string, members []string, queues ...string) targets.Node {
	return node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindWorker, Private: true,
		Worker: &targets.Worker{Queues: queues, Concurrency: 2, Data: targets.DataTier{Store: store, Members: members}}})
}

func edgeNode(region, origin string, peers []string) targets.Node {
	name := "edge-" + region
	return node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindEdge,
		Edge: &targets.Edge{Origin: origin, Provider: "one", Region: region, Peers: peers}})
}

// geo are the users of two regions, the names and the edges, and the wires
// between them and a balancer in each data centre.
func geo(name string, balancers map[string][]string) targets.Topology {
	t := targets.Topology{Name: name, Site: site, Static: "static." + site, Entry: "lb-us-1", Resolver: "resolver", TimeScale: 20}
	dns, wires := names()
	t.Nodes, t.Links = dns, wires
	edges := []string{"edge-us", "edge-eu"}
	for i, region := range []string{"us", "eu"} {
		t.Regions = append(t.Regions, targets.Region{Name: region, Subnet: fmt.Sprintf("127.%d.0.0/16", 10+i)})
		t.Nodes = append(t.Nodes, edgeNode(region, "lb-"+region+"-1", edges))
		t.Links = append(t.Links, link(t.Regions[i].Clients(), "resolver", time.Millisecond), link("edge-"+region, "lb-"+region+"-1", lan))
		for _, other := range []string{"us", "eu"} {
			delay := lan
			if other != region {
				delay = wan
			}
			t.Links = append(t.Links, cross(delay, []string{t.Regions[i].Clients()}, append([]string{"edge-" + other}, balancers[other]...))...)
		}
	}
	for i := range t.Nodes {
		if role := &t.Nodes[i].Roles[0]; role.Name == "authority" {
			role.Nameserver.Health = targets.Health{Interval: 500 * time.Millisecond, Timeout: time.Second, Fall: 3, Rise: 1}
			role.Nameserver.Records = []targets.Record{{Name: site, Role: "lb-us-1", TTL: 2 * time.Second,
				Regions: map[string][]string{"us": append(append([]string(nil), balancers["us"]...), balancers["eu"]...),
					"eu": append(append([]string(nil), balancers["eu"]...), balancers["us"]...)}}}
		}
	}
	t.Links = append(t.Links, cross(wan, []string{"authority"}, append(append([]string(nil), balancers["us"]...), balancers["eu"]...))...)
	return t
}

// topology09 has two data centres, and a fifth member in a third place.
func topology09() targets.Topology {
	members := []string{"db-us-1", "db-us-2", "db-eu-1", "db-eu-2", "db-witness"}
	t := geo("09-multi-datacenter", map[string][]string{"us": {"lb-us-1"}, "eu": {"lb-eu-1"}})
	for _, dc := range []string{"us", "eu"} {
		lb, webs, dbs := "lb-"+dc+"-1", numbered("web-"+dc, 2), numbered("db-"+dc, 2)
		nodes := []targets.Node{balancerNode(lb, webs), cacheNode("cache-" + dc)}
		for _, name := range webs {
			role := web(name, members[0])
			role.Private, role.Web.Members, role.Web.Reads = true, members, targets.ReadsNearest
			role.Web.Cache = &targets.ReadThrough{Nodes: []string{"cache-" + dc}, TTL: 2 * time.Second}
			nodes = append(nodes, node(name, machine(2, 0), role))
		}
		for _, name := range dbs {
			nodes = append(nodes, member(name, members))
		}
		t.Nodes = append(t.Nodes, placed(dc, nodes...)...)
		t.Links = append(t.Links, cross(lan, []string{lb}, webs)...)
		t.Links = append(t.Links, cross(lan, webs, append([]string{"cache-" + dc}, dbs...))...)
		t.Links = append(t.Links, mesh(lan, dbs...)...)
	}
	t.Nodes = append(t.Nodes, placed("third", member("db-witness", members))...)
	us, eu := []string{"db-us-1", "db-us-2"}, []string{"db-eu-1", "db-eu-2"}
	t.Links = append(t.Links, cross(wan, numbered("web-us", 2), eu)...)
	t.Links = append(t.Links, cross(wan, numbered("web-eu", 2), us)...)
	t.Links = append(t.Links, cross(wan, us, append(eu, "db-witness"))...)
	t.Links = append(t.Links, cross(wan, eu, append(us, "db-witness"))...)
	return t
}

// topology10 has a queue and workers behind the web servers of stage 06.
func topology10() targets.Topology {
	t := topology06()
	t.Name = "10-message-queue"
	dbs := numbered("db", 3)
	for i := range t.Nodes {
		if role := &t.Nodes[i].Roles[0]; role.Web != nil {
			role.Web.Queues = []string{"queue"}
		}
	}
	t.Nodes = append(t.Nodes, queueNode("queue"))
	for _, name := range numbered("worker", 2) {
		t.Nodes = append(t.Nodes, workerNode(name, dbs[0], dbs, "queue"))
	}
	t.Links = append(t.Links, cross(lan, append(numbered("web", 3), numbered("worker", 2)...), []string{"queue"})...)
	t.Links = append(t.Links, cross(lan, numbered("worker", 2), dbs)...)
	return t
}

// watched adds a monitor that hears of every node, and a supervisor.
func watched(t targets.Topology, replaced ...string) targets.Topology {
	for _, n := range t.Nodes {
		t.Links = append(t.Links, link(n.Name, "monitor", lan))
	}
	t.Nodes = append(t.Nodes, node("monitor", machine(2, 0), targets.Role{Name: "monitor", Kind: targets.KindMonitor,
		Monitor: &targets.Monitor{Bytes: 1 << 26}}))
	t.Telemetry = &targets.Telemetry{Logs: "monitor", Access: true, Sample: 0.01}
	t.Supervisor = &targets.Supervisor{Nodes: replaced, Interval: 500 * time.Millisecond, Timeout: 500 * time.Millisecond, Fall: 3}
	return t
}

func topology11() targets.Topology {
	t := watched(topology10(), append(numbered("web", 3), numbered("worker", 2)...)...)
	t.Name = "11-observability"
	return t
}

// sharding spreads users over shards of some members each.
func sharding(shards map[string][]string, spare string) *targets.Sharding {
	out := &targets.Sharding{Method: targets.ShardRing, VirtualNodes: 200}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		switch members, ok := shards[name]; {
		case !ok:
		case name == spare:
			out.Spare = append(out.Spare, targets.Shard{Name: name, Members: members})
		default:
			out.Shards = append(out.Shards, targets.Shard{Name: name, Members: members})
		}
	}
	return out
}

// shardMember is a database of one shard's group.
func shardMember(name string, all *targets.Sharding, shard string) targets.Node {
	s, _ := all.Shard(shard)
	n := member(name, s.Members)
	n.Roles[0].Database.Sharding, n.Roles[0].Database.Shard = all, shard
	return n
}

// topology12 has four shards of three members each, and an empty one.
func topology12() targets.Topology {
	t := topology04()
	t.Name = "12-sharding"
	t.Nodes, t.Links = t.Nodes[:5], t.Links[:5]
	webs, groups := numbered("web", 3), map[string][]string{}
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		groups[s] = numbered("db-"+s, 3)
	}
	all := sharding(groups, "e")
	for _, name := range webs {
		role := web(name, "")
		role.Private, role.Web.Sharding, role.Web.Reads = true, all, targets.ReadsReplicas
		t.Nodes = append(t.Nodes, node(name, machine(2, 0), role))
	}
	t.Links = append(t.Links, cross(lan, []string{"balancer"}, webs)...)
	for _, s := range all.All() {
		for _, name := range s.Members {
			t.Nodes = append(t.Nodes, shardMember(name, all, s.Name))
		}
		t.Links = append(t.Links, cross(lan, webs, s.Members)...)
		t.Links = append(t.Links, mesh(lan, s.Members...)...)
	}
	return t
}

// topology13 is everything at once in two data centres, with the third member
// of each shard in a third place.
func topology13() targets.Topology {
	t := geo("13-sharded-multi-dc", map[string][]string{"us": numbered("lb-us", 2), "eu": numbered("lb-eu", 2)})
	all := sharding(map[string][]string{"a": {"db-a-us", "db-a-eu", "db-a-third"}, "b": {"db-b-eu", "db-b-us", "db-b-third"}}, "")
	other := map[string]string{"us": "eu", "eu": "us"}
	for _, dc := range []string{"us", "eu"} {
		webs, workers, near := numbered("web-"+dc, 3), numbered("worker-"+dc, 2), []string{"db-a-" + dc, "db-b-" + dc}
		nodes := []targets.Node{queueNode("queue-" + dc), shardMember(near[0], all, "a"), shardMember(near[1], all, "b")}
		for _, name := range numbered("lb-"+dc, 2) {
			nodes = append(nodes, balancerNode(name, webs))
		}
		for _, name := range webs {
			role := web(name, "")
			role.Private, role.Web.Sharding, role.Web.Reads = true, all, targets.ReadsNearest
			role.Web.Queues = []string{"queue-" + dc, "queue-" + other[dc]}
			role.Web.Cache = &targets.ReadThrough{Nodes: numbered("cache-"+dc, 2), TTL: 2 * time.Second}
			nodes = append(nodes, node(name, machine(2, 0), role))
		}
		for _, name := range workers {
			w := workerNode(name, "", nil, "queue-"+dc, "queue-"+other[dc])
			w.Roles[0].Worker.Data.Sharding = all
			nodes = append(nodes, w)
		}
		for _, name := range numbered("cache-"+dc, 2) {
			nodes = append(nodes, cacheNode(name))
		}
		t.Nodes = append(t.Nodes, placed(dc, nodes...)...)
		t.Links = append(t.Links, cross(lan, numbered("lb-"+dc, 2), webs)...)
		t.Links = append(t.Links, cross(lan, webs, numbered("cache-"+dc, 2))...)
		t.Links = append(t.Links, cross(lan, append(webs, workers...), append([]string{"queue-" + dc}, near...))...)
		far := other[dc]
		t.Links = append(t.Links, cross(wan, append(webs, workers...), []string{"queue-" + far, "db-a-" + far, "db-b-" + far,
			"db-a-third", "db-b-third"})...)
	}
	t.Nodes = append(t.Nodes, placed("third", shardMember("db-a-third", all, "a"), shardMember("db-b-third", all, "b"))...)
	for _, s := range all.Shards {
		t.Links = append(t.Links, mesh(wan, s.Members...)...)
	}
	return watched(t, append(numbered("web-us", 3), numbered("web-eu", 3)...)...)
}
