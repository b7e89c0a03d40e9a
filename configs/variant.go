package configs

import (
	"fmt"
	"slices"

	"rung/bench"
)

// variant lays a variant's changes over a copy of its stage.
func (b *builder) variant(f stageFile, v variantFile, i int) (bench.Variant, error) {
	at := fmt.Sprintf("variants[%d]", i)
	if v.Name == "" {
		return bench.Variant{}, b.document.at(at+".name", "the variant's name is missing", "a name")
	}
	f.Nodes = slices.Clone(f.Nodes)
	for j := range f.Nodes {
		f.Nodes[j].Roles = slices.Clone(f.Nodes[j].Roles)
	}
	for j, change := range v.Nodes {
		field := fmt.Sprintf("%s.nodes[%d]", at, j)
		k := slices.IndexFunc(f.Nodes, func(n nodeFile) bool { return n.Name == change["name"] })
		if k < 0 {
			return bench.Variant{}, b.document.at(field+".name", fmt.Sprintf("there is no node %v to change", change["name"]), "a node of this stage")
		}
		if err := b.document.decode(change, &f.Nodes[k], field); err != nil {
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
	out := bench.Variant{Name: v.Name, Text: v.Text, Topology: b.topology(f), PricePerHour: price(f.Nodes)}
	out.Topology.Name = f.Stage + "/" + v.Name
	if ps := out.Topology.Validate(); len(ps) > 0 {
		return out, b.document.at(at, fmt.Sprintf("variant %q: %s: %s", v.Name, ps[0].Field, ps[0].What), ps[0].Allowed)
	}
	return out, nil
}

func (b *builder) changeRole(f *stageFile, change map[string]any, field string) error {
	for i := range f.Nodes {
		for j := range f.Nodes[i].Roles {
			r := &f.Nodes[i].Roles[j]
			if r.Name != change["name"] {
				continue
			}
			*r = r.unshared()
			_, database := change["database"]
			_, keyvalue := change["keyvalue"]
			if database || keyvalue { // a store of the other kind replaces
				r.Database, r.KeyValue = nil, nil
			}
			return b.document.decode(change, r, field)
		}
	}
	return b.document.at(field+".name", fmt.Sprintf("there is no role %v to change", change["name"]), "a role of this stage")
}

// unshared copies the settings that a variant may change, so that the stage
// keeps its own.
func (r roleFile) unshared() roleFile {
	if r.Web != nil {
		c := *r.Web
		r.Web = &c
	}
	if r.Database != nil {
		c := *r.Database
		r.Database = &c
	}
	if r.KeyValue != nil {
		c := *r.KeyValue
		r.KeyValue = &c
	}
	if r.Balancer != nil {
		c := *r.Balancer
		c.Servers = nil // a list that is given replaces the old one
		c.Servers = append(c.Servers, r.Balancer.Servers...)
		r.Balancer = &c
	}
	return r
}

func (b *builder) remove(f *stageFile, without []string, at string) error {
	for i, name := range without {
		if !slices.ContainsFunc(f.Nodes, func(n nodeFile) bool { return n.Name == name }) {
			return b.document.at(fmt.Sprintf("%s.without[%d]", at, i), fmt.Sprintf("there is no node %q", name), "a node of this stage")
		}
	}
	f.Nodes = slices.DeleteFunc(f.Nodes, func(n nodeFile) bool { return slices.Contains(without, n.Name) })
	f.Links = slices.DeleteFunc(slices.Clone(f.Links), func(l linkFile) bool {
		return slices.Contains(without, l.From) || slices.Contains(without, l.To)
	})
	return nil
}
