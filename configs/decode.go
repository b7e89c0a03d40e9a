package configs

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// texter is a value written as text with a unit.
type texter interface{ parse(text string) error }

// raw is a part of a document that is decoded later.
type raw struct{ node *yaml.Node }

// maxErrors is how many errors of one file are reported.
const maxErrors = 20

// decoder fills Go values from a document. It is strict: a field that the
// type does not have, and a value of another kind than the type's, are
// errors. Fields that the document leaves out, or gives no value, keep what
// they hold; a list that is given replaces the old one.
//
// It exists because the decoders of YAML libraries accept 2.5 as a whole
// number, or name Go types in their messages instead of fields.
type decoder struct {
	document document
	errors   Errors
}

// into fills a file type with the whole document.
func (d document) into(file any) error { return d.decode(raw{d.root}, file, "") }

// decode fills a file type with a part of the document. At is the part's
// place, for messages.
func (d document) decode(part raw, into any, at string) error {
	w := decoder{document: d}
	w.value(part.node, reflect.ValueOf(into).Elem(), at)
	if len(w.errors) > 0 {
		return w.errors
	}
	return nil
}

func (w *decoder) bad(n *yaml.Node, at, problem, allowed string) {
	if len(w.errors) < maxErrors {
		w.errors = append(w.errors, w.document.fault(n, at, problem, allowed))
	}
}

var (
	rawType   = reflect.TypeFor[raw]()
	namesType = reflect.TypeFor[names]()
)

func (w *decoder) value(n *yaml.Node, to reflect.Value, at string) {
	if n.ShortTag() == "!!null" {
		return
	}
	if t, ok := to.Addr().Interface().(texter); ok {
		w.text(n, t, at)
		return
	}
	if to.Type() == namesType && n.Kind == yaml.ScalarNode {
		var one string
		w.scalar(n, reflect.ValueOf(&one).Elem(), at)
		to.Set(reflect.ValueOf(names{one}))
		return
	}
	if to.Type() == rawType {
		to.Set(reflect.ValueOf(raw{n}))
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		if to.IsNil() {
			to.Set(reflect.New(to.Type().Elem()))
		}
		w.value(n, to.Elem(), at)
	case reflect.Struct:
		w.fields(n, to, at)
	case reflect.Map:
		w.entries(n, to, at)
	case reflect.Slice:
		w.items(n, to, at)
	default:
		w.scalar(n, to, at)
	}
}

func (w *decoder) text(n *yaml.Node, t texter, at string) {
	if n.Kind != yaml.ScalarNode {
		w.bad(n, at, "is "+noun(n), "must be one value with its unit")
		return
	}
	if err := t.parse(n.Value); err != nil {
		w.bad(n, at, err.Error(), "")
	}
}

// fields fills a struct by the names in its yaml tags.
func (w *decoder) fields(n *yaml.Node, to reflect.Value, at string) {
	if n.Kind != yaml.MappingNode {
		w.bad(n, at, describe(n), "must be fields: "+strings.Join(fieldNames(to.Type()), ", "))
		return
	}
	names := fieldNames(to.Type())
next:
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		for f, name := range names {
			if name == key.Value {
				w.value(n.Content[i+1], to.Field(f), join(at, name))
				continue next
			}
		}
		w.bad(key, join(at, key.Value), "unknown field", "allowed is "+strings.Join(names, ", "))
	}
}

func fieldNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return names
}

func (w *decoder) entries(n *yaml.Node, to reflect.Value, at string) {
	if n.Kind != yaml.MappingNode {
		w.bad(n, at, describe(n), "must be names with values")
		return
	}
	to.Set(reflect.MakeMap(to.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		entry := reflect.New(to.Type().Elem()).Elem()
		w.value(n.Content[i+1], entry, join(at, n.Content[i].Value))
		to.SetMapIndex(reflect.ValueOf(n.Content[i].Value), entry)
	}
}

func (w *decoder) items(n *yaml.Node, to reflect.Value, at string) {
	if n.Kind != yaml.SequenceNode {
		w.bad(n, at, describe(n), "must be a list")
		return
	}
	list := reflect.MakeSlice(to.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		if c.ShortTag() == "!!null" {
			w.bad(c, fmt.Sprintf("%s[%d]", at, i), "is empty", "must have a value")
			continue
		}
		w.value(c, list.Index(i), fmt.Sprintf("%s[%d]", at, i))
	}
	to.Set(list)
}

// scalar fills a text, a number or a switch.
func (w *decoder) scalar(n *yaml.Node, to reflect.Value, at string) {
	tag, wants := n.ShortTag(), ""
	switch to.Kind() {
	case reflect.String:
		if tag == "!!str" || tag == "!!timestamp" {
			to.SetString(n.Value)
			return
		}
		wants = "must be text: write it in quotes"
	case reflect.Bool:
		if tag == "!!bool" && n.Decode(to.Addr().Interface()) == nil {
			return
		}
		wants = "must be true or false"
	case reflect.Float64:
		var f float64
		if (tag == "!!int" || tag == "!!float") && n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			to.SetFloat(f)
			return
		}
		wants = "must be a number"
	case reflect.Int, reflect.Int64:
		if tag == "!!int" && n.Decode(to.Addr().Interface()) == nil {
			return
		}
		wants = "must be a whole number"
	default:
		wants = "cannot be set"
	}
	w.bad(n, at, describe(n), wants)
}

// describe says what stands there, in plain words.
func describe(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return fmt.Sprintf("%.60q is %s", n.Value, noun(n))
	}
	return "is " + noun(n)
}

func noun(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!map":
		return "a group of fields"
	case "!!seq":
		return "a list"
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a decimal number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "empty"
	case "!!str", "!!timestamp":
		return "text"
	}
	return "something else"
}
