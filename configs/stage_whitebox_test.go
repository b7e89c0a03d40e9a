package configs

import (
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rung/targets"
)

// FuzzStage reads any bytes as a stage file: it never panics, what it says of
// mistakes names the file on one line each, and what it accepts can be run.
func FuzzStage(f *testing.F) {
	err := fs.WalkDir(embedded, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := embedded.ReadFile(path)
		f.Add(text)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("stage: a\nentry: w\nsite: a.\nnodes: [{name: n, roles: [{name: w, web: {store: d}}, {name: d, database: {}}]}]\nlinks: [{from: clients, to: n}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("--- {a: 1}\n--- {b: 2}"))
	s := Settings{Profile: "quick", Workload: "shop"}
	var builders []builder
	for _, s.Hardware = range []string{"book", "bare"} {
		p, err := s.Load([]string{"01-single-server"})
		if err != nil {
			f.Fatal(err)
		}
		builders = append(builders, builder{hardware: p.Hardware, workload: p.Workload})
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, b := range builders {
			d, err := newDocument("fuzz.yaml", text)
			if err != nil {
				wellSaid(t, err)
				continue
			}
			b.document = d
			stage, err := b.stage()
			if err != nil {
				wellSaid(t, err)
				continue
			}
			topologies := []targets.Topology{stage.Topology}
			for _, v := range stage.Variants {
				topologies = append(topologies, v.Topology)
			}
			for _, topology := range topologies {
				if ps := topology.Validate(); len(ps) > 0 {
					t.Errorf("an accepted stage cannot be run: %v", ps)
				}
			}
		}
	})
}

// FuzzSettings reads any bytes as the other kinds of files.
func FuzzSettings(f *testing.F) {
	for _, name := range []string{"profiles/quick.yaml", "workloads/shop.yaml", "hardware/book.yaml", "numbers/book.yaml"} {
		text, err := embedded.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("set: {profile: {probe: 1s}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := newDocument("fuzz.yaml", text)
		if err != nil {
			wellSaid(t, err)
			return
		}
		for _, read := range []func() error{
			func() error { _, err := d.profile(); return err },
			func() error { _, err := d.workload(); return err },
			func() error { _, err := Library{}.hardware(d); return err },
			func() error { _, err := d.numbers(); return err },
			func() error {
				set, _ := child(d.root, "set")
				if set == nil {
					return nil
				}
				_, err := d.overrides(set)
				return err
			},
		} {
			if err := read(); err != nil {
				wellSaid(t, err)
			}
		}
	})
}

func wellSaid(t *testing.T, err error) {
	t.Helper()
	var many Errors
	var one Error
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = Errors{one}
	default:
		t.Fatalf("%T: %v", err, err)
	}
	if len(many) == 0 {
		t.Fatal("no errors in Errors")
	}
	for _, e := range many {
		text := e.Error()
		if e.File == "" || e.Problem == "" || strings.ContainsAny(text, "\n\r") {
			t.Fatalf("%q does not say on one line where and what", text)
		}
		for _, goish := range []string{"unconvertible", "mapstructure", "interface", "reflect.", "configs.", "!!"} {
			if strings.Contains(strings.ReplaceAll(e.Problem, "has the tag", ""), goish) && !strings.Contains(e.Problem, `"`) {
				t.Fatalf("%q speaks of Go's insides", text)
			}
		}
	}
}

func TestFieldNamesAreAllTagged(t *testing.T) {
	for _, names := range [][]string{fieldNames(reflect.TypeFor[stageFile]()), fieldNames(reflect.TypeFor[workloadFile]()), fieldNames(reflect.TypeFor[profileFile]()),
		fieldNames(reflect.TypeFor[numbersFile]()), fieldNames(reflect.TypeFor[hardwareFile]()), fieldNames(reflect.TypeFor[roleFile]()), fieldNames(reflect.TypeFor[storeFile]())} {
		if slices.Contains(names, "") {
			t.Errorf("a field has no name: %v", names)
		}
	}
}
