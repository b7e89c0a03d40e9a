package configs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/configs"
	"rung/targets"
)

// site is a stage of a user's own. The tests break it line by line.
const site = `stage: my-site
title: My site
parts: [dns]
site: www.shop.example.
entry: lb
resolver: resolver
time_scale: 10
nodes:
  - name: lb
    cpus: 2
    roles:
      - name: lb
        balancer:
          servers: [web]
          health: {interval: 2s, timeout: 1s, fall: 3, rise: 2}
  - name: web
    cpus: 2
    memory_gb: 4
    roles:
      - {name: web, private: true, web: {store: db, session_ttl: 5m}}
  - name: db
    cpus: 2
    disks: 1
    roles:
      - name: db
        database: {pool_pages: 100}
links:
  - {from: clients, to: lb, wire: lan}
  - {from: lb, to: web, wire: lan}
  - {from: web, to: db, delay: 1ms, jitter: 100us}
variants:
  - name: big
    nodes: [{name: web, cpus: 8, quantum: 5ms}]
    roles: [{name: lb, balancer: {health: {fall: 9}}}]
  - name: kv
    roles: [{name: db, keyvalue: {fsync: off}}]
    users: 500
kills:
  - {node: web, down: 20s}
experiments:
  - {name: fast, kind: latency, variant: big, rate: 10}
claims:
  - id: faster
    text: More is more.
    checks: [fast.p50_ns <= common.p50_ns]
`

func shop(t testing.TB, hardware string) (configs.Hardware, configs.Workload) {
	t.Helper()
	p, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: hardware}.Load([]string{"01-single-server"})
	if err != nil {
		t.Fatal(err)
	}
	return p.Hardware, p.Workload
}

// load writes a stage file and reads it as a user's.
func load(t *testing.T, text, hardware string) (bench.Stage, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, w := shop(t, hardware)
	s, err := configs.Library{}.Stage(file, h, w)
	return s, inFolder(err, filepath.Dir(file)+"/")
}

// inFolder drops the folder from an error's text.
func inFolder(err error, folder string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), folder, ""))
}

func TestOwnStageLoads(t *testing.T) {
	for _, hardware := range []string{"book", "modern", "bare"} {
		if _, err := load(t, site, hardware); err != nil {
			t.Error(hardware, err)
		}
	}
	s, err := load(t, site, "book")
	if err != nil {
		t.Fatal(err)
	}
	web, node, _ := s.Topology.Role("web")
	if node.Machine.Quantum != 10*time.Millisecond || web.Web.SessionTTL != 5*time.Minute || !web.Private {
		t.Errorf("the web server is %+v on %+v", web.Web, node.Machine)
	}
	lb, _, _ := s.Topology.Role("lb")
	if lb.Balancer.Health.Fall != 3 || lb.Balancer.Health.Interval != 200*time.Millisecond {
		t.Errorf("a variant changed the stage: %+v", lb.Balancer.Health)
	}
	big, kv := s.Variants[0].Topology, s.Variants[1].Topology
	if lb, _, _ := big.Role("lb"); lb.Balancer.Health.Fall != 9 || lb.Balancer.Health.Interval != 200*time.Millisecond {
		t.Errorf("the variant's checks are %+v", lb.Balancer.Health)
	}
	if lb, _, _ := kv.Role("lb"); lb.Balancer.Health.Fall != 3 {
		t.Errorf("one variant changed another: %+v", lb.Balancer.Health)
	}
	if _, n, _ := big.Role("web"); n.Machine.Quantum != 5*time.Millisecond || n.Machine.CPU.Slots != 8 {
		t.Errorf("the bigger machine is %+v", n.Machine)
	}
	if _, n, _ := kv.Role("web"); n.Machine.Quantum != 10*time.Millisecond {
		t.Errorf("one variant changed another: %+v", n.Machine)
	}
	if db, _, _ := kv.Role("db"); db.Kind != targets.KindKeyValue || db.Database != nil || db.KeyValue.Fsync != targets.FsyncOff {
		t.Errorf("the key-value store is %+v", db)
	} else if db.KeyValue.Data.Users != 500 {
		t.Errorf("the variant has %d users", db.KeyValue.Data.Users)
	}
	if db, _, _ := big.Role("db"); db.Database.Data.Users != 10_000 {
		t.Errorf("one variant changed another: %d users", db.Database.Data.Users)
	}
}

// slip is one mistake in a file, and all that is said about it.
type slip struct{ name, old, new, want string }

func TestStageMistakes(t *testing.T) {
	const duration = "write it like 250ms (units: ns us ms s m h)"
	slips := []slip{
		{"unknown field at the top", "title:", "titel:", `site.yaml:2: titel: unknown field (allowed is stage, title, adds, previous, compare, parts, site, static, entry, resolver, resolvers, time_scale, regions, nodes, links, replication, sharding, follows, autoscale, telemetry, supervisor, variants, kills, experiments, figures, scalings, claims)`},
		{"unknown field of a node", "memory_gb: 4", "memory: 4", `site.yaml:18: nodes[1].memory: unknown field (allowed is name, like, cpus, disks, memory_gb, quantum, queue, standby, datacenter, roles)`},
		{"unknown field of a role", "private: true", "privat: true", `site.yaml:20: nodes[1].roles[0].privat: unknown field (allowed is name, port, private, web, database, keyvalue, balancer, nameserver, resolver, cache, edge, volume, queue, worker, monitor)`},
		{"unknown field without a value", "private: true", "privat: ", `site.yaml:20: nodes[1].roles[0].privat: unknown field (allowed is name, port, private, web, database, keyvalue, balancer, nameserver, resolver, cache, edge, volume, queue, worker, monitor)`},
		{"unknown field with an empty value", "title: My site", "titel: {}", `site.yaml:2: titel: unknown field (allowed is stage, title, adds, previous, compare, parts, site, static, entry, resolver, resolvers, time_scale, regions, nodes, links, replication, sharding, follows, autoscale, telemetry, supervisor, variants, kills, experiments, figures, scalings, claims)`},
		{"unknown field of settings", "fall: 3", "fell: 3", `site.yaml:15: nodes[0].roles[0].balancer.health.fell: unknown field (allowed is interval, timeout, fall, rise, passive_fails)`},
		{"unknown field of a variant's change", "quantum: 5ms", "kwantum: 5ms", `site.yaml:33: variants[0].nodes[0].kwantum: unknown field (allowed is name, like, cpus, disks, memory_gb, quantum, queue, standby, datacenter, roles)`},
		{"upper case", "title:", "Title:", `site.yaml:2: Title: unknown field (allowed is stage, title, adds, previous, compare, parts, site, static, entry, resolver, resolvers, time_scale, regions, nodes, links, replication, sharding, follows, autoscale, telemetry, supervisor, variants, kills, experiments, figures, scalings, claims)`},

		{"duration without a unit", "interval: 2s", "interval: 2", `site.yaml:15: nodes[0].roles[0].balancer.health.interval: "2" has no unit: ` + duration},
		{"duration of another kind", "interval: 2s", "interval: soon", `site.yaml:15: nodes[0].roles[0].balancer.health.interval: "soon" is not a duration: ` + duration},
		{"negative duration", "session_ttl: 5m", "session_ttl: -5m", `site.yaml:20: nodes[1].roles[0].web.session_ttl: "-5m" is negative: a duration is zero or more`},
		{"list for a duration", "session_ttl: 5m", "session_ttl: [5m]", `site.yaml:20: nodes[1].roles[0].web.session_ttl: is a list (must be one value with its unit)`},
		{"text for a number", "disks: 1", "disks: one", `site.yaml:23: nodes[2].disks: "one" is text (must be a whole number)`},
		{"decimal for a whole number", "disks: 1", "disks: 1.5", `site.yaml:23: nodes[2].disks: "1.5" is a decimal number (must be a whole number)`},
		{"number too large", "disks: 1", "disks: 99999999999999999999", `site.yaml:23: nodes[2].disks: "99999999999999999999" is a decimal number (must be a whole number)`},
		{"not a number", "time_scale: 10", "time_scale: .nan", `site.yaml:7: time_scale: ".nan" is a decimal number (must be a number)`},
		{"number for text", "title: My site", "title: 42", `site.yaml:2: title: "42" is a whole number (must be text: write it in quotes)`},
		{"text for a switch", "private: true", `private: "yes"`, `site.yaml:20: nodes[1].roles[0].private: "yes" is text (must be true or false)`},
		{"text for a list", "servers: [web]", "servers: web", `site.yaml:14: nodes[0].roles[0].balancer.servers: "web" is text (must be a list)`},
		{"list for fields", "web: {store: db, session_ttl: 5m}", "web: [db]", `site.yaml:20: nodes[1].roles[0].web: is a list (must be fields: store, reads, connections, session_ttl, asset_max_age, denormalised, queues, cache, sessions)`},
		{"hole in a list", "servers: [web]", "servers: [web, ]\n          retries: 1\n          timeout: ", ``},
		{"empty item", "servers: [web]", "servers: [null]", `site.yaml:14: nodes[0].roles[0].balancer.servers[0]: is empty (must have a value)`},
	}
	check(t, slips)
}

func TestStageStructure(t *testing.T) {
	check(t, []slip{
		{"no id", "stage: my-site\n", "", `site.yaml: stage: "" is not an id (a-z 0-9 and -, at most 64, for example "stage: my-site")`},
		{"id that would leave its folder", "stage: my-site", "stage: ../x", `site.yaml:1: stage: "../x" is not an id (a-z 0-9 and -, at most 64, for example "stage: my-site")`},
		{"unknown part", "parts: [dns]", "parts: [dsn]", `site.yaml:3: parts[0]: there is no part "dsn" (allowed is dns, dns-geo, lb-3web, tiers)`},
		{"part twice", "parts: [dns]", "parts: [dns, dns]", `site.yaml:3: parts[1]: part "dns" is there twice, or one too many (each part once, at most 10)`},
		{"no entry", "entry: lb", "entry: ", `site.yaml:5: entry: there is no web or balancer role "" (allowed is lb, web)`},
		{"unknown entry", "entry: lb", "entry: bl", `site.yaml:5: entry: there is no web or balancer role "bl" (allowed is lb, web)`},
		{"private entry", "      - name: lb\n", "      - name: lb\n        private: true\n", `site.yaml:5: entry: role "lb" refuses clients (a role that is not private)`},
		{"other site than the records", "site: www.", "site: api.", `site.yaml:4: site: no nameserver knows the address of "api.shop.example." (add a record for it to a nameserver)`},
		{"time that goes backwards", "time_scale: 10", "time_scale: -1", `site.yaml:7: time_scale: is -1 (allowed is 1 to 1000)`},
		{"unknown store", "store: db", "store: bd", `site.yaml:20: nodes[1].roles[0].web.store: there is no role "bd" (allowed is db)`},
		{"unknown server", "servers: [web]", "servers: [web, web-2]", `site.yaml:14: nodes[0].roles[0].balancer.servers[1]: there is no role "web-2" (allowed is web)`},
		{"unknown policy", "servers: [web]", "servers: [web]\n          policy: best", `site.yaml:15: nodes[0].roles[0].balancer.policy: "best" is not a policy (allowed is round-robin, least-connections, random-two-choices, ip-hash)`},
		{"link to nowhere", "to: db,", "to: bd,", "site.yaml:30: links[2].to: the link leads nowhere: there is no node \"bd\" (allowed is lb, web, db, resolver, root, tld, authoritative)\n" +
			`site.yaml:20: nodes[1].roles[0]: role "web" uses "db", but no link goes from "web" to "db" (add it to links)`},
		{"missing link", "  - {from: lb, to: web, wire: lan}\n", "", `site.yaml:12: nodes[0].roles[0]: role "lb" uses "web", but no link goes from "lb" to "web" (add it to links)`},
		{"unknown wire", "to: web, wire: lan", "to: web, wire: lam", `site.yaml:29: links[1].wire: is "lam" (lan, wan or far; or a delay instead)`},
		{"wire and delay", "to: db,", "to: db, wire: lan,", `site.yaml:30: links[2].wire: is "lan" (lan, wan or far; or a delay instead)`},
		{"jitter above the delay", "jitter: 100us", "jitter: 2ms", `site.yaml:30: links[2].jitter: is 2ms (0 to the delay of 1ms)`},
		{"role with nothing to do", "database: {pool_pages: 100}", "port: 5432", `site.yaml:25: nodes[2].roles[0]: role "db" does nothing (give it one of web, database, keyvalue, balancer, nameserver, resolver, cache, edge, volume, queue, worker, monitor)`},
		{"role with two things to do", "database: {pool_pages: 100}", "database: {pool_pages: 100}\n        keyvalue: {}", `site.yaml:26: nodes[2].roles[0].database: a role has one kind, and this one is a keyvalue (only settings of keyvalue)`},
		{"role named like the stand-in", "name: web, private", "name: entry, private", `site.yaml:20: nodes[1].roles[0].name: "entry" is taken (another name: in records it stands for the site's entry)`},
		{"too many slots", "disks: 1", "disks: 2000", `site.yaml:23: nodes[2].disks: is 2000 (allowed is 0 (not emulated) to 1024)`},
		{"negative queue", "disks: 1", "queue: -1", `site.yaml:23: nodes[2].queue: is -1 (allowed is 0 to 100000)`},
		{"quantum too short", "disks: 1", "quantum: 1us", `site.yaml:23: nodes[2].quantum: is 1µs (allowed is 0 (work is never cut), or at least 100µs)`},
		{"negative memory", "memory_gb: 4", "memory_gb: -4", `site.yaml:18: nodes[1].memory_gb: is -4 (0 to 100000)`},
		{"name of a part's node", "- name: db\n    cpus", "- name: tld\n    cpus", "configs/parts/dns.yaml:14: nodes[2].name: \"tld\" is there twice (a name that is not taken)\n" +
			"site.yaml:30: links[2].to: the link leads nowhere: there is no node \"db\" (allowed is lb, web, tld, resolver, root, tld, authoritative)\n" +
			`site.yaml:20: nodes[1].roles[0]: role "web" uses "db", but no link goes from "web" to "tld" (add it to links)`},
		{"two mistakes", "disks: 1", "disks: 2000\n    memory_gb: 1", `site.yaml:23: nodes[2].disks: is 2000 (allowed is 0 (not emulated) to 1024)`},
	})
}

func TestStageQuestions(t *testing.T) {
	check(t, []slip{
		{"variant without a name", "- name: big\n    nodes", "- text: big\n    nodes", `site.yaml:32: variants[0].name: "" is not a name (a lower-case letter, then up to 39 of a-z 0-9 -)`},
		{"variant without users", "users: 500", "users: -1", `site.yaml:37: variants[1].users: is -1 (1 to the workload's, 10000)`},
		{"variant with more users than there are", "users: 500", "users: 10001", `site.yaml:37: variants[1].users: is 10001 (1 to the workload's, 10000)`},
		{"variant twice", "- name: kv", "- name: big", `site.yaml:35: variants[1].name: "big" is there twice (a name of its own)`},
		{"change to no node", "nodes: [{name: web,", "nodes: [{name: wbe,", `site.yaml:33: variants[0].nodes[0].name: there is no node "wbe" to change (allowed is lb, web, db, resolver, root, tld, authoritative)`},
		{"change to no role", "roles: [{name: db,", "roles: [{name: bd,", `site.yaml:36: variants[1].roles[0].name: there is no role "bd" to change (allowed is lb, web, db, resolver, root, tld, authoritative)`},
		{"change without a name", "roles: [{name: db,", "roles: [{", `site.yaml:36: variants[1].roles[0].name: there is no role "" to change (allowed is lb, web, db, resolver, root, tld, authoritative)`},
		{"change of roles in the wrong place", "quantum: 5ms", "roles: []", `site.yaml:33: variants[0].nodes[0].roles: roles are not changed here (change them under the variant's roles)`},
		{"change of the wrong type", "quantum: 5ms", "disks: many", `site.yaml:33: variants[0].nodes[0].disks: "many" is text (must be a whole number)`},
		{"without a node that is not there", "- name: kv\n", "- name: kv\n    without: [cache]\n", `site.yaml:36: variants[1].without[0]: there is no node "cache" (a node of this stage)`},
		{"variant that does not work", "- name: kv\n", "- name: kv\n    without: [web]\n", `site.yaml:35: variants[1]: node lb.roles[0].balancer.servers[0]: there is no role "web" (there are none to choose from)`},
		{"variant of a size that is too large", "cpus: 8", "cpus: 8000", `site.yaml:32: variants[0]: node web.cpus: is 8000 (allowed is 0 (not emulated) to 1024)`},

		{"kill of no node", "{node: web,", "{node: wbe,", `site.yaml:39: kills[0].node: there is no node "wbe" (allowed is lb, web, db, resolver, root, tld, authoritative)`},
		{"kill twice", "  - {node: web, down: 20s}\n", "  - {node: web, down: 20s}\n  - {node: web, down: 20s}\n", `site.yaml:40: kills[1].node: "web" is there twice (each node and data centre once)`},
		{"kill without end", "down: 20s", "down: 20h", `site.yaml:39: kills[0].down: is 2h0m0s after the time scale (100ms to 1m)`},
		{"experiment twice", "experiments:\n", "experiments:\n  - {name: fast, kind: lookup}\n", `site.yaml:42: experiments[1].name: "fast" is there twice (a name of its own)`},
		{"experiment that no check could name", "name: fast", "name: Fast.1", `site.yaml:41: experiments[0].name: "Fast.1" is not a name (a lower-case letter, then up to 39 of a-z 0-9 -)`},
		{"unknown experiment", "kind: latency", "kind: latencies", `site.yaml:41: experiments[0].kind: "latencies" is not a kind (allowed is lookup, capacity, latency, load, direct, limit, kill, failover, freshness, hits, stampede, publish, tamper, autoscale, drain, heal, deploy, trace, reshard, placement)`},
		{"unknown variant", "variant: big", "variant: bigger", `site.yaml:41: experiments[0].variant: there is no variant "bigger" (allowed is big, kv)`},
		{"unknown role", "variant: big", "role: wbe", `site.yaml:41: experiments[0].role: there is no role "wbe" (a role of this stage)`},
		{"no rate", ", rate: 10", "", `site.yaml:41: experiments[0].rate: is 0 (more than 0, at most 100000 per second)`},
		{"unknown operation", "rate: 10", "rate: 10, operations: [buy]", `site.yaml:41: experiments[0].operations[0]: "buy" is not an operation (allowed is user, orders, asset, post, login, me, photo, edit, following)`},
		{"experiment that never runs", "rate: 10", "rate: 10, profiles: [quik]", `site.yaml:41: experiments[0].profiles[0]: there is no profile "quik" (allowed is full, quick, smoke)`},
		{"claim without an id", "  - id: faster\n    text", "  - text", `site.yaml:43: claims[0].id: "" is not an id (a-z 0-9 and -, at most 64)`},
		{"claim without a sentence", "    text: More is more.\n", "", `site.yaml:43: claims[0].text: the claim's sentence is missing (one sentence)`},
		{"claim without a check", "    checks: [fast.p50_ns <= common.p50_ns]\n", "", `site.yaml:43: claims[0].checks: the claim has no check (at least one comparison of facts)`},
		{"claim that is never judged", "    checks: [fast", "    profiles: [ful]\n    checks: [fast", `site.yaml:45: claims[0].profiles[0]: there is no profile "ful" (allowed is full, quick, smoke)`},
		{"bad check", "fast.p50_ns <= common", "fast.p50_ns =< common", `site.yaml:45: claims[0].checks[0]: "fast.p50_ns =< common.p50_ns": term "fast.p50_ns =" is neither a number with a unit (ns us ms s %) nor the name of a fact`},
		{"bad unit in a check", "<= common.p50_ns", "<= 5 parsec", `site.yaml:45: claims[0].checks[0]: "fast.p50_ns <= 5 parsec": term "5 parsec" is neither a number with a unit (ns us ms s %) nor the name of a fact`},
	})
}

func TestStageText(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	check(t, []slip{
		{"empty", site, "", `site.yaml:1: has no fields (a YAML mapping, with lines like "stage: my-site")`},
		{"a list", site, "[1, 2]", `site.yaml:1: has no fields (a YAML mapping, with lines like "stage: my-site")`},
		{"not YAML", "resolver: resolver\n", "resolver: [\n", "site.yaml:6: is not YAML: did not find expected ',' or ']'"},
		{"a tab", "title: My site\n", "title: x\n\tsite: y\n", "site.yaml:2: is not YAML: found a tab character that violates indentation"},
		{"not UTF-8", "title: My site", "title: \xff\xfe", "site.yaml: is not YAML: invalid leading UTF-8 octet"},
		{"a second document", "claims:\n", "---\nclaims:\n", "site.yaml:42: a second YAML document starts here (one document in each file)"},
		{"a field twice", "title: My site\n", "title: My site\nstage: other\n", "site.yaml:3: stage: is there twice, first on line 1 (each field once)"},
		{"an anchor", "title: My site", "title: &t My site", "site.yaml:2: title: is an anchor or an alias (& or *) (write the value out)"},
		{"an alias in itself", "title: My site", "title: &a [*a]", "site.yaml:2: title: is an anchor or an alias (& or *) (write the value out)"},
		{"a tag", "title: My site", "title: !!binary aGk=", `site.yaml:2: title: has the tag "!!binary" (a value without a tag)`},
		{"a key that is a list", "title: My site", "? [a]\n: b", "site.yaml:2: has a key that is not a word (a field's name before the colon)"},
		{"very deep", "title: My site", "title: " + deep, "site.yaml:2: is nested too deep (at most 30 levels)"},
		{"very deep, by lines", "title: My site", "title:\n" + ladder(40), "site.yaml:32: is nested too deep (at most 30 levels)"},
		{"very many values", "title: My site", "title: [" + strings.Repeat("1,", 10_000) + "]", "site.yaml:2: is the value number 10001 (at most 10000 values in a file)"},
		{"very long", "title: My site", "# " + strings.Repeat("x", 1<<20), "site.yaml: is too large (at most 1048576 bytes)"},
		{"a name with a line break", "entry: lb", `entry: "a\nb"`, `site.yaml:5: entry: there is no web or balancer role "a\nb" (allowed is lb, web)`},
		{"a key with a line break", "title:", `"a\nb":`, `site.yaml:2: a b: unknown field (allowed is stage, title, adds, previous, compare, parts, site, static, entry, resolver, resolvers, time_scale, regions, nodes, links, replication, sharding, follows, autoscale, telemetry, supervisor, variants, kills, experiments, figures, scalings, claims)`},
	})
}

// ladder is a mapping of that depth.
func ladder(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i+1))
	}
	return b.String()
}

// Billion laughs: nine lines that would expand to a billion values.
func TestStageBomb(t *testing.T) {
	bomb := "stage: x\na: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 10), ","))
	}
	_, err := load(t, bomb, "book")
	if want := "site.yaml:2: a: is an anchor or an alias (& or *) (write the value out)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func check(t *testing.T, slips []slip) {
	t.Helper()
	for _, row := range slips {
		t.Run(row.name, func(t *testing.T) {
			if strings.Count(site, row.old) != 1 {
				t.Fatalf("%q is %d times in the file", row.old, strings.Count(site, row.old))
			}
			for _, hardware := range []string{"book", "bare"} { // the same mistakes on any hardware
				_, err := load(t, strings.Replace(site, row.old, row.new, 1), hardware)
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != row.want {
					t.Errorf("on %s\ngot  %s\nwant %s", hardware, got, row.want)
				}
			}
		})
	}
}
