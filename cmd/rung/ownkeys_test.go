package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rung/configs"
)

const keysFile = "../../docs/examples/keys.md"

// key is a row of the table of keys: a path, what is written there, and what
// holds when it is left out ("–" where there is nothing to state).
type key struct{ path, value, left string }

// TestKeysAreThoseOfTheProgram asks the program's own decoder which keys there
// are and what each wants, by handing it files with one unknown key, and
// compares that with the table in the documentation.
func TestKeysAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	documented := readKeys(t)
	for _, kind := range []string{"stages", "workloads", "profiles", "hardware", "numbers"} {
		w := walk{t: t, probe: probeOf(t, kind)}
		w.object(nil)
		var got, want []string
		for _, path := range slices.Sorted(maps.Keys(w.found)) {
			got = append(got, path+": "+w.found[path])
		}
		for _, k := range documented[kind] {
			want = append(want, k.path+": "+k.value)
		}
		slices.Sort(want)
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s: the table has no row for %s", kind, line)
			}
		}
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: the program does not know %s", kind, line)
			}
		}
	}
}

// walk finds the keys of one kind of file.
type walk struct {
	t     *testing.T
	found map[string]string
	probe func(steps []string, value any) []configs.Error
}

// unknown is a key that no file has.
const unknown = "zzz"

// below puts a value under a path, in which "[]" is an item of a list.
func below(steps []string, value any) any {
	for _, s := range slices.Backward(steps) {
		if s == "[]" {
			value = []any{value}
		} else {
			value = map[string]any{s: value}
		}
	}
	return value
}

func pathOf(steps []string) string {
	return strings.ReplaceAll(strings.Join(steps, "."), ".[]", "[]")
}

// object notes every key of the group of fields at a path.
func (w *walk) object(steps []string) {
	at := append(slices.Clone(steps), unknown)
	for _, e := range w.probe(at, 1) {
		names, ok := strings.CutPrefix(e.Allowed, "allowed is ")
		if e.Problem != "unknown field" || !ok {
			continue
		}
		if w.found == nil {
			w.found = map[string]string{}
		}
		for name := range strings.SplitSeq(names, ", ") {
			next := append(slices.Clone(steps), name)
			if next[0] == "variants" && slices.Contains([]string{"nodes", "roles", "links", "replication", "sharding", "autoscale"}, name) {
				// The same Go types as at the top of the file, or changes of them.
				w.found[pathOf(next)] = "like " + name
				continue
			}
			w.value(next, pathOf(next))
		}
		return
	}
	w.t.Fatalf("%s is no group of fields", pathOf(steps))
}

// value notes what is wanted at a path, under the name that the table has for
// it.
func (w *walk) value(steps []string, name string) {
	for _, e := range w.probe(steps, map[string]any{unknown: 1}) {
		field := strings.ReplaceAll(e.Field, "[0]", "[]")
		switch {
		case field == pathOf(steps)+"."+unknown && e.Problem == "unknown field":
			w.object(steps)
		case field == pathOf(steps)+"."+unknown:
			inner := walk{t: w.t, probe: w.probe, found: map[string]string{}}
			inner.value(append(slices.Clone(steps), unknown), "")
			w.found[name] = "names with " + inner.found[""]
		case field != pathOf(steps):
			continue
		case e.Allowed == "must be a list":
			inner := walk{t: w.t, probe: w.probe, found: map[string]string{}}
			inner.value(append(slices.Clone(steps), "[]"), "")
			if one, plain := inner.found[""]; plain {
				w.found[name] = "list of " + one
			} else {
				maps.Copy(w.found, inner.found)
			}
		default:
			w.found[name] = w.plain(steps, e.Allowed)
		}
		return
	}
	w.t.Errorf("%s takes anything", pathOf(steps))
}

// plain is the kind of a single value, by what the decoder wants of it.
func (w *walk) plain(steps []string, allowed string) string {
	switch allowed {
	case "must be text: write it in quotes", "one name for both": // a file's own name
		return "text"
	case "must be true or false":
		return "switch"
	case "must be a number":
		return "number"
	case "must be a whole number":
		return "whole number"
	}
	for _, e := range w.probe(steps, "x") {
		for form, kind := range map[string]string{"is not a duration": "duration", "is not a share": "share", "is not a latency": "latency"} {
			if strings.Contains(e.Problem, form) {
				return kind
			}
		}
	}
	return "something that wants: " + allowed
}

// probeOf loads files of a kind with one value in them, and gives the first
// errors.
func probeOf(t *testing.T, kind string) func([]string, any) []configs.Error {
	folder := t.TempDir()
	write := func(kind string, v any) {
		if err := os.MkdirAll(filepath.Join(folder, kind), 0o755); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v) // JSON is YAML
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, kind, "probe.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settings, stage := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book", Configs: folder}, "01-single-server"
	switch kind {
	case "stages":
		stage = filepath.Join(folder, "stages", "probe.yaml")
	case "workloads":
		settings.Workload = "probe"
	case "profiles":
		settings.Profile = "probe"
	case "numbers":
		write("hardware", map[string]string{"hardware": "probe", "numbers": "probe"})
		fallthrough
	case "hardware":
		settings.Hardware = "probe"
	}
	return func(steps []string, value any) []configs.Error {
		write(kind, below(steps, value))
		_, err := settings.Load([]string{stage})
		var many configs.Errors
		var one configs.Error
		if errors.As(err, &many) {
			return many
		} else if errors.As(err, &one) {
			return []configs.Error{one}
		}
		return nil
	}
}

// TestDefaultsAreThoseOfTheProgram writes every default of the table into a
// stage that leaves the key out: nothing may change. Another number there must
// change something, or the key would do nothing. Without a key that is required
// there is no stage.
func TestDefaultsAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/own/every-role.json")
	if err != nil {
		t.Fatal(err)
	}
	// load gives the stage as JSON, in which no list and an empty one are one.
	load := func(path string, value any) (string, error) {
		var stage map[string]any
		if err := json.Unmarshal(text, &stage); err != nil {
			t.Fatal(err)
		}
		if path != "" && put(stage, strings.Split(strings.ReplaceAll(path, "[]", ".[]"), "."), value) == 0 {
			t.Errorf("%s: the stage has no place for it", path)
		}
		changed, err := json.Marshal(stage)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "every-role.yaml")
		if err := os.WriteFile(file, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		plan, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book"}.Load([]string{file})
		if err != nil {
			return "", err
		}
		loaded, err := json.Marshal(plan.Stages)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(loaded), ":[]", ":null"), nil
	}
	bare, err := load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, k := range readKeys(t)["stages"] {
		switch {
		case k.left == "–" || strings.HasPrefix(k.path, "variants[].") && k.path != "variants[].name":
			continue
		case k.left == "required":
			if _, err := load(k.path, nil); err == nil {
				t.Errorf("%s is not required", k.path)
			}
			continue
		}
		checked++
		same, other := values(k)
		switch got, err := load(k.path, same); {
		case err != nil:
			t.Errorf("%s: %s is no default: %v", k.path, k.left, err)
		case got != bare:
			t.Errorf("%s: %s is not what holds when it is left out", k.path, k.left)
		}
		if other != nil {
			if got, err := load(k.path, other); err == nil && got == bare {
				t.Errorf("%s: %v changes nothing", k.path, other)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d defaults were checked", checked)
	}
}

// values are a key's default as a file has it, and another value; nil when
// there is no other one that is right for certain.
func values(k key) (same, other any) {
	switch n, err := strconv.ParseFloat(k.left, 64); {
	case strings.HasPrefix(k.value, "list"):
		return []any{}, nil
	case k.value == "switch":
		return k.left == "true", k.left != "true"
	case k.value == "duration":
		return k.left, "1234ms"
	case err == nil && k.value != "share":
		return n, n + 3
	}
	return k.left, nil
}

// put sets a value in every place of a path that leaves it out, or without a
// value takes it out of every place, and says in how many. Lists are those
// that are there.
func put(in any, steps []string, value any) (places int) {
	switch v := in.(type) {
	case []any:
		for _, item := range v {
			places += put(item, steps[1:], value)
		}
	case map[string]any:
		_, there := v[steps[0]]
		switch {
		case len(steps) > 1:
			return put(v[steps[0]], steps[1:], value)
		case value == nil && there:
			delete(v, steps[0])
			return 1
		case value != nil && !there:
			v[steps[0]] = value
			return 1
		}
	}
	return places
}

// readKeys reads the tables of keys, by the names of the folders in their
// headings.
func readKeys(t *testing.T) map[string][]key {
	t.Helper()
	text, err := os.ReadFile(keysFile)
	if err != nil {
		t.Fatal(err)
	}
	tables, kind := map[string][]key{}, ""
	for line := range bytes.Lines(text) {
		line := strings.TrimSpace(string(line))
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			kind, _, _ = strings.Cut(strings.TrimPrefix(heading, "`"), "/")
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "| `") || len(cells) != 4 {
			continue
		}
		clean := func(i int) string { return strings.Trim(strings.TrimSpace(cells[i]), "`") }
		if clean(3) == "" {
			t.Errorf("%s: the meaning is missing", clean(0))
		}
		if slices.ContainsFunc(tables[kind], func(k key) bool { return k.path == clean(0) }) {
			t.Errorf("%s is there twice", clean(0))
		}
		tables[kind] = append(tables[kind], key{clean(0), clean(1), clean(2)})
	}
	if len(tables) == 0 {
		t.Fatal(fmt.Errorf("%s has no tables", keysFile))
	}
	return tables
}
