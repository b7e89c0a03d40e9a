package configs_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"rung/targets"
)

// text is the text of a stage of the ladder.
func text(t *testing.T, id string) string {
	t.Helper()
	data, err := os.ReadFile("stages/" + id + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDataRungsAreWiredThrough(t *testing.T) {
	s, err := load(t, text(t, "05-database-replication"), "book")
	if err != nil {
		t.Fatal(err)
	}
	web, _, _ := s.Topology.Role("web-1")
	db, _, _ := s.Topology.Role("db-3")
	if len(web.Web.Members) != 3 || web.Web.Reads != targets.ReadsReplicas || db.Database.Replication == nil || db.Database.Replication.Primary != "db-1" {
		t.Errorf("the group: %+v, %+v", web.Web, db.Database.Replication)
	}
	for _, v := range s.Variants {
		switch v.Name {
		case "sync":
			if db, _, _ := v.Topology.Role("db-2"); db.Database.Replication.Mode != targets.ModeSynchronous {
				t.Errorf("the variant's mode is %s", db.Database.Replication.Mode)
			}
		case "reads-1":
			if got := len(v.Topology.RolesOf(targets.KindDatabase)); got != 2 {
				t.Errorf("%d databases in reads-1", got)
			}
		case "reads-4":
			web, _, _ := v.Topology.Role("web-2")
			if len(web.Web.Members) != 5 {
				t.Errorf("members in reads-4: %v", web.Web.Members)
			}
			if _, ok := v.Topology.Link("db-5", "db-4"); !ok {
				t.Error("the added members are not wired to each other")
			}
			if _, ok := v.Topology.Link("db-5", "db-5"); !ok { // the loopback, which is no link
				t.Error("a node cannot talk to itself")
			}
			if slices.ContainsFunc(v.Topology.Links, func(l targets.Link) bool { return l.From == l.To }) {
				t.Error("a list wired a node to itself")
			}
		}
	}
	if db, _, _ := s.Topology.Role("db-2"); db.Database.Replication.Mode != targets.ModeAsynchronous {
		t.Error("a variant changed the stage")
	}
}

// TestDataMistakes makes one mistake each in a stage of the ladder, and looks
// for what is said of it.
func TestDataMistakes(t *testing.T) {
	for _, row := range []struct{ stage, name, old, new, want string }{
		{"05-database-replication", "member that is no database", "members: [db-1, db-2, db-3], mode: asynchronous", "members: [db-1, db-2, lb], mode: asynchronous", `replication[0].members[2]: there is no database role "lb" (allowed is db-1, db-2, db-3)`},
		{"05-database-replication", "unknown mode", "mode: asynchronous", "mode: eventually", `"eventually" is not a mode (allowed is asynchronous, semi-synchronous, synchronous)`},
		{"05-database-replication", "wire of a list to nowhere", "to: [db-1, db-2, db-3], wire: lan}\n  - {from: [db-1", "to: [db-1, db-2, db-9], wire: lan}\n  - {from: [db-1", `links[0].to: the link leads nowhere: there is no node "db-9"`},
		{"05-database-replication", "change of a role that is not there", "- {name: [web-1, web-2, web-3], web: {reads: primary}}", "- {name: [web-1, web-9], web: {reads: primary}}", `there is no role "web-9" to change`},
		{"05-database-replication", "failover without a rate", "count: 2, rate: 60", "count: 2, rate: 0", `experiments[2].rate: is 0`},
		{"05-database-replication", "figure without a fact", "fact: reads-1.goodput_per_s", `fact: ""`, `figures[0].series[0].points[0].fact: is missing`},
		{"04-load-balancer", "scaling of nobody", "of: web", "of: wep", `scalings[0].of: there are no nodes "wep" (allowed is`},
		{"04-load-balancer", "scaling of no nodes", "nodes: 1, fact", "nodes: 0, fact", `scalings[0].points[0].nodes: is 0 (1 to 10000 nodes)`},
		{"05-database-replication", "figure of an unknown mark", "mark: bars", "mark: pie", `"pie" is not a mark (allowed is line, step, dots, bars, stack)`},
		{"05-database-replication", "figure of an unknown unit", "unit: per_s", "unit: furlong", `"furlong" is not a unit`},
		{"06-cache", "unknown policy", "policy: fifo", "policy: mru", `"mru" is not an eviction policy (allowed is lru, lfu, fifo)`},
		{"06-cache", "hits without a rate", "name: lru-small, kind: hits, variant: lru-small, rate: 700", "name: lru-small, kind: hits, variant: lru-small", `.rate: is 0`},
		{"06-cache", "kill of nobody", "nodes: [cache-1], down: 40s, rate: 500, operations: [user, orders]}\n  - {name: one", "down: 40s, rate: 500, operations: [user, orders]}\n  - {name: one", `.nodes: there are 0, and data centre "" (at least one node, or a data centre)`},
		{"07-cdn", "edge in no region", "region: ap", "region: mars", `there is no region "mars" (allowed is na, eu, ap)`},
		{"07-cdn", "users of no region", "regions: [na, eu, ap], length: 4s", "regions: [na, mars], length: 4s", `experiments[0].regions[1]: there is no region "mars"`},
		{"07-cdn", "unknown method", "method: purge", "method: prayer", `"prayer" is not a method (allowed is ttl, purge, versioned)`},
		{"08-stateless-web", "sessions nowhere", "sessions: {store: volume, roles: [volume]}", "sessions: {store: volume, roles: []}", `sessions in a volume need a role`},
		{"08-stateless-web", "unknown session store", "sessions: {store: database, roles: []}", "sessions: {store: memcached, roles: []}", `"memcached" is not a session store`},
		{"08-stateless-web", "target above all", "target: 60%", "target: 160%", `"160%" is out of range`},
		{"08-stateless-web", "standby at the start", "min: 1", "min: 2", `the first min nodes run from the start`},
	} {
		t.Run(row.name, func(t *testing.T) {
			whole := text(t, row.stage)
			if !strings.Contains(whole, row.old) {
				t.Fatalf("%q is not in the file", row.old)
			}
			_, err := load(t, strings.Replace(whole, row.old, row.new, 1), "book")
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "site.yaml:") {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}
