package configs

import (
	"fmt"
	"slices"

	"rung/bench"
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
	if err := b.checkFile(f); err != nil {
		return bench.Variant{}, err
	}
	out := bench.Variant{Name: v.Name, Text: v.Text, Topology: b.topology(f), PricePerHour: price(f.Nodes)}
	out.Topology.Name = f.Stage + "/" + v.Name
	if err := b.variantProblems(out.Topology, out.Topology.Validate(), at); err != nil {
		return out, err
	}
	out.Topology = b.emulated(out.Topology)
	return out, nil
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

func (b *builder) changeRole(f *stageFile, change raw, field string) error {
	var names []string
	for i := range f.Nodes {
		for j := range f.Nodes[i].Roles {
			r := &f.Nodes[i].Roles[j]
			if r.Name != change.named() {
				names = append(names, r.Name)
				continue
			}
			for _, kind := range roleKinds() {
				if change.has(kind) && !slices.Contains(r.kinds(), kind) {
					*r = r.without() // a role of another kind replaces
				}
			}
			return b.document.decode(change, r, field)
		}
	}
	return b.document.at(field+".name", fmt.Sprintf("there is no role %q to change", change.named()), list(names))
}

func (b *builder) remove(f *stageFile, without []string, at string) error {
	for i, name := range without {
		if !slices.ContainsFunc(f.Nodes, func(n nodeFile) bool { return n.Name == name }) {
			return b.document.at(fmt.Sprintf("%s.without[%d]", at, i), fmt.Sprintf("there is no node %q", name), "a node of this stage")
		}
	}
	f.Nodes = slices.DeleteFunc(f.Nodes, func(n nodeFile) bool { return slices.Contains(without, n.Name) })
	f.Links = slices.DeleteFunc(f.Links, func(l linkFile) bool {
		return slices.Contains(without, l.From) || slices.Contains(without, l.To)
	})
	return nil
}
