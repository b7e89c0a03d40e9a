package configs

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// document is one YAML file: its values, and the lines they stand on.
type document struct {
	name string
	text []byte
	root *yaml.Node
}

func newDocument(name string, text []byte) (document, error) {
	d := document{name: name, text: text}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return d, yamlError(name, err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return d, Error{File: name, Line: 1, Problem: "is not a YAML mapping", Allowed: "fields like \"stage: my-site\""}
	}
	if depth(&root) > 30 {
		return d, Error{File: name, Problem: "is nested more than 30 deep"}
	}
	d.root = root.Content[0]
	return d, nil
}

func depth(n *yaml.Node) int {
	deepest := 0
	for _, c := range n.Content {
		deepest = max(deepest, depth(c))
	}
	return deepest + 1
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func yamlError(name string, err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits by the pattern
		return Error{File: name, Line: line, Problem: m[2]}
	}
	return Error{File: name, Problem: err.Error()}
}

// settings reads the document by viper. Keys keep their dots: a zone is a
// name like "shop.example.".
func (d document) settings() (*viper.Viper, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter("\x00"))
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(d.text)); err != nil {
		return nil, yamlError(d.name, err)
	}
	return v, nil
}

// into fills a file type with the document. A key that the type does not
// have, and a value of the wrong kind, are errors.
func (d document) into(file any) error {
	v, err := d.settings()
	if err != nil {
		return err
	}
	if err := v.UnmarshalExact(file, strict); err != nil {
		return d.explain(err, "")
	}
	return nil
}

// strict makes viper's decoder refuse what it would guess: a number as a
// duration, a number as a text.
func strict(c *mapstructure.DecoderConfig) {
	c.WeaklyTypedInput = false
	c.DecodeHook = mapstructure.ComposeDecodeHookFunc(textHook, yamlNumberHook)
	c.TagName = "yaml"
}

// decode fills a file type with a raw value out of the document, over what
// the type already holds. At is the value's place, for messages.
func (d document) decode(raw any, into any, at string) error {
	cfg := &mapstructure.DecoderConfig{Result: into, ErrorUnused: true}
	strict(cfg)
	decoder, err := mapstructure.NewDecoder(cfg)
	if err != nil {
		return err
	}
	if err := decoder.Decode(raw); err != nil {
		return d.explain(err, at)
	}
	return nil
}

// texter is a value written as text with a unit.
type texter interface{ parse(text string) error }

var texterType = reflect.TypeFor[texter]()

// textHook reads values with units from text.
func textHook(from, to reflect.Type, data any) (any, error) {
	if !reflect.PointerTo(to).Implements(texterType) {
		return data, nil
	}
	value := reflect.New(to)
	t, _ := value.Interface().(texter) // checked above
	if err := t.parse(fmt.Sprint(data)); err != nil {
		return nil, err
	}
	return value.Elem().Interface(), nil
}

// yamlNumberHook lets a whole number stand where a decimal is wanted.
func yamlNumberHook(from, to reflect.Type, data any) (any, error) {
	if to.Kind() == reflect.Float64 {
		switch n := data.(type) {
		case int:
			return float64(n), nil
		case int64:
			return float64(n), nil
		}
	}
	return data, nil
}

var (
	decodeUnused = regexp.MustCompile(`^'(.*)' has invalid keys: (.*)$`)
	decodeField  = regexp.MustCompile(`^'([^']+)' (.*)$`)
	decodeHook   = regexp.MustCompile(`^error decoding '([^']+)': (.*)$`)
)

// explain turns the decoder's errors into ours, with the line of each.
func (d document) explain(err error, at string) error {
	var all Errors
	for _, text := range leaves(err) {
		e := Error{File: d.name, Field: at, Problem: text}
		if m := decodeUnused.FindStringSubmatch(text); m != nil {
			for _, key := range strings.Split(m[2], ", ") {
				all = append(all, d.at(join(at, join(m[1], key)), "unknown field", "see the files under configs for the fields there are"))
			}
			continue
		} else if m := decodeHook.FindStringSubmatch(text); m != nil {
			e = d.at(join(at, m[1]), m[2], "")
		} else if m := decodeField.FindStringSubmatch(text); m != nil {
			e = d.at(join(at, m[1]), m[2], "")
		}
		all = append(all, e)
	}
	return all
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

// leaves flattens joined errors.
func leaves(err error) []string {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		var out []string
		for _, e := range many.Unwrap() {
			out = append(out, leaves(e)...)
		}
		return out
	}
	var one *mapstructure.DecodeError
	if errors.As(err, &one) {
		return []string{fmt.Sprintf("'%s' %s", one.Name(), one.Unwrap().Error())}
	}
	var out []string
	for _, line := range strings.Split(err.Error(), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "*"))
		if line != "" && !strings.HasSuffix(line, "error(s) decoding:") && !strings.HasSuffix(line, "the following error(s):") {
			out = append(out, line)
		}
	}
	return out
}

// at builds an error with the line on which a field, or the nearest parent
// that is in the file, stands.
func (d document) at(field, problem, allowed string) Error {
	return Error{File: d.name, Line: d.line(field), Field: field, Problem: problem, Allowed: allowed}
}

var step = regexp.MustCompile(`[^.\[\]]+`)

func (d document) line(field string) int {
	node, line := d.root, 0
	for _, key := range step.FindAllString(field, -1) {
		next := child(node, key)
		if next == nil {
			break
		}
		node, line = next.value, next.line
	}
	return line
}

type place struct {
	value *yaml.Node
	line  int
}

func child(n *yaml.Node, key string) *place {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if strings.EqualFold(n.Content[i].Value, key) {
				return &place{n.Content[i+1], n.Content[i].Line}
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return &place{n.Content[i], n.Content[i].Line}
		}
	}
	return nil
}
