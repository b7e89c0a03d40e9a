package configs_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/configs"
)

// reread writes a set to a file and reads it again.
func reread(t interface {
	Helper()
	Fatalf(string, ...any)
}, folder string, text []byte) (bench.NumberSet, error) {
	t.Helper()
	at := filepath.Join(folder, "set.yaml")
	if err := os.WriteFile(at, text, 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return configs.Library{}.Numbers(at)
}

// TestEncodeNumbersRoundTrips: any valid set, with any digits and any printable
// text, is read back to the last bit.
func TestEncodeNumbersRoundTrips(t *testing.T) {
	folder := t.TempDir()
	nanos := rapid.OneOf(rapid.Float64Range(1e-9, 1e13), rapid.Map(rapid.IntRange(1, 1e6), func(n int) float64 { return float64(n) * 1e3 }))
	text := rapid.StringMatching(`([\p{L}\p{N}\p{P}\p{S}]|[\p{L}\p{N}\p{P}\p{S}][\p{L}\p{N}\p{P}\p{S} ]*[\p{L}\p{N}\p{P}\p{S}])`)
	texts := func(t *rapid.T, name string) []string {
		if list := rapid.SliceOfN(text, 0, 3).Draw(t, name); len(list) > 0 {
			return list
		}
		return nil
	}
	rapid.Check(t, func(t *rapid.T) {
		set := bench.NumberSet{Name: rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,20}`).Draw(t, "name"), Source: text.Draw(t, "source"),
			Year: 2026, Date: "2026-03-08", Notes: texts(t, "notes")}
		if rapid.Bool().Draw(t, "host") {
			set.Host = &bench.Host{OS: "linux", CPUs: rapid.IntRange(0, 500).Draw(t, "cpus"), CPU: text.Draw(t, "cpu")}
		}
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9_]{0,20}`), 1, 8, rapid.ID).Draw(t, "ids") {
			n := bench.Number{ID: id, Label: text.Draw(t, "label"), Value: nanos.Draw(t, "value"), Source: set.Source, Year: set.Year, Date: set.Date,
				Bytes: rapid.Int64Range(0, 1<<50).Draw(t, "bytes"), Samples: rapid.IntRange(0, 1e9).Draw(t, "samples"), Flags: texts(t, "flags"),
				Pattern: rapid.SampledFrom([]string{"", "dependent", "independent", "sequential"}).Draw(t, "pattern"),
				Status:  rapid.SampledFrom([]string{"", "published", "extrapolated", "measured"}).Draw(t, "status"),
			}
			if rapid.Bool().Draw(t, "range") {
				n.Low, n.High = n.Value/2, n.Value*2
				n.P50, n.P99 = n.Value, n.Value*3
			}
			if rapid.Bool().Draw(t, "own source") {
				n.Source, n.Year, n.Date = text.Draw(t, "row's source"), 2012, ""
			}
			set.Rows = append(set.Rows, n)
		}
		file, err := configs.EncodeNumbers(set)
		if err != nil {
			t.Fatalf("%v", err)
		}
		got, err := reread(t, folder, file)
		if err != nil || !reflect.DeepEqual(got, set) {
			t.Fatalf("%v\n%s\ngot  %+v\nwant %+v", err, file, got, set)
		}
	})
}

func TestEncodeNumbersIsReadable(t *testing.T) {
	file, err := configs.EncodeNumbers(bench.NumberSet{Name: "measured", Source: "here", Year: 2026, Rows: []bench.Number{
		{ID: "a", Label: "A", Value: 1.5, Source: "here", Year: 2026, Use: "something"},
		{ID: "b", Label: "B", Value: 150_000, Source: "here", Year: 2026, Flags: []string{"page cache: a copy"}},
		{ID: "c", Label: "C", Value: 2e9, Source: "there", Year: 2012},
	}})
	want := `set: measured
year: 2026
source: here
rows:
  - id: a
    label: A
    value: 1.5ns
  - id: b
    label: B
    value: 150us
    flags:
      - 'page cache: a copy'
  - id: c
    label: C
    value: 2s
    source: there
    year: 2012
`
	if err != nil || string(file) != want {
		t.Errorf("got %v\n%s", err, file)
	}
}

func TestEncodeNumbersRefuses(t *testing.T) {
	good := bench.Number{ID: "a", Value: 1, Source: "s", Year: 2026}
	for _, row := range []struct {
		name string
		set  bench.NumberSet
		want string
	}{
		{"no rows", bench.NumberSet{Name: "a"}, "rows: are 0 (1 to 200)"},
		{"no name", bench.NumberSet{Rows: []bench.Number{good}}, `set: "" is not a name`},
		{"a value that is none", bench.NumberSet{Name: "a", Rows: []bench.Number{{ID: "a", Value: math.NaN()}}}, `rows[0].value: "NaNns" is not a latency`},
		{"an endless value", bench.NumberSet{Name: "a", Rows: []bench.Number{{ID: "a", Value: math.Inf(1)}}}, `rows[0].value: "+Infns" is not a latency`},
		{"an id twice", bench.NumberSet{Name: "a", Rows: []bench.Number{good, good}}, `rows[1].id: "a" is missing or there twice`},
		{"bytes for text", bench.NumberSet{Name: "a", Rows: []bench.Number{{ID: "a", Value: 1, Label: "\xff"}}}, `has the tag "!!binary"`},
		{"no source where the set has one", bench.NumberSet{Name: "a", Source: "s", Year: 2026, Rows: []bench.Number{{ID: "a", Value: 1, Year: 2026}}}, `rows[0]: row "a" would be read back as another one`},
		{"no year beside a date", bench.NumberSet{Name: "a", Date: "2026-01", Rows: []bench.Number{{ID: "a", Value: 1, Year: 2026, Date: "2026-01"}}}, "would be read back as another set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := configs.EncodeNumbers(row.set)
			if err == nil || file != nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %q, %v; want %s", file, err, row.want)
			}
		})
	}
}
