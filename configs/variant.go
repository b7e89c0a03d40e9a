package configs

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rung/bench"
	"rung/targets"
)

// variant lays a variant's changes over a copy of its stage.
func (b *builder) variant(v variantFile, i int) (bench.Variant, error) {
	at := fmt.Sprintf("variants[%d]", i)
	f, err := b.file() // anew, so that nothing is shared with the stage
	if err != nil {
		return bench.Variant{}, err
	}
	if err := b.checkVariant(f, v, i); err != nil {
		return bench.Variant{}, err
	}
	f.Nodes, f.Links = append(f.Nodes, v.Add.Nodes...), append(f.Links, v.Add.Links...)
	for j, change := range v.Nodes {
		if err := b.changeNode(&f, change, fmt.Sprintf("%s.nodes[%d]", at, j)); err != nil {
			return bench.Variant{}, err
		}
	}
	for j, change := range v.Roles {
		if err := b.changeRole(&f, change, fmt.Sprintf("%s.roles[%d]", at, j)); err != nil {
			return bench.Variant{}, err
		}
	}
	if err := b.remove(&f, v.Without, at); err != nil {
		return bench.Variant{}, err
	}
	if v.Replication != nil {
		f.Replication = v.Replication
	}
	if v.Autoscale != nil {
		f.Autoscale = v.Autoscale
	}
	if v.Sharding != nil || v.NoSharding {
		f.Sharding = v.Sharding
	}
	if v.Follows != nil {
		f.Follows = *v.Follows
	}
	if v.NoTelemetry {
		f.Telemetry, f.Supervisor = nil, nil
	}
	f.Links = append(withoutPairs(f.Links, v.Links), v.Links...)
	if v.NoStatic {
		f.Static = ""
	}
	if err := b.checkFile(f); err != nil {
		return bench.Variant{}, err
	}
	out := bench.Variant{Name: v.Name, Text: v.Text, Topology: b.topology(f), PricePerHour: price(f.Nodes)}
	out.Topology.Name = f.Stage + "/" + v.Name
	if v.Users != 0 {
		if err := b.populate(out.Topology, v.Users, at); err != nil {
			return bench.Variant{}, err
		}
	}
	if err := b.variantProblems(out.Topology, out.Topology.Validate(), at); err != nil {
		return out, err
	}
	out.Topology = b.emulated(out.Topology)
	return out, nil
}

// populate gives every store so many users.
func (b *builder) populate(t targets.Topology, users int, at string) error {
	if most := b.workload.Data.Users; users < 1 || users > most {
		return b.document.at(at+".users", fmt.Sprintf("is %d", users), fmt.Sprintf("1 to the workload's, %d", most))
	}
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			switch {
			case r.Database != nil:
				r.Database.Data.Users = users
			case r.KeyValue != nil:
				r.KeyValue.Data.Users = users
			}
		}
	}
	return nil
}

func (b *builder) checkVariant(f stageFile, v variantFile, i int) error {
	field := fmt.Sprintf("variants[%d].name", i)
	if !nameForm.MatchString(v.Name) {
		return b.document.at(field, fmt.Sprintf("%q is not a name", v.Name), nameRule)
	}
	if slices.ContainsFunc(f.Variants[:i], func(other variantFile) bool { return other.Name == v.Name }) {
		return b.document.at(field, fmt.Sprintf("%q is there twice", v.Name), "a name of its own")
	}
	return nil
}

// named is a change of the thing that has this name.
func (r raw) named() string {
	if name, _ := child(r.node, "name"); name != nil {
		return name.Value
	}
	return ""
}

// all are the names of what is changed: one, or a list of them.
func (r raw) all() []string {
	name, _ := child(r.node, "name")
	switch {
	case name == nil:
		return nil
	case name.Kind == yaml.ScalarNode:
		return []string{name.Value}
	}
	var out []string
	for _, n := range name.Content {
		out = append(out, n.Value)
	}
	return out
}

// unnamed is the change without the names of what is changed.
func (r raw) unnamed() raw {
	n := *r.node
	n.Content = nil
	for i := 0; i+1 < len(r.node.Content); i += 2 {
		if r.node.Content[i].Value != "name" {
			n.Content = append(n.Content, r.node.Content[i], r.node.Content[i+1])
		}
	}
	return raw{&n}
}

func (r raw) has(field string) bool {
	value, _ := child(r.node, field)
	return value != nil
}

func (b *builder) changeNode(f *stageFile, change raw, field string) error {
	var names []string
	for k := range f.Nodes {
		if f.Nodes[k].Name != change.named() {
			names = append(names, f.Nodes[k].Name)
			continue
		}
		if change.has("roles") {
			return b.document.at(field+".roles", "roles are not changed here", "change them under the variant's roles")
		}
		return b.document.decode(change, &f.Nodes[k], field)
	}
	return b.document.at(field+".name", fmt.Sprintf("there is no node %q to change", change.named()), list(names))
}

// changeRole lays a change over the role of that name, or over each of a list
// of names.
func (b *builder) changeRole(f *stageFile, change raw, field string) error {
	var there []string
	wanted := change.all()
	for i := range f.Nodes {
		for j := range f.Nodes[i].Roles {
			r := &f.Nodes[i].Roles[j]
			if !slices.Contains(wanted, r.Name) {
				there = append(there, r.Name)
				continue
			}
			wanted = slices.DeleteFunc(wanted, func(name string) bool { return name == r.Name })
			for _, kind := range roleKinds() {
				if change.has(kind) && !slices.Contains(r.kinds(), kind) {
					*r = r.without() // a role of another kind replaces
				}
			}
			if err := b.document.decode(change.unnamed(), r, field); err != nil {
				return err
			}
		}
	}
	if len(wanted) > 0 || len(change.all()) == 0 {
		return b.document.at(field+".name", fmt.Sprintf("there is no role %q to change", strings.Join(wanted, ", ")), list(there))
	}
	return nil
}

func (b *builder) remove(f *stageFile, without []string, at string) error {
	for i, name := range without {
		if !slices.ContainsFunc(f.Nodes, func(n nodeFile) bool { return n.Name == name }) {
			return b.document.at(fmt.Sprintf("%s.without[%d]", at, i), fmt.Sprintf("there is no node %q", name), "a node of this stage")
		}
	}
	f.Nodes = slices.DeleteFunc(f.Nodes, func(n nodeFile) bool { return slices.Contains(without, n.Name) })
	gone := func(name string) bool { return slices.Contains(without, name) }
	for i := range f.Links {
		l := &f.Links[i]
		l.From, l.To = slices.DeleteFunc(l.From, gone), slices.DeleteFunc(l.To, gone)
	}
	f.Links = slices.DeleteFunc(f.Links, func(l linkFile) bool {
		return len(l.From) == 0 || len(l.To) == 0
	})
	return nil
}

// withoutPairs takes every pair of ends out of links that others have too.
func withoutPairs(links, others []linkFile) []linkFile {
	if len(others) == 0 {
		return links
	}
	taken := map[[2]string]bool{}
	for _, l := range others {
		for _, from := range l.From {
			for _, to := range l.To {
				taken[[2]string{from, to}] = true
			}
		}
	}
	var out []linkFile
	for _, l := range links {
		for _, from := range l.From {
			one := l
			one.From, one.To = names{from}, nil
			for _, to := range l.To {
				if !taken[[2]string{from, to}] && (from != to || len(l.From)+len(l.To) == 2) {
					one.To = append(one.To, to)
				}
			}
			if len(one.To) > 0 {
				out = append(out, one)
			}
		}
	}
	return out
}
