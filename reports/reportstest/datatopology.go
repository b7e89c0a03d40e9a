package reportstest

import (
	"fmt"
	"time"

	"rung/targets"
)

const lan = 250 * time.Microsecond

// mesh links every node to every other.
func mesh(oneWay time.Duration, names ...string) []targets.Link {
	var out []targets.Link
	for _, a := range names {
		for _, b := range names {
			if a != b {
				out = append(out, link(a, b, oneWay))
			}
		}
	}
	return out
}

// cross links every node of one list to every node of another.
func cross(oneWay time.Duration, from, to []string) []targets.Link {
	var out []targets.Link
	for _, a := range from {
		for _, b := range to {
			out = append(out, link(a, b, oneWay))
		}
	}
	return out
}

func numbered(name string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s-%d", name, i+1))
	}
	return out
}

// member is a database of a group.
func member(name string, members []string) targets.Node {
	role := database()
	role.Name = name
	role.Database.Replication = &targets.Replication{Members: members, Primary: members[0],
		Mode: targets.ModeAsynchronous, Lease: 1500 * time.Millisecond, Heartbeat: 300 * time.Millisecond}
	return node(name, machine(8, 1), role)
}

func topology05() targets.Topology {
	webs, dbs := numbered("web", 3), numbered("db", 3)
	t := topology04()
	t.Name = "05-database-replication"
	t.Nodes, t.Links = t.Nodes[:5], t.Links[:5] // the names, the balancer and the wire to it
	for _, name := range webs {
		role := web(name, dbs[0])
		role.Web.Members, role.Web.Reads, role.Private = dbs, targets.ReadsReplicas, true
		t.Nodes = append(t.Nodes, node(name, machine(2, 0), role))
	}
	for _, name := range dbs {
		t.Nodes = append(t.Nodes, member(name, dbs))
	}
	t.Links = append(t.Links, cross(lan, []string{"balancer"}, webs)...)
	t.Links = append(t.Links, cross(lan, webs, dbs)...)
	t.Links = append(t.Links, mesh(lan, dbs...)...)
	return t
}

func topology06() targets.Topology {
	webs, caches := numbered("web", 3), numbered("cache", 2)
	t := topology05()
	t.Name = "06-cache"
	for i := range t.Nodes {
		if role := &t.Nodes[i].Roles[0]; role.Web != nil {
			role.Web.Cache = &targets.ReadThrough{Nodes: caches, VirtualNodes: 100, TTL: 30 * time.Second}
		}
	}
	for _, name := range caches {
		t.Nodes = append(t.Nodes, node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindCache,
			Private: true, Cache: &targets.Cache{Bytes: 16 << 20, Policy: targets.EvictionLRU}}))
	}
	t.Links = append(t.Links, cross(lan, webs, caches)...)
	return t
}

// regions are where the users are from stage 07 on, and how far they are from
// the site.
func regions() map[string]time.Duration {
	return map[string]time.Duration{"us": 20 * time.Millisecond, "eu": 45 * time.Millisecond, "asia": 75 * time.Millisecond}
}

func topology07() targets.Topology {
	t := topology06()
	t.Name, t.Static = "07-cdn", "static."+site
	var edges []string
	for i, region := range []string{"us", "eu", "asia"} {
		t.Regions = append(t.Regions, targets.Region{Name: region, Subnet: fmt.Sprintf("127.%d.0.0/16", 10+i)})
		edges = append(edges, "edge-"+region)
	}
	t.Links = t.Links[1:4] // the resolver's
	for _, r := range t.Regions {
		t.Links = append(t.Links, link(r.Clients(), "resolver", time.Millisecond),
			link(r.Clients(), "edge-"+r.Name, 5*time.Millisecond),
			link(r.Clients(), "balancer", regions()[r.Name]), link("edge-"+r.Name, "balancer", regions()[r.Name]))
		t.Nodes = append(t.Nodes, node("edge-"+r.Name, machine(2, 0), targets.Role{Name: "edge-" + r.Name,
			Kind: targets.KindEdge, Edge: &targets.Edge{Origin: "balancer", Provider: "one", Region: r.Name, Peers: edges}}))
	}
	for i := range t.Nodes {
		if role := &t.Nodes[i].Roles[0]; role.Name == "authority" {
			role.Nameserver.Health = targets.Health{Interval: 500 * time.Millisecond, Timeout: 100 * time.Millisecond, Fall: 2, Rise: 1}
			role.Nameserver.Records = []targets.Record{{Name: "static." + site, Role: "edge-us", TTL: time.Second,
				Regions: map[string][]string{"us": {"edge-us"}, "eu": {"edge-eu"}, "asia": {"edge-asia"}}}}
		}
	}
	webs, dbs := numbered("web", 3), numbered("db", 3)
	t.Links = append(t.Links, cross(lan, []string{"balancer"}, webs)...)
	t.Links = append(t.Links, cross(lan, webs, append(numbered("cache", 2), dbs...))...)
	t.Links = append(t.Links, mesh(lan, dbs...)...)
	t.Links = append(t.Links, mesh(70*time.Millisecond, edges...)...)
	t.Links = append(t.Links, cross(10*time.Millisecond, []string{"authority"}, edges)...)
	return t
}

func topology08() targets.Topology {
	t := topology07()
	t.Name = "08-stateless-web"
	role := targets.Role{Name: "files", Kind: targets.KindVolume, Private: true, Volume: &targets.Volume{PoolFiles: 100}}
	t.Nodes = append(t.Nodes, node("files", machine(1, 1), role))
	for i := range 2 {
		name := fmt.Sprintf("web-%d", 4+i)
		spare := node(name, machine(2, 0), web(name, "db-1"))
		spare.Roles[0].Private, spare.Standby = true, true
		t.Nodes = append(t.Nodes, spare)
		t.Links = append(t.Links, link("balancer", name, lan))
		t.Links = append(t.Links, cross(lan, []string{name}, append(numbered("cache", 2), numbered("db", 3)...))...)
	}
	t.Links = append(t.Links, cross(lan, numbered("web", 5), []string{"files"})...)
	t.Autoscale = &targets.Autoscale{Nodes: numbered("web", 5), Balancer: "balancer", Min: 3, Max: 5, Target: 0.7}
	// A kind that no drawing knows.
	t.Nodes = append(t.Nodes, node("watcher", machine(1, 0), targets.Role{Name: "watcher", Kind: "monitor"}))
	t.Links = append(t.Links, link("watcher", "balancer", lan))
	return t
}

// Wide returns a topology of two data centres with some 40 nodes.
func Wide() targets.Topology {
	t := targets.Topology{Name: "wide", Site: site, Entry: "east-lb", Resolver: "resolver", TimeScale: 20,
		Regions: []targets.Region{{Name: "us"}, {Name: "eu"}}}
	dns, wires := names()
	t.Nodes, t.Links = dns, wires[1:]
	for i, dc := range []string{"east", "west"} {
		clients := t.Regions[i].Clients()
		lb := dc + "-lb"
		webs, caches, dbs := numbered(dc+"-web", 6), numbered(dc+"-cache", 3), numbered(dc+"-db", 6)
		t.Nodes = append(t.Nodes, node(lb, machine(2, 0), targets.Role{Name: lb, Kind: targets.KindBalancer,
			Balancer: &targets.Balancer{Servers: webs}}))
		for _, name := range webs {
			t.Nodes = append(t.Nodes, node(name, machine(2, 0), web(name, dbs[0])))
		}
		for _, name := range caches {
			t.Nodes = append(t.Nodes, node(name, machine(2, 0), targets.Role{Name: name, Kind: targets.KindCache, Cache: &targets.Cache{}}))
		}
		for _, name := range dbs {
			t.Nodes = append(t.Nodes, member(name, append(numbered("east-db", 6), numbered("west-db", 6)...)))
		}
		t.Links = append(t.Links, link(clients, "resolver", time.Millisecond), link(clients, lb, 10*time.Millisecond))
		t.Links = append(t.Links, cross(lan, []string{lb}, webs)...)
		t.Links = append(t.Links, cross(lan, webs, append(caches, dbs...))...)
	}
	t.Links = append(t.Links, mesh(40*time.Millisecond, append(numbered("east-db", 6), numbered("west-db", 6)...)...)...)
	return t
}
