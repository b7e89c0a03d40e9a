package configs

import (
	"errors"
	"reflect"

	"go.yaml.in/yaml/v3"

	"rung/bench/sheet"
)

// sheetInputs reads the inputs in the order of the file; each is a quantity,
// or one with a note.
func (w *decoder) sheetInputs(inputs raw, s *sheet.Sheet) {
	if inputs.node == nil {
		return
	}
	if inputs.node.Kind != yaml.MappingNode {
		w.bad(inputs.node, "inputs", describe(inputs.node), `must be names with values, "users: 300 M users"`)
		return
	}
	for i := 0; i+1 < len(inputs.node.Content); i += 2 {
		name, value := inputs.node.Content[i].Value, inputs.node.Content[i+1]
		at := join("inputs", name)
		var in sheetInputFile
		if value.Kind == yaml.ScalarNode {
			w.value(value, reflect.ValueOf(&in.Value).Elem(), at)
		} else {
			w.value(value, reflect.ValueOf(&in).Elem(), at)
		}
		s.Inputs = append(s.Inputs, sheet.Input{Name: name, Value: string(in.Value), Note: in.Note, Signed: in.Signed})
	}
}

// lineOrFields reads what is one line of text, or fields of which one is the
// line.
func (w *decoder) lineOrFields(r raw, line *string, fields any, at string) {
	if r.node.Kind == yaml.ScalarNode {
		w.value(r.node, reflect.ValueOf(line).Elem(), at)
		return
	}
	w.value(r.node, reflect.ValueOf(fields).Elem(), at)
}

// sheetErrors gives the errors of a sheet their file and lines.
func (d document) sheetErrors(err error) error {
	var found sheet.Errors
	if !errors.As(err, &found) {
		return d.at("", err.Error(), "")
	}
	es := make(Errors, len(found))
	for i, e := range found {
		es[i] = d.at(e.Field, e.Problem, e.Allowed)
	}
	return es
}
