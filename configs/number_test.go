package configs_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/configs"
)

func TestEmbeddedNumberSets(t *testing.T) {
	l := configs.Library{}
	names := l.NumberSets()
	if want := []string{"book", "gist-2012", "modern-2026", "regions"}; !slices.Equal(names, want) {
		t.Fatalf("the sets are %v, want %v", names, want)
	}
	for _, name := range names {
		set, err := l.Numbers(name)
		if err != nil {
			t.Fatal(err)
		}
		if set.Name != name || set.Source == "" || len(set.Rows) < 10 {
			t.Errorf("%s is %q of %q with %d rows", name, set.Name, set.Source, len(set.Rows))
		}
		for _, r := range set.Rows {
			if r.Label == "" || r.Source == "" || r.Status == "measured" || r.Samples != 0 {
				t.Errorf("%s: %+v", name, r)
			}
			if r.Year == 0 && r.Date == "" && name != "regions" && !strings.Contains(r.Source, "undated") {
				t.Errorf("%s: row %s has no time", name, r.ID)
			}
		}
		if !slices.IsSortedFunc(set.Rows, func(a, b bench.Number) int { return int(a.Value*10) - int(b.Value*10) }) {
			t.Errorf("%s is not sorted by value", name)
		}
	}
}

// TestPublishedValues holds the rows that tell the sets apart, and those that
// have a range, a quantile or a durability.
func TestPublishedValues(t *testing.T) {
	for _, row := range []struct {
		set  string
		want bench.Number
	}{
		{"book", bench.Number{ID: "mutex_lock_unlock", Value: 100}},
		{"book", bench.Number{ID: "compress_1k", Value: 10e3, Bytes: 1000}},
		{"book", bench.Number{ID: "disk_seq_1m", Value: 30e6, Bytes: 1e6, Pattern: "sequential"}},
		{"book", bench.Number{ID: "l1_ref", Value: 0.5, Pattern: "dependent"}},
		{"gist-2012", bench.Number{ID: "mutex_lock_unlock", Value: 25}},
		{"gist-2012", bench.Number{ID: "compress_1k", Value: 3e3, Bytes: 1000}},
		{"gist-2012", bench.Number{ID: "disk_seq_1m", Value: 20e6, Bytes: 1e6, Pattern: "sequential"}},
		{"gist-2012", bench.Number{ID: "ssd_rand_4k", Value: 150e3, Bytes: 4096, Pattern: "dependent"}},
		{"modern-2026", bench.Number{ID: "mem_rand_64", Value: 20, Bytes: 64, Pattern: "independent", Quantile: "mean"}},
		{"modern-2026", bench.Number{ID: "ssd_seq_write_8k_sync", Value: 300e3, Bytes: 8192, Pattern: "sequential", Durability: "fdatasync", Quantile: "mean"}},
		{"modern-2026", bench.Number{ID: "na_w_sg", Value: 180e6}},
		{"regions", bench.Number{ID: "az_jp_e_kr_c", Value: 35e6, Low: 35e6, High: 36e6, Quantile: "p95"}},
		{"regions", bench.Number{ID: "az_us_e_au_e", Value: 207e6, Quantile: "p95"}},
		{"regions", bench.Number{ID: "aws_inter_az", Value: 1.81e6, Low: 0.25e6, High: 3.37e6, Quantile: "min"}},
		{"regions", bench.Number{ID: "ibm_intra_az", Value: 90e3, Quantile: "mean"}},
	} {
		set, err := configs.Library{}.Numbers(row.set)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := set.Row(row.want.ID)
		got.Label, got.Source, got.Year, got.Date, got.Flags = "", "", 0, "", nil
		if !ok || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, want %+v", row.set, got, row.want)
		}
	}
}

// TestModernHardwareKeepsItsRows: the emulation of runs that are there
// already must not change under their name.
func TestModernHardwareKeepsItsRows(t *testing.T) {
	h, _ := shop(t, "modern")
	got := map[string]time.Duration{}
	for _, r := range h.Rows {
		if r.Use != "" {
			got[r.ID] = time.Duration(r.Value)
		}
	}
	want := map[string]time.Duration{"net_same_region": 250 * time.Microsecond, "net_same_zone_1m": 100 * time.Microsecond,
		"eu_w_na_e": 80 * time.Millisecond, "na_w_sg": 180 * time.Millisecond, "ssd_seq_write_8k_sync": 300 * time.Microsecond}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the rows in use are %v, want %v", got, want)
	}
}

func TestNumbersByPathAndFolder(t *testing.T) {
	folder := t.TempDir()
	text := "set: mine\ndate: 2026-03\nsource: me\nhost: {cpus: 4, memory_bytes: 1024, cpu: A CPU}\nnotes: [one]\nrows:\n" +
		"  - {id: a, label: A, value: 1.5us, p50: 1.5us, p99: 20us, samples: 7, status: measured, flags: [x, y]}\n" +
		"  - {id: b, value: 2ms, year: 2012, source: other}\n"
	at := file(t, folder, "numbers/mine.yaml", text)
	want := bench.NumberSet{Name: "mine", Source: "me", Year: 2026, Date: "2026-03", Notes: []string{"one"},
		Host: &bench.Host{CPUs: 4, Memory: 1024, CPU: "A CPU"}, Rows: []bench.Number{
			{ID: "a", Label: "A", Value: 1500, P50: 1500, P99: 20_000, Samples: 7, Status: "measured", Source: "me", Year: 2026, Date: "2026-03", Flags: []string{"x", "y"}},
			{ID: "b", Value: 2e6, Source: "other", Year: 2012},
		}}
	l := configs.Library{Folder: folder}
	for _, name := range []string{at, "mine"} {
		if got, err := l.Numbers(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if !slices.Contains(l.NumberSets(), "mine") || !slices.Contains(l.NumberSets(), "book") {
		t.Errorf("the sets are %v", l.NumberSets())
	}
	for name, want := range map[string]string{
		"none":           `there is no set of latency numbers "none" (allowed is book, gist-2012, mine, modern-2026, regions)`,
		"../stages/x":    "../stages/x: cannot be read: no such file or directory",
		folder + "/":     folder + "/: is a folder (a YAML file)",
		"nowhere.yaml":   "nowhere.yaml: cannot be read: no such file or directory",
		"Not-A-Set-Name": `there is no set of latency numbers "Not-A-Set-Name" (allowed is book, gist-2012, mine, modern-2026, regions)`,
	} {
		if _, err := l.Numbers(name); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestNumberMistakes(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no set", "rows: [{id: a, value: 1ns}]", `: set: "" is not a name (a-z 0-9 and -, at most 64)`},
		{"set that is no name", "set: My Set\nrows: [{id: a, value: 1ns}]", `:1: set: "My Set" is not a name (a-z 0-9 and -, at most 64)`},
		{"no rows", "set: a", ": rows: are 0 (1 to 200)"},
		{"too many rows", "set: a\nrows: [" + strings.Repeat("{id: a}, ", 201) + "]", ":2: rows: are 201 (1 to 200)"},
		{"unknown field", "set: a\nrows:\n  - {id: a, value: 1ns, unit: ns}", ":3: rows[0].unit: unknown field (allowed is id, label, value, low, high, bytes, pattern, durability, quantile, status, p50, p99, samples, source, year, date, flags)"},
		{"id with a space", "set: a\nrows:\n  - {id: a b, value: 1ns}", `:3: rows[0].id: "a b" is not an id (a-z 0-9 and _, at most 64)`},
		{"no id", "set: a\nrows:\n  - {value: 1ns}", `:3: rows[0].id: "" is missing or there twice (one row for each id)`},
		{"no value", "set: a\nrows:\n  - {id: a}", ":3: rows[0].value: is 0 ns (more than 0, at most 24h0m0s)"},
		{"negative value", "set: a\nrows:\n  - {id: a, value: -1ns}", `:3: rows[0].value: "-1ns" is not a latency: write it like 0.5ns (units: ns us ms s)`},
		{"unknown pattern", "set: a\nrows:\n  - {id: a, value: 1ns, pattern: random}", `:3: rows[0].pattern: is "random" (allowed is dependent, independent, sequential)`},
		{"unknown durability", "set: a\nrows:\n  - {id: a, value: 1ns, durability: sync}", `:3: rows[0].durability: is "sync" (allowed is none, fdatasync, fsync)`},
		{"unknown quantile", "set: a\nrows:\n  - {id: a, value: 1ns, quantile: p97}", `:3: rows[0].quantile: is "p97" (allowed is mean, min, p50, p90, p95, p99)`},
		{"unknown status", "set: a\nrows:\n  - {id: a, value: 1ns, status: guessed}", `:3: rows[0].status: is "guessed" (allowed is published, extrapolated, measured)`},
		{"half a range", "set: a\nrows:\n  - {id: a, value: 5ns, low: 1ns}", ":3: rows[0].low: is one end of a range (low and high together, both more than 0)"},
		{"outside its range", "set: a\nrows:\n  - {id: a, value: 5ns, low: 6ns, high: 7ns}", ":3: rows[0].value: is 5 ns, outside its own range (6 ns to 7 ns)"},
		{"endless range", "set: a\nrows:\n  - {id: a, value: 5ns, low: 1ns, high: 90000s}", ":3: rows[0].high: is 9e+13 ns (at most 24h0m0s)"},
		{"p99 alone", "set: a\nrows:\n  - {id: a, value: 5ns, p99: 6ns}", ":3: rows[0].p99: has no p50 beside it (p50, or both)"},
		{"p99 below p50", "set: a\nrows:\n  - {id: a, value: 5ns, p50: 5ns, p99: 4ns}", ":3: rows[0].p99: is 4 ns, below p50 (at least 5 ns)"},
		{"negative bytes", "set: a\nrows:\n  - {id: a, value: 5ns, bytes: -1}", ":3: rows[0].bytes: is -1 (0 to 1125899906842624)"},
		{"negative samples", "set: a\nrows:\n  - {id: a, value: 5ns, samples: -1}", ":3: rows[0].samples: is -1 (0 to 1000000000)"},
		{"no such day", "set: a\nrows:\n  - {id: a, value: 5ns, date: 2026-02-30}", `:3: rows[0].date: is "2026-02-30" (a day, a month or a year in quotes, like 2026-03-08, from 1970 to 2100)`},
		{"year as a number for a date", "set: a\nrows:\n  - {id: a, value: 5ns, date: 2026}", `:3: rows[0].date: "2026" is a whole number (must be text: write it in quotes)`},
		{"two years", "set: a\nyear: 2025\ndate: 2026-02\nrows: [{id: a, value: 5ns}]", `:3: date: is "2026-02", but the year is 2025 (one year for both)`},
		{"year of another age", "set: a\nyear: 26\nrows: [{id: a, value: 5ns}]", ":2: year: is 26 (1970 to 2100)"},
		{"negative host", "set: a\nhost: {cpus: -1}\nrows: [{id: a, value: 5ns}]", ":2: host: has -1 CPUs and 0 bytes of memory (0 (unknown) or more)"},
		{"too many flags", "set: a\nrows:\n  - {id: a, value: 5ns, flags: [" + strings.Repeat("x, ", 51) + "]}", ":3: rows[0].flags: are 51 (at most 50)"},
		{"two mistakes", "set: a\nrows:\n  - {id: a}\n  - {id: b, value: 1ns, status: x}", ":3: rows[0].value: is 0 ns (more than 0, at most 24h0m0s)\n" +
			`FILE:4: rows[1].status: is "x" (allowed is published, extrapolated, measured)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			at := filepath.Join(t.TempDir(), "set.yaml")
			if err := os.WriteFile(at, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := configs.Library{}.Numbers(at)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if got := strings.ReplaceAll(err.Error(), at, "FILE"); got != "FILE"+row.want {
				t.Errorf("\ngot  %s\nwant FILE%s", got, row.want)
			}
		})
	}
}
