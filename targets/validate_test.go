package targets_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/targets"
)

type rule struct {
	name    string
	damage  func(*targets.Topology)
	problem string // all of the first problem, as one line
}

func TestValidateAcceptsASoundSite(t *testing.T) {
	for _, p := range site().Validate() {
		t.Error(p.Error())
	}
}

// check runs the rules: each breaks the sound site in one way.
func check(t *testing.T, rules []rule) {
	t.Helper()
	for _, row := range rules {
		t.Run(row.name, func(t *testing.T) {
			s := site()
			row.damage(&s)
			problems := s.Validate()
			if len(problems) == 0 {
				t.Fatal("nothing was found")
			}
			if got := problems[0].Error(); got != row.problem {
				t.Errorf("got  %s\nwant %s", got, row.problem)
			}
		})
	}
}

func TestValidateSite(t *testing.T) {
	check(t, []rule{
		{"no nodes", func(s *targets.Topology) { s.Nodes = nil }, "nodes: there are none: at least one node"},
		{"too many nodes", func(s *targets.Topology) { s.Nodes = make([]targets.Node, 201) }, "nodes: there are 201: at most 200"},
		{"too many links", func(s *targets.Topology) { s.Links = make([]targets.Link, 10_001) }, "links: there are 10001: at most 10000"},
		{"too many roles", func(s *targets.Topology) { s.Nodes[1].Roles = make([]targets.Role, 21) }, "nodes[1].roles: there are 21: at most 20"},
		{"no roles", func(s *targets.Topology) { s.Nodes[1].Roles = nil }, `nodes[1].roles: node "web-1" has none: at least one role`},
		{"time runs slower", func(s *targets.Topology) { s.TimeScale = 0.5 }, "time_scale: is 0.5: allowed is 1 to 1000"},
		{"time scale is no number", func(s *targets.Topology) { s.TimeScale = math.NaN() }, "time_scale: is NaN: allowed is 1 to 1000"},
		{"no entry", func(s *targets.Topology) { s.Entry = "" }, `entry: there is no role "": allowed is web-1, web-2, lb`},
		{"entry of the wrong kind", func(s *targets.Topology) { s.Entry = "db" }, `entry: role "db" is a "database": allowed is web-1, web-2, lb`},
		{"private entry", func(s *targets.Topology) { role(s, "lb").Private = true }, `entry: role "lb" refuses clients: a role that is not private`},
		{"private resolver", func(s *targets.Topology) { role(s, "resolver").Private = true }, `resolver: role "resolver" refuses clients: a role that is not private`},
		{"no way to the entry", func(s *targets.Topology) { s.Links = s.Links[1:] }, `links: no link goes from clients to "lb", where the entry "lb" runs: add one from clients`},
		{"no way to the resolver", func(s *targets.Topology) { s.Links[5].From = "lb" }, `links: no link goes from clients to "resolver", where the resolver "resolver" runs: add one from clients`},
		{"resolver of the wrong kind", func(s *targets.Topology) { s.Resolver = "root" }, `resolver: role "root" is a "nameserver": allowed is resolver`},
		{"site without its last dot", func(s *targets.Topology) { s.Site = "www.shop.example" }, `site: "www.shop.example" is not a fully qualified name: a fully qualified name with its last dot, like "www.shop.example."`},
		{"site is the root", func(s *targets.Topology) { s.Site = "." }, `site: is the root: a name below the root, like "www.shop.example."`},
		{"site that no nameserver knows", func(s *targets.Topology) { s.Site = "www.other.example." }, `site: no nameserver knows the address of "www.other.example.": add a record for it to a nameserver`},
	})
}

func TestValidateNamesAndMachines(t *testing.T) {
	check(t, []rule{
		{"node without a name", func(s *targets.Topology) { s.Nodes[1].Name = "" }, `nodes[1].name: "" is not a name: a lower-case letter, then up to 39 of a-z 0-9 -`},
		{"name that would leave its folder", func(s *targets.Topology) { s.Nodes[1].Name = "../x" }, `nodes[1].name: "../x" is not a name: a lower-case letter, then up to 39 of a-z 0-9 -`},
		{"two nodes of one name", func(s *targets.Topology) { s.Nodes[2].Name = "web-1" }, `nodes[2].name: "web-1" is there twice: a name that is not taken`},
		{"node called like the users", func(s *targets.Topology) { s.Nodes[1].Name = "clients" }, `nodes[1].name: "clients" stands for the users: a name that is not taken`},
		{"two roles of one name", func(s *targets.Topology) { s.Nodes[2].Roles[0].Name = "web-1" }, `nodes[2].roles[0].name: "web-1" is there twice: a name that is not taken`},
		{"negative slots", func(s *targets.Topology) { s.Nodes[0].Machine.CPU.Slots = -1 }, "nodes[0].machine.cpu.slots: is -1: allowed is 0 (not emulated) to 1024"},
		{"queue without bounds", func(s *targets.Topology) { s.Nodes[0].Machine.Disk.Queue = 100_001 }, "nodes[0].machine.disk.queue: is 100001: allowed is 0 to 100000"},
		{"negative quantum", func(s *targets.Topology) { s.Nodes[0].Machine.Quantum = -1 }, "nodes[0].machine.quantum: is -1ns: allowed is 0 (work is never cut), or at least 100µs"},
		{"quantum that cuts work to dust", func(s *targets.Topology) { s.Nodes[0].Machine.Quantum = 1 }, "nodes[0].machine.quantum: is 1ns: allowed is 0 (work is never cut), or at least 100µs"},
		{"port out of range", func(s *targets.Topology) { role(s, "lb").Port = 65536 }, "nodes[0].roles[0].port: is 65536: allowed is 0 (any free port) to 65535"},
		{"one port for two roles", func(s *targets.Topology) { role(s, "db").Port, role(s, "kv").Port = 5432, 5432 }, `nodes[3].roles[1].port: role "db" of this node has port 5432 already: a port of its own, or 0`},
	})
}

func TestValidateLinks(t *testing.T) {
	check(t, []rule{
		{"link to nowhere", func(s *targets.Topology) { s.Links[1].To = "web-9" }, `links[1].to: the link leads nowhere: there is no node "web-9": allowed is lb, web-1, web-2, db, resolver, root, names`},
		{"link from nowhere", func(s *targets.Topology) { s.Links[1].From = "lb-9" }, `links[1].from: there is no node "lb-9": allowed is lb, web-1, web-2, db, resolver, root, names, clients`},
		{"link to the users", func(s *targets.Topology) { s.Links[1].To = "clients" }, `links[1].to: the link leads nowhere: there is no node "clients": allowed is lb, web-1, web-2, db, resolver, root, names`},
		{"link to itself", func(s *targets.Topology) { s.Links[1].To = "lb" }, `links[1]: "lb" is both ends: two nodes; roles of one node need no link`},
		{"link twice", func(s *targets.Topology) { s.Links = append(s.Links, s.Links[3]) }, `links[8]: "web-1" to "db" is there twice: one link for each pair`},
		{"negative delay", func(s *targets.Topology) { s.Links[1].OneWay = -1 }, "links[1].delay: is -1ns: 0 to 10s one way"},
		{"delay without end", func(s *targets.Topology) { s.Links[1].OneWay = time.Minute }, "links[1].delay: is 1m0s: 0 to 10s one way"},
		{"jitter above the delay", func(s *targets.Topology) { s.Links[1].Jitter = time.Second }, "links[1].jitter: is 1s: 0 to the delay of 1ms"},
		{"negative bandwidth", func(s *targets.Topology) { s.Links[1].Bandwidth = -1 }, "links[1].bandwidth: is -1: 0 (unlimited) or more bytes per second"},
		{"missing link", func(s *targets.Topology) { s.Links = append(s.Links[:3:3], s.Links[4:]...) }, `nodes[1].roles[0]: role "web-1" uses "db", but no link goes from "web-1" to "db": add it to links`},
	})
}

func TestValidateKindsAndStores(t *testing.T) {
	check(t, []rule{
		{"unknown kind", func(s *targets.Topology) { role(s, "resolver").Kind = "quest" }, `nodes[4].roles[0].kind: "quest" is not a kind: allowed is nameserver, resolver, web, database, keyvalue, balancer, cache, edge, volume, queue, worker, monitor`},
		{"no settings", func(s *targets.Topology) { role(s, "kv").KeyValue = nil }, "nodes[3].roles[1].keyvalue: a role of kind keyvalue needs its settings"},
		{"settings of two kinds", func(s *targets.Topology) { role(s, "db").KeyValue = role(s, "kv").KeyValue }, "nodes[3].roles[0].keyvalue: a role has one kind, and this one is a database: only settings of database"},
		{"store that is not there", func(s *targets.Topology) { role(s, "web-1").Web.Store = "dbx" }, `nodes[1].roles[0].web.store: there is no role "dbx": allowed is db, kv`},
		{"store that is none", func(s *targets.Topology) { role(s, "web-1").Web.Store = "root" }, `nodes[1].roles[0].web.store: role "root" is a "nameserver": allowed is db, kv`},
		{"operation that is none", func(s *targets.Topology) { role(s, "web-1").Web.Demand["buy"] = targets.Law{} }, `nodes[1].roles[0].web.demand: "buy" is not an operation: allowed is user, orders, asset, post, login, me, photo, edit, following`},
		{"statement of the other kind", func(s *targets.Topology) { role(s, "kv").KeyValue.Demand[targets.StatementJoin] = targets.Law{} }, `nodes[3].roles[1].keyvalue.demand: "join" is not a statement of this kind: allowed is get, set`},
		{"bad law", func(s *targets.Topology) { role(s, "web-1").Web.Demand[targets.OpUser] = targets.Law{Mean: -1} }, "nodes[1].roles[0].web.demand.user: mean is -1ns: allowed is 0 to 1m0s"},
		{"bad law of the disk", func(s *targets.Topology) { role(s, "db").Database.Access.Shape = "gauss" }, `nodes[3].roles[0].database.access: unknown shape "gauss": allowed are constant, exponential, lognormal`},
		{"no connections", func(s *targets.Topology) { role(s, "web-1").Web.Connections = 0 }, "nodes[1].roles[0].web.connections: is 0: allowed is 1 to 10000"},
		{"no clients", func(s *targets.Topology) { role(s, "db").Database.Connections = 0 }, "nodes[3].roles[0].database.connections: is 0: allowed is 1 to 100000"},
		{"sessions that never last", func(s *targets.Topology) { role(s, "web-1").Web.SessionTTL = 0 }, "nodes[1].roles[0].web.session_ttl: is 0s: a positive duration"},
		{"empty file", func(s *targets.Topology) { role(s, "web-1").Web.AssetSizes = []int{5, 0} }, "nodes[1].roles[0].web.asset_sizes[1]: is 0: allowed is 1 to 16777216"},
		{"too many files", func(s *targets.Topology) {
			role(s, "web-1").Web.AssetSizes = slices.Repeat([]int{1}, 1001)
		}, "nodes[1].roles[0].web.asset_sizes: there are 1001: at most 1000"},
		{"no users", func(s *targets.Topology) { role(s, "db").Database.Data.Users = 0 }, "nodes[3].roles[0].database.data.users: is 0: allowed is 1 to 1000000"},
		{"too many orders", func(s *targets.Topology) { role(s, "db").Database.Data.OrdersPerUser = 101 }, "nodes[3].roles[0].database.data.orders_per_user: is 101: allowed is 0 to 100"},
		{"negative pool", func(s *targets.Topology) { role(s, "db").Database.PoolPages = -1 }, "nodes[3].roles[0].database.pool_pages: is -1: allowed is 0 to 10000000"},
		{"unknown fsync", func(s *targets.Topology) { role(s, "db").Database.Fsync = "maybe" }, `nodes[3].roles[0].database.fsync: is "maybe": allowed is full, off`},
	})
}

func TestValidateBalancer(t *testing.T) {
	lb := func(change func(*targets.Balancer)) func(*targets.Topology) {
		return func(s *targets.Topology) { change(role(s, "lb").Balancer) }
	}
	const at = "nodes[0].roles[0].balancer."
	const health = "interval at least 1ms, timeout positive, fall and rise at least 1; or interval 0 for no active checks"
	check(t, []rule{
		{"no servers", lb(func(b *targets.Balancer) { b.Servers = nil }), at + "servers: there are none: at least one web role"},
		{"server that is no web server", lb(func(b *targets.Balancer) { b.Servers[1] = "db" }), at + `servers[1]: role "db" is a "database": allowed is web-1, web-2`},
		{"server twice", lb(func(b *targets.Balancer) { b.Servers[1] = "web-1" }), at + `servers[1]: "web-1" is there twice: each server once`},
		{"unknown policy", lb(func(b *targets.Balancer) { b.Policy = "best" }), at + `policy: "best" is not a policy: allowed is round-robin, least-connections, random-two-choices, ip-hash`},
		{"too many retries", lb(func(b *targets.Balancer) { b.Retries = 11 }), at + "retries: is 11: allowed is 0 to 10"},
		{"tries without end", lb(func(b *targets.Balancer) { b.Timeout = 0 }), at + "timeout: is 0s: more than 0, at most 5m"},
		{"bad demand", lb(func(b *targets.Balancer) { b.Demand.CV = 21 }), at + "demand: cv is 21: allowed is 0 to 20"},
		{"empty file", lb(func(b *targets.Balancer) { b.AssetSizes[0] = 0 }), at + "asset_sizes[0]: is 0: allowed is 1 to 16777216"},
		{"checks without time-out", lb(func(b *targets.Balancer) { b.Health.Timeout = 0 }), at + "health: interval 1s, timeout 0s, fall 3, rise 2: " + health},
		{"checks without pause", lb(func(b *targets.Balancer) { b.Health.Interval = 1 }), at + "health: interval 1ns, timeout 1s, fall 3, rise 2: " + health},
		{"negative passive checks", lb(func(b *targets.Balancer) { b.Health.PassiveFails = -1 }), at + "health.passive_fails: is -1: 0 (no passive checks) or more"},
		{"limit without a bucket", lb(func(b *targets.Balancer) { b.Limit.Burst = 0 }), at + "limit: rate 10, burst 0: rate 0 (no limit), or positive with a burst of at least 1"},
		{"limit that is no number", lb(func(b *targets.Balancer) { b.Limit.Rate = math.NaN() }), at + "limit: rate NaN, burst 5: rate 0 (no limit), or positive with a burst of at least 1"},
	})
	s := site()
	role(&s, "lb").Balancer.Health = targets.Health{PassiveFails: 3}
	role(&s, "lb").Balancer.Limit = targets.RateLimit{}
	if ps := s.Validate(); len(ps) > 0 {
		t.Errorf("without active checks and limit: %v", ps)
	}
}

func TestValidateNames(t *testing.T) {
	root := func(change func(*targets.Nameserver)) func(*targets.Topology) {
		return func(s *targets.Topology) { change(role(s, "root").Nameserver) }
	}
	auth := func(change func(*targets.Nameserver)) func(*targets.Topology) {
		return func(s *targets.Topology) { change(role(s, "authoritative").Nameserver) }
	}
	resolver := func(change func(*targets.Resolver)) func(*targets.Topology) {
		return func(s *targets.Topology) { change(role(s, "resolver").Resolver) }
	}
	const fqdn = `a fully qualified name with its last dot, like "www.shop.example."`
	check(t, []rule{
		{"zone without its last dot", root(func(n *targets.Nameserver) { n.Zone = "example" }), `nodes[5].roles[0].nameserver.zone: "example" is not a fully qualified name: ` + fqdn},
		{"empty label", root(func(n *targets.Nameserver) { n.Zone = "a..b." }), `nodes[5].roles[0].nameserver.zone: "a..b." is not a fully qualified name: ` + fqdn},
		{"label too long", root(func(n *targets.Nameserver) { n.Zone = strings.Repeat("a", 64) + "." }), fmt.Sprintf("nodes[5].roles[0].nameserver.zone: %q is not a fully qualified name: ", strings.Repeat("a", 64)+".") + fqdn},
		{"record outside the zone", auth(func(n *targets.Nameserver) { n.Records[0].Name = "www.other.example." }), `nodes[6].roles[0].nameserver.records[0].name: "www.other.example." lies outside the zone: a name inside "shop.example."`},
		{"record that only ends alike", auth(func(n *targets.Nameserver) { n.Records[0].Name = "myshop.example." }), `nodes[6].roles[0].nameserver.records[0].name: "myshop.example." lies outside the zone: a name inside "shop.example."`},
		{"record of no role", auth(func(n *targets.Nameserver) { n.Records[0].Role = "x" }), `nodes[6].roles[0].nameserver.records[0].role: there is no role "x": allowed is root, authoritative, resolver, web-1, web-2, db, kv, lb`},
		{"record without TTL", auth(func(n *targets.Nameserver) { n.Records[0].TTL = 0 }), "nodes[6].roles[0].nameserver.records[0].ttl: is 0s: more than 0, at most 168h"},
		{"TTL without end", root(func(n *targets.Nameserver) { n.Delegations[0].TTL = 200 * time.Hour }), "nodes[5].roles[0].nameserver.delegations[0].ttl: is 200h0m0s: more than 0, at most 168h"},
		{"delegation to itself", root(func(n *targets.Nameserver) { n.Delegations[0].Zone = "." }), `nodes[5].roles[0].nameserver.delegations[0].zone: "." does not lie below the zone: a zone below "."`},
		{"delegation to no nameserver", root(func(n *targets.Nameserver) { n.Delegations[0].Role = "lb" }), `nodes[5].roles[0].nameserver.delegations[0].role: role "lb" is a "balancer": allowed is root, authoritative`},
		{"two on one node", func(s *targets.Topology) {
			second := s.Nodes[4].Roles[0]
			second.Name = "second"
			s.Nodes[4].Roles = append(s.Nodes[4].Roles, second)
		}, `nodes[4].roles[1]: roles "resolver" and "second" would need the same port of node "resolver": one nameserver or resolver for each node`},
		{"lame delegation", root(func(n *targets.Nameserver) { n.Delegations[0].Zone = "example." }), `nodes[5].roles[0].nameserver.delegations[0].role: role "authoritative" serves "shop.example.": the nameserver of "example."`},
		{"root that is none", resolver(func(r *targets.Resolver) { r.Root = "web-1" }), `nodes[4].roles[0].resolver.root: role "web-1" is a "web": allowed is root, authoritative`},
		{"root out of reach", resolver(func(r *targets.Resolver) { r.Reaches = r.Reaches[1:] }), `nodes[4].roles[0].resolver.reaches: root "root" is not in it: must hold the root`},
		{"reach for nothing", resolver(func(r *targets.Resolver) { r.Reaches[1] = "kv" }), `nodes[4].roles[0].resolver.reaches: "root" delegates "shop.example." to it: must hold "authoritative"`},
		{"negative cap", resolver(func(r *targets.Resolver) { r.MaxTTL = -1 }), "nodes[4].roles[0].resolver.max_ttl: is -1ns: 0 (no cap) or positive"},
		{"no time-out", resolver(func(r *targets.Resolver) { r.Timeout = 0 }), "nodes[4].roles[0].resolver.timeout: is 0s: a positive duration"},
	})
}

func TestValidateFindsCircles(t *testing.T) {
	s := site()
	// Web servers and stores cannot form a circle, but balancers in a file can.
	role(&s, "lb").Balancer.Servers = []string{"second"}
	second := *role(&s, "lb")
	second.Name, second.Port, second.Balancer = "second", 0, &targets.Balancer{Servers: []string{"lb"}}
	s.Nodes[1].Roles[0] = second
	for _, p := range s.Validate() {
		if strings.Contains(p.What, "circle") {
			const want = `nodes: roles use each other in a circle: "lb -> second -> lb": roles that use one another in one direction only`
			if p.Error() != want {
				t.Errorf("got  %s\nwant %s", p.Error(), want)
			}
			return
		}
	}
	t.Error("no circle was found")
}

func TestValidateReportsABoundedNumber(t *testing.T) {
	s := site()
	s.Links = make([]targets.Link, 10_000)
	if n := len(s.Validate()); n != 100 {
		t.Errorf("%d problems", n)
	}
}
