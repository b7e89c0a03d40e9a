package targets_test

import (
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// wideSite is a topology of the data rungs, in which nothing is wrong: a
// replicated database, a cache tier, edges in two regions, a volume, and a
// web server on standby.
func wideSite() targets.Topology {
	s := site()
	group := func() *targets.Replication {
		return &targets.Replication{Members: []string{"db", "db-2"}, Primary: "db", Mode: targets.ModeAsynchronous,
			Lease: time.Second, Heartbeat: 100 * time.Millisecond}
	}
	role(&s, "db").Database.Replication = group()
	second := *role(&s, "db").Database
	second.Replication = group()
	edge := func(region string) targets.Role {
		return targets.Role{Name: "edge-" + region, Kind: targets.KindEdge, Edge: &targets.Edge{Origin: "lb", Provider: "cdn", Region: region,
			Peers: []string{"edge-na", "edge-eu"}, Bytes: 1 << 20, TTL: time.Second, Timeout: time.Second, Connections: 4}}
	}
	s.Nodes = append(s.Nodes,
		targets.Node{Name: "db-2", Roles: []targets.Role{{Name: "db-2", Kind: targets.KindDatabase, Database: &second}}},
		targets.Node{Name: "cache", Roles: []targets.Role{{Name: "cache", Kind: targets.KindCache,
			Cache: &targets.Cache{Bytes: 1 << 20, Policy: targets.EvictionLRU, Connections: 10}}}},
		targets.Node{Name: "volume", Roles: []targets.Role{{Name: "volume", Kind: targets.KindVolume,
			Volume: &targets.Volume{Fsync: targets.FsyncFull, Connections: 10}}}},
		targets.Node{Name: "edge-na", Roles: []targets.Role{edge("na")}},
		targets.Node{Name: "edge-eu", Roles: []targets.Role{edge("eu")}},
		targets.Node{Name: "web-3", Standby: true, Roles: []targets.Role{webRole("web-3", "kv")}})
	web := role(&s, "web-1").Web
	web.Members, web.Reads = []string{"db", "db-2"}, targets.ReadsReplicas
	web.Cache = &targets.ReadThrough{Nodes: []string{"cache"}, VirtualNodes: 10, Connections: 1, Timeout: time.Second}
	web.Sessions = targets.Sessions{Store: targets.SessionsVolume, Roles: []string{"volume"}}
	role(&s, "lb").Balancer.Servers = []string{"web-1", "web-2", "web-3"}
	s.Regions = []targets.Region{{Name: "na", Subnet: "127.33.0.0/16"}, {Name: "eu", Subnet: "127.34.0.0/16"}}
	s.Static = "static.shop.example."
	names := role(&s, "authoritative").Nameserver
	names.Records = append(names.Records, targets.Record{Name: s.Static, Role: "edge-na", TTL: time.Second, Backup: []string{"lb"},
		Regions: map[string][]string{"eu": {"edge-eu", "lb"}}})
	names.Health = targets.Health{Interval: time.Second, Timeout: time.Second, Fall: 3, Rise: 2}
	s.Autoscale = &targets.Autoscale{Nodes: []string{"web-2", "web-3"}, Balancer: "lb", Min: 1, Max: 2, Target: 0.6, Interval: time.Second}
	for _, pair := range []string{"web-1 db-2", "web-1 cache", "web-1 volume", "db db-2", "db-2 db", "edge-na lb", "edge-eu lb",
		"edge-na edge-eu", "edge-eu edge-na", "names lb", "names edge-na", "names edge-eu", "lb web-3", "web-3 db",
		"clients-eu edge-eu", "clients-na edge-na"} {
		from, to, _ := strings.Cut(pair, " ")
		s.Links = append(s.Links, targets.Link{From: from, To: to})
	}
	return s
}

func TestValidateAcceptsASoundWideSite(t *testing.T) {
	for _, p := range wideSite().Validate() {
		t.Error(p.Error())
	}
}

// TestValidateWideSite breaks the wide site in one way each, and looks for
// what is said of it.
func TestValidateWideSite(t *testing.T) {
	for _, row := range []rule{
		{"member of another group", func(s *targets.Topology) { role(s, "db-2").Database.Replication.Mode = "synchronous" }, `"db-2" is of another group`},
		{"member that stands alone", func(s *targets.Topology) { role(s, "db-2").Database.Replication = nil }, `"db-2" is of another group`},
		{"member that is not there", func(s *targets.Topology) { role(s, "db").Database.Replication.Members[1] = "db-9" }, `there is no role "db-9"`},
		{"member twice", func(s *targets.Topology) { role(s, "db").Database.Replication.Members[1] = "db" }, `"db" is there twice`},
		{"group without its own role", func(s *targets.Topology) { role(s, "db").Database.Replication.Members = []string{"db-2"} }, "must hold the role itself"},
		{"primary from outside", func(s *targets.Topology) { role(s, "db").Database.Replication.Primary = "kv" }, `"kv" is not a member`},
		{"unknown mode", func(s *targets.Topology) { role(s, "db").Database.Replication.Mode = "fast" }, `"fast" is not a mode`},
		{"lease as short as a heartbeat", func(s *targets.Topology) { role(s, "db").Database.Replication.Lease = 100 * time.Millisecond }, "lease at least 3 heartbeats"},
		{"web server that does not know the group", func(s *targets.Topology) { role(s, "web-1").Web.Members = nil }, "they must be those of the store's group"},
		{"members of a store that stands alone", func(s *targets.Topology) { role(s, "web-2").Web.Members = []string{"kv"} }, "or none when it stands alone"},
		{"unknown read policy", func(s *targets.Topology) { role(s, "web-1").Web.Reads = "lucky" }, `"lucky" is not a read policy`},
		{"read policy without a group", func(s *targets.Topology) { role(s, "web-2").Web.Reads = "all" }, "only with members"},
		{"cache that is none", func(s *targets.Topology) { role(s, "web-1").Web.Cache.Nodes = []string{"lb"} }, `role "lb" is a "balancer"`},
		{"cache tier without nodes", func(s *targets.Topology) { role(s, "web-1").Web.Cache.Nodes = nil }, "web.cache.nodes: there are 0"},
		{"jitter over the TTL", func(s *targets.Topology) { role(s, "web-1").Web.Cache.Jitter = 1.5 }, "web.cache.jitter: is 1.5"},
		{"tiny cache", func(s *targets.Topology) { role(s, "cache").Cache.Bytes = 10 }, "cache.bytes: is 10"},
		{"unknown eviction policy", func(s *targets.Topology) { role(s, "cache").Cache.Policy = "mru" }, `"mru" is not an eviction policy`},
		{"volume for sessions that is none", func(s *targets.Topology) { role(s, "web-1").Web.Sessions.Roles = []string{"cache"} }, `role "cache" is a "cache"`},
		{"sessions nowhere", func(s *targets.Topology) { role(s, "web-1").Web.Sessions.Roles = nil }, "sessions in a volume need a role"},
		{"cookies without a key", func(s *targets.Topology) {
			role(s, "web-1").Web.Sessions = targets.Sessions{Store: targets.SessionsCookie, Key: "abcd"}
		}, "cookies need a key"},
		{"key without cookies", func(s *targets.Topology) { role(s, "web-1").Web.Sessions.Key = "abcd" }, "only with store cookie"},
		{"edge of no region", func(s *targets.Topology) { role(s, "edge-na").Edge.Region = "mars" }, `there is no region "mars"`},
		{"edge whose origin is no site", func(s *targets.Topology) { role(s, "edge-na").Edge.Origin = "db" }, `role "db" is a "database"`},
		{"peer of another provider", func(s *targets.Topology) { role(s, "edge-na").Edge.Provider = "other" }, "edges of the same provider"},
		{"subnet of the nodes", func(s *targets.Topology) { s.Regions[0].Subnet = "127.70.0.0/16" }, "regions[0].subnet"},
		{"subnet of the world", func(s *targets.Topology) { s.Regions[0].Subnet = "10.0.0.0/8" }, "regions[0].subnet"},
		{"two regions of one subnet", func(s *targets.Topology) { s.Regions[1].Subnet = "127.33.1.0/24" }, "overlaps another region's"},
		{"static name that nobody knows", func(s *targets.Topology) { s.Static = "img.shop.example." }, "no nameserver knows the address"},
		{"record for an unknown region", func(s *targets.Topology) {
			role(s, "authoritative").Nameserver.Records[1].Regions["mars"] = []string{"lb"}
		}, `there is no region "mars"`},
		{"checks without a wire", func(s *targets.Topology) { s.Links = s.Links[:len(s.Links)-7] }, "but no link goes from"},
		{"standby node that nothing starts", func(s *targets.Topology) { s.Autoscale = nil }, `nothing would start "web-3"`},
		{"standby below the minimum", func(s *targets.Topology) { s.Autoscale.Min = 2 }, "the first min nodes run from the start"},
		{"more than there are", func(s *targets.Topology) { s.Autoscale.Max = 3 }, "autoscale.max: is 3"},
		{"no target", func(s *targets.Topology) { s.Autoscale.Target = 0 }, "autoscale.target"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := wideSite()
			row.damage(&s)
			problems := s.Validate()
			for _, p := range problems {
				if strings.Contains(p.Error(), row.problem) {
					return
				}
			}
			t.Errorf("nothing says %q: %v", row.problem, problems)
		})
	}
}

func TestWhoMayCall(t *testing.T) {
	s := wideSite()
	for role, want := range map[string]string{"db": "web-1 db db-2", "cache": "web-1 cache", "edge-na": "names edge-na edge-eu"} {
		if got := strings.Join(s.Callers(role), " "); got != want {
			t.Errorf("callers of %s: %s; want %s", role, got, want)
		}
	}
}
