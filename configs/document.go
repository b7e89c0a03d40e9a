package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a configuration file.
const (
	maxFile   = 1 << 20 // bytes
	maxDepth  = 30
	maxValues = 10_000
)

// document is one YAML file: a tree of values that know their lines.
type document struct {
	name string
	root *yaml.Node
	// laid holds the values that were laid over the file's own, and where
	// they come from.
	laid map[*yaml.Node]origin
}

type origin struct {
	file string
	line int
}

func newDocument(name string, text []byte) (document, error) {
	d := document{name: name}
	if len(text) > maxFile {
		return d, Error{File: name, Problem: "is too large", Allowed: fmt.Sprintf("at most %d bytes", maxFile)}
	}
	var root, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return d, yamlError(name, text, err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return d, Error{File: name, Line: 1, Problem: "has no fields", Allowed: `a YAML mapping, with lines like "stage: my-site"`}
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return d, Error{File: name, Line: second.Line, Problem: "a second YAML document starts here", Allowed: "one document in each file"}
	case !errors.Is(err, io.EOF):
		return d, yamlError(name, text, err)
	}
	d.root = root.Content[0]
	values := 0
	return d, d.plain(d.root, "", 1, &values)
}

// plain refuses what makes a tree larger, deeper or more doubtful than it
// looks: aliases, tags, keys that are there twice or are not text.
func (d document) plain(n *yaml.Node, at string, depth int, values *int) error {
	*values++
	switch {
	case *values > maxValues:
		return d.fault(n, "", fmt.Sprintf("is the value number %d", *values), fmt.Sprintf("at most %d values in a file", maxValues))
	case depth > maxDepth:
		return d.fault(n, "", "is nested too deep", fmt.Sprintf("at most %d levels", maxDepth))
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return d.fault(n, at, "is an anchor or an alias (& or *)", "write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		return d.fault(n, at, fmt.Sprintf("has the tag %q", n.Tag), "a value without a tag")
	}
	seen := map[string]int{}
	for i, c := range n.Content {
		field := fmt.Sprintf("%s[%d]", at, i)
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				if err := d.key(c, at, seen); err != nil {
					return err
				}
				continue
			}
			field = join(at, n.Content[i-1].Value)
		}
		if err := d.plain(c, field, depth+1, values); err != nil {
			return err
		}
	}
	return nil
}

func (d document) key(k *yaml.Node, at string, seen map[string]int) error {
	switch first, twice := seen[k.Value]; {
	case k.Kind != yaml.ScalarNode || k.Anchor != "" || k.Style&yaml.TaggedStyle != 0:
		return d.fault(k, at, "has a key that is not a word", "a field's name before the colon")
	case twice:
		return d.fault(k, join(at, k.Value), fmt.Sprintf("is there twice, first on line %d", first), "each field once")
	}
	seen[k.Value] = k.Line
	return nil
}

var (
	yamlLine = regexp.MustCompile(`^line (\d+): (.*)`)
	// These are the errors of the YAML parser, which counts lines from 0; the
	// scanner below it counts from 1.
	fromZero = regexp.MustCompile(`^did not find expected (node content|'-' indicator|key|',' or|<document start>)`)
)

func yamlError(name string, file []byte, err error) error {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits by the pattern
		text = m[2]
	}
	if fromZero.MatchString(text) {
		line = min(line, bytes.Count(file, []byte("\n"))) + 1
	}
	return Error{File: name, Line: line, Problem: "is not YAML: " + text}
}

// fault builds an error about a value, with the place the value comes from.
func (d document) fault(n *yaml.Node, field, problem, allowed string) Error {
	from, ok := d.laid[n]
	if !ok {
		from = origin{d.name, n.Line}
	}
	return Error{File: from.file, Line: from.line, Field: field, Problem: problem, Allowed: allowed}
}

// at builds an error about a field, with the line on which it, or the nearest
// parent that is in the file, stands.
func (d document) at(field, problem, allowed string) Error {
	node, line := d.root, 0
	for _, key := range step.FindAllString(field, -1) {
		next, at := child(node, key)
		if next == nil {
			break
		}
		node, line = next, at
	}
	e := d.fault(node, field, problem, allowed)
	if _, laid := d.laid[node]; !laid {
		e.Line = line
	}
	return e
}

var step = regexp.MustCompile(`[^.\[\]]+`)

// child returns a field or an item, and the line of its key.
func child(n *yaml.Node, key string) (*yaml.Node, int) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1], n.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i].Line
		}
	}
	return nil, 0
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}
