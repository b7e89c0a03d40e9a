package configs

import (
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// overridden reads a file and lays single fields over it: from the settings
// file's "set" section and from the environment, such as
// RUNG_SET_PROFILE_PROBE=5s or RUNG_SET_WORKLOAD_SLO_LATENCY=300ms.
func (s Settings) overridden(l Library, kind, name string) (document, error) {
	d, err := l.read(kind, name)
	if err != nil || s.set == nil {
		return d, err
	}
	section := strings.TrimSuffix(kind, "s")
	changed := false
	for _, leaf := range scalars(d.root, "") {
		key := overridePrefix + section + "." + leaf.path
		env := "RUNG_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
		value, ok := os.LookupEnv(env)
		if !ok && s.set.InConfig("set") && s.set.IsSet(key) {
			value, ok = fmt.Sprint(s.set.Get(key)), true
		}
		if ok {
			leaf.node.SetString(value)
			leaf.node.Tag, leaf.node.Style = "", 0 // a number stays a number
			changed = true
		}
	}
	if err := s.checkOverrides(d, section); err != nil {
		return d, err
	}
	if !changed {
		return d, nil
	}
	text, err := yaml.Marshal(d.root)
	if err != nil {
		return d, fmt.Errorf("%s: %w", d.name, err)
	}
	return newDocument(d.name+" (with overrides)", text)
}

type leaf struct {
	path string
	node *yaml.Node
}

// scalars lists the fields of a document that hold one value.
func scalars(n *yaml.Node, at string) []leaf {
	var out []leaf
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		path := join(at, n.Content[i].Value)
		if n.Content[i+1].Kind == yaml.ScalarNode {
			out = append(out, leaf{path, n.Content[i+1]})
			continue
		}
		out = append(out, scalars(n.Content[i+1], path)...)
	}
	return out
}

// checkOverrides refuses an override of a field that the file does not have,
// which would otherwise be lost in silence.
func (s Settings) checkOverrides(d document, section string) error {
	known := map[string]bool{}
	for _, l := range scalars(d.root, "") {
		known[overridePrefix+section+"."+l.path] = true
		known["RUNG_SET_"+strings.ToUpper(section+"_"+strings.NewReplacer(".", "_", "-", "_").Replace(l.path))] = true
	}
	for _, key := range s.set.AllKeys() {
		if strings.HasPrefix(key, overridePrefix) && !strings.HasPrefix(key, overridePrefix+"profile.") && !strings.HasPrefix(key, overridePrefix+"workload.") {
			return Error{Field: key, Problem: "unknown section", Allowed: "set.profile or set.workload"}
		}
		if strings.HasPrefix(key, overridePrefix+section+".") && !known[key] {
			return Error{Field: key, Problem: "is not a field of " + d.name}
		}
	}
	prefix := "RUNG_SET_" + strings.ToUpper(section) + "_"
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && !known[name] {
			return Error{Field: name, Problem: "is not a field of " + d.name}
		}
	}
	return nil
}
