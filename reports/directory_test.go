package reports_test

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/reports"
	"rung/reports/reportstest"
)

func TestDirectoryKeepsARun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "one")
	d, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	want := reportstest.Run()
	if err := d.WriteRun(want); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, filepath.Join(path, reports.RunFile)} {
		got, err := reports.ReadRun(from)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the run read from %s is another one", from)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	write(t, file, "mine")
	full := filepath.Join(base, "full")
	write(t, filepath.Join(full, "thesis.doc"), "mine")
	lookalike := filepath.Join(base, "lookalike")
	write(t, filepath.Join(lookalike, "run.json"), `{"speed": 1}`)
	cases := []struct{ name, path, say string }{
		{"a file", file, "it is a file"},
		{"below a file", filepath.Join(file, "run"), "is a file"},
		{"a folder of somebody", full, "thesis.doc"},
		{"a folder with another run.json", lookalike, "run.json"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := reports.Create(c.path)
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Fatalf("got %v, want an error with %q", err, c.say)
			}
		})
	}
	if got := read(t, filepath.Join(full, "thesis.doc")); got != "mine" {
		t.Errorf("a refused folder was changed: %q", got)
	}
	if entries, err := os.ReadDir(full); err != nil || len(entries) != 1 {
		t.Errorf("a refused folder has %d entries, %v", len(entries), err)
	}
}

func TestCreateTakesAnEarlierRun(t *testing.T) {
	path := t.TempDir()
	first, err := reports.Create(path) // empty
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reports.Create(path); err != nil {
		t.Errorf("a run that died before its run.json: %v", err)
	}
	if err := first.WriteRun(reportstest.Run()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(path, "README.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := reports.Create(path); err != nil {
		t.Errorf("a run without its readme: %v", err)
	}
	if _, err := reports.ReadRun(path); err != nil {
		t.Errorf("the earlier run is gone: %v", err)
	}
}

func TestWriteRunLeavesTheEarlierOneWhenItFails(t *testing.T) {
	path := t.TempDir()
	d, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteRun(reportstest.Run()); err != nil {
		t.Fatal(err)
	}
	before := read(t, filepath.Join(path, "run.json"))
	bad := reportstest.Run()
	bad.Calibration.Ceiling = math.Inf(1)
	if err := d.WriteRun(bad); err == nil || !strings.Contains(err.Error(), "Calibration.Ceiling") {
		t.Errorf("got %v, want an error that names the place", err)
	}
	if after := read(t, filepath.Join(path, "run.json")); after != before {
		t.Error("the earlier run was changed")
	}
	noTemporaryFiles(t, path)
}

// A folder in the place of the target makes the rename fail after everything
// was written.
func TestWriteCleansUpAfterAFailedRename(t *testing.T) {
	path := t.TempDir()
	d, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "report.html", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.Write("report.html", []byte("page")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	noTemporaryFiles(t, path)
}

func TestLogs(t *testing.T) {
	path := t.TempDir()
	d, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := d.Log("01-single-server", "common")
	if err != nil {
		t.Fatal(err)
	}
	put(t, log, "tag\n")
	name := filepath.Join(path, d.LogName("01-single-server", "common"))
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an incomplete log has its name already: %v", err)
	}
	for range 2 {
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, name); got != "tag\n" {
		t.Errorf("the log holds %q", got)
	}
	for i, want := range []string{"a", "aa"} {
		node, err := d.NodeLog("01-single-server", "web")
		if err != nil {
			t.Fatal(err)
		}
		put(t, node, "a")
		if err := node.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, filepath.Join(path, "log", "01-single-server", "web.log")); got != want {
			t.Errorf("after start %d the node's log holds %q", i+1, got)
		}
	}
	again, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	node, err := again.NodeLog("01-single-server", "web")
	if err != nil {
		t.Fatal(err)
	}
	put(t, node, "b")
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(path, "log", "01-single-server", "web.log")); got != "b" {
		t.Errorf("a new run's node log holds %q", got)
	}
}

func TestLogNamesStayInside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d, err := reports.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"..", ".", "", "/", "../../x",
			"a/b", "\x00", strings.Repeat("n", 500), "run.json"}))
		stage, name := part.Draw(t, "stage"), part.Draw(t, "name")
		got := d.LogName(stage, name)
		if !filepath.IsLocal(got) || strings.Count(got, string(filepath.Separator)) != 1 ||
			strings.HasPrefix(filepath.Base(got), ".") || len(got) > 220 {
			t.Fatalf("%q, %q gives %q", stage, name, got)
		}
	})
	if a, b := d.LogName("s", "a/b"), d.LogName("s", "a-b"); a == b {
		t.Errorf("two attacks share the log %s", a)
	}
}

func TestLatest(t *testing.T) {
	base := t.TempDir()
	for _, run := range []string{"one", "two"} {
		dir := filepath.Join(base, run)
		write(t, filepath.Join(dir, "name"), run)
		if err := reports.Latest(base, dir); err != nil {
			t.Fatal(err)
		}
		if got := read(t, filepath.Join(base, "latest", "name")); got != run {
			t.Errorf("latest leads to %q, want %q", got, run)
		}
	}
	if target, err := os.Readlink(filepath.Join(base, "latest")); err != nil || target != "two" {
		t.Errorf("the link holds %q, %v: it must survive moving the folder", target, err)
	}
	other := t.TempDir()
	write(t, filepath.Join(other, "latest", "mine"), "x")
	if err := reports.Latest(other, base); err == nil {
		t.Error("a folder named latest was replaced")
	}
}

func TestReadRunRefuses(t *testing.T) {
	base := t.TempDir()
	cases := []struct{ name, content, say string }{
		{"no object", "hello", "not a run directory"},
		{"no schema", `{"stages": []}`, "no schema number"},
		{"a newer schema", `{"schema": 9}`, "use the newer rung"},
		{"an older schema", `{"schema": 0}`, "use the older rung"},
		{"cut off", `{"schema": 1, "stages": [{`, "unexpected end"},
		{"a wrong type", `{"schema": 1, "stages": 5}`, "stages"},
		{"two runs", `{"schema": 1}{"schema": 1}`, "after top-level value"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(base, strings.ReplaceAll(c.name, " ", "-"), "run.json")
			write(t, path, c.content)
			_, err := reports.ReadRun(path)
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("got %v, want an error with %q", err, c.say)
			}
		})
	}
	if _, err := reports.ReadRun(t.TempDir()); !errors.Is(err, reports.ErrNotRun) {
		t.Errorf("an empty folder gives %v", err)
	}
	if _, err := reports.ReadRun(filepath.Join(base, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder gives %v", err)
	}
}

func TestDecodeIgnoresFieldsOfLaterVersions(t *testing.T) {
	run, err := reports.Decode(strings.NewReader(`{"schema": 1, "seed": 7, "future": {"x": [1]}}`))
	if err != nil || run.Seed != 7 {
		t.Errorf("got seed %d, %v", run.Seed, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"schema": 1}`)
	f.Add(`{"schema": 1, "stages": [{"stage": {"id": "a"}, "capacity": {"passed_per_s": 1e308, "failed_per_s": 1e-308}, "kills": [{"happened": true}]}], "verdict": "pass"}`)
	f.Add(`{"schema": 1, "workload": {"slo": {"quantile": 1e300, "latency_ns": -1}}, "calibration": {"ceiling_per_s": -1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		run, err := reports.Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		if err := reports.Summary(io.Discard, run, 80); err != nil {
			t.Errorf("a run that was read cannot be summed up: %v", err)
		}
	})
}

func noTemporaryFiles(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("a temporary file is left: %s", e.Name())
		}
	}
}

func put(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
