package targets_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// Names come from a small set, so that they meet; some are not names at all.
var names = []string{"", "a", "b", "c", "d", "clients", "Not a name\n"}

func name() *rapid.Generator[string] { return rapid.SampledFrom(names) }

func law() *rapid.Generator[targets.Law] {
	return rapid.Custom(func(t *rapid.T) targets.Law {
		return targets.Law{Shape: rapid.SampledFrom([]targets.Shape{"", "constant", "lognormal", "odd"}).Draw(t, "shape"),
			Mean: duration().Draw(t, "mean"), CV: rapid.Float64().Draw(t, "cv")}
	})
}

func duration() *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) })
}

func store() *rapid.Generator[targets.KeyValue] {
	return rapid.Custom(func(t *rapid.T) targets.KeyValue {
		return targets.KeyValue{Data: targets.Data{Users: rapid.Int().Draw(t, "users")},
			Demand: rapid.MapOfN(rapid.SampledFrom([]targets.Statement{"read", "get", "x\ny"}), law(), 0, 3).Draw(t, "demand"),
			Access: law().Draw(t, "access"), Fsync: rapid.SampledFrom([]targets.Fsync{"", "full", "x"}).Draw(t, "fsync")}
	})
}

// settings gives a role any of the settings, whatever its kind says.
func settings(t *rapid.T, r *targets.Role) {
	if rapid.Bool().Draw(t, "web") {
		r.Web = &targets.Web{Store: name().Draw(t, "store"), Connections: rapid.Int().Draw(t, "connections"),
			Demand:     rapid.MapOfN(rapid.SampledFrom([]targets.Operation{"user", "post", "x\ny"}), law(), 0, 3).Draw(t, "demand"),
			AssetSizes: rapid.SliceOfN(rapid.Int(), 0, 3).Draw(t, "sizes")}
	}
	if rapid.Bool().Draw(t, "database") {
		d := store().Draw(t, "store").SQL()
		r.Database = &d
	}
	if rapid.Bool().Draw(t, "keyvalue") {
		k := store().Draw(t, "store")
		r.KeyValue = &k
	}
	if rapid.Bool().Draw(t, "balancer") {
		r.Balancer = &targets.Balancer{Servers: rapid.SliceOfN(name(), 0, 3).Draw(t, "servers"),
			Health: targets.Health{Interval: duration().Draw(t, "interval"), Fall: rapid.Int().Draw(t, "fall")},
			Limit:  targets.RateLimit{Rate: rapid.Float64().Draw(t, "rate")}}
	}
	zone := rapid.SampledFrom([]string{"", ".", "..", "a.", "b.a.", "a\nb."})
	if rapid.Bool().Draw(t, "nameserver") {
		r.Nameserver = &targets.Nameserver{Zone: zone.Draw(t, "zone"),
			Records:     []targets.Record{{Name: zone.Draw(t, "record"), Role: name().Draw(t, "of")}},
			Delegations: []targets.Delegation{{Zone: zone.Draw(t, "below"), Role: name().Draw(t, "to")}}}
	}
	if rapid.Bool().Draw(t, "resolver") {
		r.Resolver = &targets.Resolver{Root: name().Draw(t, "root"), Reaches: rapid.SliceOfN(name(), 0, 3).Draw(t, "reaches")}
	}
}

func anything() *rapid.Generator[targets.Topology] {
	role := rapid.Custom(func(t *rapid.T) targets.Role {
		r := targets.Role{Name: name().Draw(t, "name"), Port: rapid.IntRange(-1, 3).Draw(t, "port"), Private: rapid.Bool().Draw(t, "private"),
			Kind: rapid.SampledFrom(append(targets.Kinds(), "", "odd\n")).Draw(t, "kind")}
		settings(t, &r)
		return r
	})
	node := rapid.Custom(func(t *rapid.T) targets.Node {
		return targets.Node{Name: name().Draw(t, "name"), Roles: rapid.SliceOfN(role, 0, 3).Draw(t, "roles"),
			Machine: targets.Machine{CPU: targets.Resource{Slots: rapid.Int().Draw(t, "slots")}, Quantum: duration().Draw(t, "quantum")}}
	})
	link := rapid.Custom(func(t *rapid.T) targets.Link {
		return targets.Link{From: name().Draw(t, "from"), To: name().Draw(t, "to"), OneWay: duration().Draw(t, "delay"), Jitter: duration().Draw(t, "jitter")}
	})
	return rapid.Custom(func(t *rapid.T) targets.Topology {
		return targets.Topology{Site: rapid.SampledFrom([]string{"", ".", "a.", "b.a."}).Draw(t, "site"), Entry: name().Draw(t, "entry"),
			Resolver: name().Draw(t, "resolver"), TimeScale: rapid.Float64().Draw(t, "scale"),
			Nodes: rapid.SliceOfN(node, 0, 5).Draw(t, "nodes"), Links: rapid.SliceOfN(link, 0, 5).Draw(t, "links")}
	})
}

// judge checks what must hold of any validation, and returns it.
func judge(t interface{ Fatalf(string, ...any) }, s targets.Topology) []targets.Problem {
	problems := s.Validate()
	for range 3 {
		if again := s.Validate(); !reflect.DeepEqual(problems, again) {
			t.Fatalf("the same topology was judged in two ways:\n%v\n%v", problems, again)
		}
	}
	if len(problems) > 100 {
		t.Fatalf("%d problems", len(problems))
	}
	for _, p := range problems {
		if p.Field == "" || p.What == "" || strings.ContainsAny(p.Error(), "\n\r") {
			t.Fatalf("problem %+v does not say on one line where and what", p)
		}
	}
	return problems
}

// sound checks what a topology without problems promises to those who run it.
func sound(t interface{ Fatalf(string, ...any) }, s targets.Topology) {
	entry, node, ok := s.Role(s.Entry)
	if !ok || entry.Private {
		t.Fatalf("the entry %q is not there or private", s.Entry)
	}
	if _, ok := s.Link(targets.Clients, node.Name); !ok {
		t.Fatalf("clients cannot reach the entry")
	}
	for _, n := range s.Nodes {
		for _, r := range n.Roles {
			for _, used := range r.Uses() {
				_, other, ok := s.Role(used)
				if !ok {
					t.Fatalf("%s uses %s, which is not there", r.Name, used)
				}
				if _, ok := s.Link(n.Name, other.Name); !ok || !slices.Contains(s.Callers(used), n.Name) {
					t.Fatalf("%s uses %s, but may not call it", r.Name, used)
				}
			}
		}
	}
}

func TestValidateTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anything().Draw(t, "topology")
		if len(judge(t, s)) == 0 {
			sound(t, s)
		}
	})
}

// A sound site with one arbitrary thing in it is nearer to what people write.
func TestValidateTakesASiteWithOneOddRole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, odd := site(), anything().Draw(t, "odd")
		s.Links = append(s.Links, odd.Links...)
		if len(odd.Nodes) > 0 {
			s.Nodes[rapid.IntRange(0, len(s.Nodes)-1).Draw(t, "at")].Roles = odd.Nodes[0].Roles
		}
		if len(judge(t, s)) == 0 {
			sound(t, s)
		}
	})
}

func FuzzValidate(f *testing.F) {
	s := site()
	whole, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"nodes":[{"name":"a","roles":[{"name":"a","kind":"balancer","balancer":{"servers":["a"]}}]}],"entry":"a"}`))
	f.Add([]byte(`{"links":[{"from":"clients","to":""}],"time_scale":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s targets.Topology
		if json.Unmarshal(text, &s) != nil {
			return
		}
		if len(judge(t, s)) > 0 {
			return
		}
		sound(t, s)
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("a sound topology is not JSON: %v", err)
		}
		var copied targets.Topology
		if err := json.Unmarshal(again, &copied); err != nil || len(copied.Validate()) > 0 {
			t.Fatalf("a sound topology does not survive JSON: %v, %v", err, copied.Validate())
		}
	})
}
