package configs

import (
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// override lays one value over a field of the chosen profile or workload. It
// comes from the settings file's "set" section, or from the environment:
// RUNG_SET_PROFILE_PROBE=5s, RUNG_SET_WORKLOAD_SLO_LATENCY=300ms. The
// environment wins.
type override struct {
	// kind of file, "profiles" or "workloads".
	kind string
	// field is a path like "slo.latency", or in the environment's spelling
	// SLO_LATENCY.
	field string
	value *yaml.Node
	from  origin
}

const (
	setPrefix   = "RUNG_SET_"
	setSections = "profile, workload"
)

// sections of overrides, by name in the settings file.
var sections = map[string]string{"profile": "profiles", "workload": "workloads"}

// environment lists the overrides of the environment. Empty variables count
// as not set.
func environment() ([]override, error) {
	var out []override
	entries := os.Environ()
	slices.Sort(entries)
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		rest, ok := strings.CutPrefix(name, setPrefix)
		if !ok || value == "" {
			continue
		}
		section, field, _ := strings.Cut(rest, "_")
		kind, ok := sections[strings.ToLower(section)]
		if !ok || field == "" {
			return nil, Error{File: name, Problem: "unknown field", Allowed: setPrefix + "PROFILE_… or " + setPrefix + "WORKLOAD_…"}
		}
		node := &yaml.Node{Kind: yaml.ScalarNode, Value: value} // without a tag: a number stays a number
		out = append(out, override{kind, field, node, origin{file: name}})
	}
	return out, nil
}

// overrides lists those of a settings file's "set" section.
func (d document) overrides(set *yaml.Node) ([]override, error) {
	var out []override
	if set.Kind != yaml.MappingNode {
		return nil, d.at("set", "is "+noun(set), "must be fields: "+setSections)
	}
	for i := 0; i+1 < len(set.Content); i += 2 {
		section, fields := set.Content[i].Value, set.Content[i+1]
		kind, ok := sections[section]
		if !ok || fields.Kind != yaml.MappingNode {
			return nil, d.at("set."+section, "is not a group of fields that can be set", "allowed is "+setSections)
		}
		for _, l := range leaves(fields, "") {
			if l.node.ShortTag() == "!!null" {
				return nil, d.at("set."+section+"."+l.path, "has no value", "a value")
			}
			out = append(out, override{kind, l.path, l.node, origin{d.name, l.node.Line}})
		}
	}
	return out, nil
}

// overridden reads a file and lays the overrides over it.
func (s Settings) overridden(l Library, kind, name string) (document, error) {
	d, err := l.read(kind, name)
	if err != nil {
		return d, err
	}
	fields := map[string]*yaml.Node{}
	for _, l := range leaves(d.root, "") {
		if l.node.Kind == yaml.ScalarNode {
			fields[l.path], fields[spelled(l.path)] = l.node, l.node
		}
	}
	d.laid = map[*yaml.Node]origin{}
	for _, o := range s.overrides {
		if o.kind != kind {
			continue
		}
		field, ok := fields[o.field]
		if !ok || o.value.Kind != yaml.ScalarNode {
			return d, Error{File: o.from.file, Line: o.from.line, Field: "set." + kinds[kind].field + "." + o.field,
				Problem: "is not a single value in " + d.name, Allowed: "allowed is " + paths(fields)}
		}
		field.Value, field.Tag, field.Style = o.value.Value, o.value.Tag, o.value.Style
		d.laid[field] = o.from
	}
	return d, nil
}

// spelled is a field's name in the environment.
func spelled(path string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
}

func paths(fields map[string]*yaml.Node) string {
	names := slices.Sorted(maps.Keys(fields))
	names = slices.DeleteFunc(names, func(n string) bool { return n == strings.ToUpper(n) })
	return strings.Join(names, ", ")
}

type leaf struct {
	path string
	node *yaml.Node
}

// leaves lists the fields of a mapping, at any depth, that are no mappings.
func leaves(n *yaml.Node, at string) []leaf {
	var out []leaf
	for i := 0; i+1 < len(n.Content); i += 2 {
		path, value := join(at, n.Content[i].Value), n.Content[i+1]
		if value.Kind == yaml.MappingNode {
			out = append(out, leaves(value, path)...)
			continue
		}
		out = append(out, leaf{path, value})
	}
	return out
}
