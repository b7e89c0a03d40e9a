package reports

import (
	"encoding/json"
	"fmt"
	"reflect"

	"rung/bench"
)

// CleanComparison returns a deep copy of a comparison that is fit to print, as
// Clean does it for a run. A number that is not finite is an error that names
// its place.
func CleanComparison(c bench.Comparison) (bench.Comparison, error) {
	return cleanCopy(c, "comparison")
}

// CleanNumbers returns a deep copy of sets of latency numbers that is fit to
// print, as Clean does it for a run. A number that is not finite is an error
// that names its place.
func CleanNumbers(sets []bench.NumberSet) ([]bench.NumberSet, error) {
	return cleanCopy(sets, "sets")
}

// cleanCopy copies a value through JSON, with its texts safe to print. Name is
// where its places begin.
func cleanCopy[T any](value T, name string) (T, error) {
	var none, out T
	check := walker{visit: func(v reflect.Value, place string) error {
		if v.Kind() == reflect.Float64 && !finite(v.Float()) {
			return fmt.Errorf("%s is %v: a result must be finite", place, v.Float())
		}
		return nil
	}}
	if err := check.walk(reflect.ValueOf(value), name); err != nil {
		return none, err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return none, fmt.Errorf("encode %s: %w", name, err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return none, fmt.Errorf("decode %s: %w", name, err)
	}
	clean := walker{rewrite: true, visit: func(v reflect.Value, _ string) error {
		if v.Kind() == reflect.String {
			v.SetString(cleanText(v.String()))
		}
		return nil
	}}
	if err := clean.walk(reflect.ValueOf(&out).Elem(), name); err != nil {
		return none, err
	}
	return out, nil
}
