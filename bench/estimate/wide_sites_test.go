package estimate_test

import (
	"fmt"
	"slices"
	"time"

	"rung/targets"
)

// add puts a node with one role into a topology, with wires of 0.25 ms from
// some nodes.
func add(t *targets.Topology, machine targets.Machine, role targets.Role, from ...string) {
	t.Nodes = append(t.Nodes, targets.Node{Name: role.Name, Machine: machine, Roles: []targets.Role{role}})
	for _, f := range from {
		t.Links = append(t.Links, targets.Link{From: f, To: role.Name, OneWay: 250 * time.Microsecond})
	}
}

func webNodes(t targets.Topology) (names []string) {
	for _, n := range t.Nodes {
		if n.Roles[0].Web != nil {
			names = append(names, n.Name)
		}
	}
	return names
}

func small() targets.Machine {
	return targets.Machine{CPU: targets.Resource{Slots: 2, Queue: 512}, Quantum: 10 * time.Millisecond}
}

func withDisk() targets.Machine {
	m := small()
	m.Disk = targets.Resource{Slots: 1, Queue: 512}
	return m
}

// cacheTier puts caches of that many bytes each before the store. A command
// takes 0.1 ms.
func cacheTier(t *targets.Topology, nodes int, bytes int64, policy targets.Eviction, ttl time.Duration) {
	var names []string
	webs := webNodes(*t)
	for i := range nodes {
		name := fmt.Sprintf("cache-%d", i+1)
		names = append(names, name)
		add(t, small(), targets.Role{Name: name, Kind: targets.KindCache,
			Cache: &targets.Cache{Bytes: bytes, Policy: policy, Demand: constant(0.1), Connections: 100}}, webs...)
	}
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Cache = &targets.ReadThrough{Nodes: names, VirtualNodes: 100, TTL: ttl, Invalidate: true, Connections: 8, Timeout: time.Second}
		}
	})
}

// keepSessions keeps logins in a store. A volume takes 0.2 ms of CPU and 10 ms
// of disk.
func keepSessions(t *targets.Topology, store targets.SessionStore, pool int) {
	s := targets.Sessions{Store: store}
	webs := webNodes(*t)
	switch store {
	case targets.SessionsVolume:
		s.Roles = []string{"volume"}
		add(t, withDisk(), targets.Role{Name: "volume", Kind: targets.KindVolume,
			Volume: &targets.Volume{Access: constant(10), Demand: constant(0.2), PoolFiles: pool, Connections: 100}}, webs...)
	case targets.SessionsCache:
		for _, r := range t.RolesOf(targets.KindCache) {
			s.Roles = append(s.Roles, r.Name)
		}
		if len(s.Roles) == 0 {
			s.Roles = []string{"keeper"}
			add(t, small(), targets.Role{Name: "keeper", Kind: targets.KindCache,
				Cache: &targets.Cache{Bytes: 1 << 20, Policy: targets.EvictionLRU, Demand: constant(0.1), Connections: 100}}, webs...)
		}
	}
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Sessions = s
		}
	})
}

// edges puts an edge into each of two regions: na, where the site is, and eu,
// 40 ms away. Users without a region are near the first. A request takes an
// edge 0.5 ms.
func edges(t *targets.Topology, maxAge time.Duration) {
	entry := t.Nodes[0].Name
	if t.Entry == "lb" {
		entry = "lb"
	}
	t.Static, t.Resolver = "static.shop.example.", ""
	t.Regions = []targets.Region{{Name: "na", Subnet: "127.33.0.0/16"}, {Name: "eu", Subnet: "127.34.0.0/16"}}
	for _, region := range []string{"na", "eu"} {
		add(t, small(), targets.Role{Name: "edge-" + region, Kind: targets.KindEdge, Edge: &targets.Edge{Origin: t.Entry, Provider: "cdn", Region: region,
			Peers: []string{"edge-na", "edge-eu"}, Bytes: 1 << 26, TTL: time.Second, Timeout: time.Second, Connections: 8, Demand: constant(0.5)}})
	}
	far, near := 40*time.Millisecond, 250*time.Microsecond
	for pair, delay := range map[[2]string]time.Duration{{"clients", "edge-na"}: near, {"clients-na", "edge-na"}: near, {"clients-eu", "edge-eu"}: near,
		{"clients-na", entry}: near, {"clients-eu", entry}: far, {"edge-na", entry}: near, {"edge-eu", entry}: far,
		{"edge-na", "edge-eu"}: far, {"edge-eu", "edge-na"}: far} {
		t.Links = append(t.Links, targets.Link{From: pair[0], To: pair[1], OneWay: delay})
	}
	add(t, targets.Machine{}, targets.Role{Name: "names", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: "shop.example.",
		Records: []targets.Record{{Name: t.Static, Role: "edge-na", TTL: time.Minute, Backup: []string{t.Entry},
			Regions: map[string][]string{"na": {"edge-na"}, "eu": {"edge-eu"}}}}}})
	change(t, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.AssetMaxAge = maxAge
		}
	})
}

// standby makes all web servers but the first wait for the load.
func standby(t *targets.Topology) {
	webs := webNodes(*t)
	t.Autoscale = &targets.Autoscale{Nodes: webs, Balancer: "lb", Min: 1, Max: len(webs), Target: 0.6, Tolerance: 0.1, Interval: time.Second}
	for i := range t.Nodes {
		t.Nodes[i].Standby = slices.Contains(webs[1:], t.Nodes[i].Name)
	}
}
