package reportstest

import (
	"time"

	"rung/targets"
)

const site = "shop.example."

func machine(cpus, disks int) targets.Machine {
	return targets.Machine{CPU: targets.Resource{Slots: cpus, Queue: 400}, Disk: targets.Resource{Slots: disks,
		Queue: 400}}
}

func node(name string, m targets.Machine, roles ...targets.Role) targets.Node {
	return targets.Node{Name: name, Machine: m, Roles: roles}
}

func link(from, to string, oneWay time.Duration) targets.Link {
	return targets.Link{From: from, To: to, OneWay: oneWay, Source: "dc_rtt"}
}

func web(name, store string) targets.Role {
	return targets.Role{Name: name, Kind: targets.KindWeb, Web: &targets.Web{Store: store, Connections: 20,
		Demand: map[targets.Operation]targets.Law{targets.OpUser: {Shape: targets.ShapeExponential,
			Mean: 4 * time.Millisecond}}}}
}

func database() targets.Role {
	return targets.Role{Name: "db", Kind: targets.KindDatabase, Private: true, Database: &targets.Database{
		Data: targets.Data{Users: 10000, OrdersPerUser: 5}, Fsync: targets.FsyncFull, Connections: 100}}
}

// names are the DNS nodes that every stage has, and the links to them.
func names() ([]targets.Node, []targets.Link) {
	server := func(name, zone string) targets.Node {
		return node(name, machine(0, 0), targets.Role{Name: name, Kind: targets.KindNameserver,
			Nameserver: &targets.Nameserver{Zone: zone}})
	}
	nodes := []targets.Node{
		node("resolver", machine(0, 0), targets.Role{Name: "resolver", Kind: targets.KindResolver,
			Resolver: &targets.Resolver{Root: "root", Reaches: []string{"root", "tld", "authority"}}}),
		server("root", "."), server("tld", "example."), server("authority", site),
	}
	links := []targets.Link{link(targets.Clients, "resolver", 500*time.Microsecond),
		link("resolver", "root", 10*time.Millisecond), link("resolver", "tld", 30*time.Millisecond),
		link("resolver", "authority", 30*time.Millisecond)}
	return nodes, links
}

func topology(name, entry string, nodes []targets.Node, links ...targets.Link) targets.Topology {
	dns, wires := names()
	return targets.Topology{Name: name, Site: site, Entry: entry, Resolver: "resolver", TimeScale: 20,
		Nodes: append(dns, nodes...), Links: append(wires, links...)}
}

func topology01() targets.Topology {
	return topology("01-single-server", "web", []targets.Node{node("server", machine(2, 1), web("web", "db"),
		database())},
		link(targets.Clients, "server", 250*time.Microsecond))
}

func topology02() targets.Topology {
	return topology("02-separate-database", "web", []targets.Node{node("web", machine(2, 0), web("web", "db")),
		node("db", machine(2, 1), database())},
		link(targets.Clients, "web", 250*time.Microsecond), link("web", "db", 250*time.Microsecond))
}

func topology03() targets.Topology {
	t := topology02()
	t.Name = "03-scale-up"
	for i := range t.Nodes {
		if t.Nodes[i].Machine.CPU.Slots > 0 {
			t.Nodes[i].Machine.CPU.Slots = 8
		}
	}
	return t
}

func topology04() targets.Topology {
	balancer := targets.Role{Name: "balancer", Kind: targets.KindBalancer, Port: 80, Balancer: &targets.Balancer{
		Servers: []string{"web-1", "web-2", "web-3"}, Policy: targets.PolicyLeastConnections, Retries: 1}}
	nodes := []targets.Node{node("balancer", machine(2, 0), balancer)}
	links := []targets.Link{link(targets.Clients, "balancer", 250*time.Microsecond)}
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		role := web(name, "db")
		role.Private = true
		nodes = append(nodes, node(name, machine(2, 0), role))
		links = append(links, link("balancer", name, 250*time.Microsecond), link(name, "db", 250*time.Microsecond))
	}
	nodes = append(nodes, node("db", machine(8, 1), database()))
	return topology("04-load-balancer", "balancer", nodes, links...)
}
