package configs

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"rung/bench"
)

// MarshalYAML writes a latency in the largest unit that keeps every digit.
func (n nanos) MarshalYAML() (any, error) {
	for _, unit := range []struct {
		name  string
		nanos float64
	}{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}} {
		if float64(n) < unit.nanos {
			continue
		}
		text := strconv.FormatFloat(float64(n)/unit.nanos, 'f', -1, 64) + unit.name
		var back nanos
		if err := back.parse(text); err == nil && back == n && len(text) <= 12 {
			return text, nil
		}
	}
	return strconv.FormatFloat(float64(n), 'f', -1, 64) + "ns", nil
}

// EncodeNumbers writes a set as a YAML file that Library.Numbers reads back
// as the same set. What Use says is not in the file: it belongs to the
// hardware that uses the row. Rows leave out what they share with their set.
// The error says what a file cannot hold: a value out of range, an id twice,
// text that is not UTF-8.
func EncodeNumbers(set bench.NumberSet) ([]byte, error) {
	f := numbersFile{Set: set.Name, Year: set.Year, Date: set.Date, Source: set.Source, Notes: set.Notes}
	if set.Host != nil {
		h := hostFile(*set.Host)
		f.Host = &h
	}
	for _, n := range set.Rows {
		f.Rows = append(f.Rows, numberRow(n, set))
	}
	root, err := stated(reflect.ValueOf(f))
	if err != nil {
		return nil, fmt.Errorf("number set %s: %w", set.Name, err)
	}
	var text bytes.Buffer
	e := yaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("number set %s: %w", set.Name, err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("number set %s: %w", set.Name, err)
	}
	if err := readsBack(text.Bytes(), set); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// stated is a file type as YAML, with the fields left out that say nothing.
func stated(v reflect.Value) (*yaml.Node, error) {
	switch {
	case v.Kind() == reflect.Pointer:
		return stated(v.Elem())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			item, err := stated(v.Index(i))
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		return n, nil
	case v.Kind() != reflect.Struct:
		n := &yaml.Node{}
		return n, n.Encode(v.Interface())
	}
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i, name := range fieldNames(v.Type()) {
		if v.Field(i).IsZero() {
			continue
		}
		value, err := stated(v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
	}
	return n, nil
}

// numberRow is a row as a file says it, without what the set says already.
func numberRow(n bench.Number, set bench.NumberSet) numberFile {
	f := numberFile{
		ID: n.ID, Label: n.Label, Value: nanos(n.Value), Low: nanos(n.Low), High: nanos(n.High), Bytes: n.Bytes,
		Pattern: n.Pattern, Durability: n.Durability, Quantile: n.Quantile, Status: n.Status,
		P50: nanos(n.P50), P99: nanos(n.P99), Samples: n.Samples,
		Source: n.Source, Year: n.Year, Date: n.Date, Flags: n.Flags,
	}
	if f.Source == set.Source {
		f.Source = ""
	}
	if f.Year == set.Year && f.Date == set.Date {
		f.Year, f.Date = 0, ""
	}
	return f
}

// readsBack makes sure that a file says what the set says: a set that only
// looks written would be lost when it is read.
func readsBack(text []byte, set bench.NumberSet) error {
	d, err := newDocument("number set "+set.Name, text)
	if err != nil {
		return err
	}
	back, err := d.numbers()
	if err != nil {
		return err
	}
	for i, n := range set.Rows {
		n.Use, n.Flags = "", given(n.Flags)
		if !reflect.DeepEqual(back.Rows[i], n) {
			return Error{File: d.name, Field: fmt.Sprintf("rows[%d]", i), Problem: fmt.Sprintf("row %q would be read back as another one", n.ID),
				Allowed: "UTF-8 text, and a source and a year of the row's own where its set has them"}
		}
	}
	set.Rows, back.Rows, set.Notes = nil, nil, given(set.Notes)
	if !reflect.DeepEqual(back, set) {
		return Error{File: d.name, Problem: "would be read back as another set", Allowed: "UTF-8 text, and a year that is the date's"}
	}
	return nil
}
