package configs

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzNumbers reads any bytes as a set of numbers. What is read can be
// written, and is read back as the same.
func FuzzNumbers(f *testing.F) {
	text, err := embedded.ReadFile("numbers/gist-2012.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("set: a\ndate: 2026-03\nhost: {}\nnotes: []\nrows: [{id: a, value: 0.1us, p50: 1ns, flags: []}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := newDocument("fuzz.yaml", text)
		if err != nil {
			wellSaid(t, err)
			return
		}
		set, err := d.numbers()
		if err != nil {
			wellSaid(t, err)
			return
		}
		file, err := EncodeNumbers(set)
		if err != nil {
			if strings.Contains(err.Error(), "would be read back") {
				return // text that YAML cannot hold: it says so instead of losing it
			}
			t.Fatalf("%q was read, but cannot be written: %v", text, err)
		}
		again, err := newDocument("again.yaml", file)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := again.numbers(); err != nil || !reflect.DeepEqual(back, set) {
			t.Fatalf("%v\n%s\ngot  %+v\nwant %+v", err, file, back, set)
		}
	})
}
