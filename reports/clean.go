package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"rung/bench"
)

// MaxText is how many characters of one text of a run a report shows.
const MaxText = 2000

// Clean returns a deep copy of a run that is fit to print: what run.json
// would give back, with control characters and marks that change the writing
// direction replaced, and texts cut at MaxText. Names, causes and warnings
// come from servers and files of others; they must not steer a terminal or
// reorder a line. A number that is not finite is an error that names its
// place: run.json cannot hold it.
func Clean(run bench.Run) (bench.Run, error) {
	if err := Check(run); err != nil {
		return bench.Run{}, err
	}
	data, err := json.Marshal(run)
	if err != nil {
		return bench.Run{}, fmt.Errorf("encode run: %w", err)
	}
	var out bench.Run
	if err := json.Unmarshal(data, &out); err != nil {
		return bench.Run{}, fmt.Errorf("decode run: %w", err)
	}
	clean := walker{rewrite: true, visit: func(v reflect.Value, _ string) error {
		if v.Kind() == reflect.String {
			v.SetString(cleanText(v.String()))
		}
		return nil
	}}
	if err := clean.walk(reflect.ValueOf(&out).Elem(), "run"); err != nil {
		return bench.Run{}, err
	}
	return out, nil
}

// Check reports the first number of a run that is not finite, by its place,
// or nil.
func Check(run bench.Run) error {
	check := walker{visit: func(v reflect.Value, place string) error {
		if v.Kind() == reflect.Float64 && !finite(v.Float()) {
			return fmt.Errorf("%s is %v: a result must be finite", place, v.Float())
		}
		return nil
	}}
	return check.walk(reflect.ValueOf(run), "run")
}

// walker visits every value below another. Only with rewrite may visit set
// what it is given.
type walker struct {
	visit   func(v reflect.Value, place string) error
	rewrite bool
}

// walk visits every value below v with its place, depth first, and stops at
// the first error. Lists of whole numbers are left out.
func (w walker) walk(v reflect.Value, place string) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return w.walk(v.Elem(), place)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			if err := w.walk(v.Field(i), place+"."+field.Name); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice, reflect.Array:
		if counts(v.Type().Elem().Kind()) {
			return nil // a heat map has thousands
		}
		for i := range v.Len() {
			if err := w.walk(v.Index(i), fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		return w.walkMap(v, place)
	}
	return w.visit(v, place)
}

// counts says that values of a kind are whole numbers: they are always finite,
// and no text.
func counts(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uint64 }

// walkMap visits keys and values in the order of the keys. Entries cannot be
// set in place: each is copied, visited and, to rewrite, put back.
func (w walker) walkMap(v reflect.Value, place string) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	for _, key := range keys {
		newKey := reflect.New(key.Type()).Elem()
		newKey.Set(key)
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		inside := fmt.Sprintf("%s[%v]", place, key)
		if err := w.visit(newKey, inside); err != nil {
			return err
		}
		if err := w.walk(value, inside); err != nil {
			return err
		}
		if w.rewrite {
			v.SetMapIndex(key, reflect.Value{})
			v.SetMapIndex(newKey, value)
		}
	}
	return nil
}

// cleanText makes one text safe to print.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r),
			r == '\u2028', r == '\u2029', r == '\ufeff':
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > MaxText {
		s = string(runes[:MaxText]) + "…"
	}
	return s
}
