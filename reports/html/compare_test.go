package html_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rung/bench"
	"rung/bench/compare"
	"rung/reports/html"
	"rung/reports/reportstest"
)

// leaves are the pages beside the report, made of fixed inputs.
func leaves(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	keep := func(name string, data []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		out[name] = data
	}
	before, after, c := twoRuns()
	data, err := html.ComparePage(before, after, c)
	keep("compare", data, err)
	runs, names := manyRuns()
	data, err = html.OverviewPage(runs, names)
	keep("compare-overview", data, err)
	data, err = html.NumbersPage(numberSets())
	keep("numbers", data, err)
	return out
}

// plainLeaf is a page without the chart library and with its charts as text,
// one for each line.
func plainLeaf(t *testing.T, data []byte) []byte {
	t.Helper()
	lines := bytes.ReplaceAll(unpack(t, data)["pack"], []byte(`},"figure-`), []byte("},\n\"figure-"))
	return packs.ReplaceAllFunc(data, func(part []byte) []byte {
		if bytes.Contains(part, []byte(`id="library"`)) {
			return []byte("<script type=\"text/plain\" id=\"library\">echarts</script>")
		}
		return slices.Concat([]byte("<script type=\"text/plain\" id=\"pack\">\n"), lines, []byte("\n</script>"))
	})
}

// shell are the parts of a page that it shares with the report.
var shell = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|<script type="application/json" id="palette">.*?</script>|content="default-src[^"]*"`)

func TestLeavesAreGolden(t *testing.T) {
	for name, data := range leaves(t) {
		t.Run(name, func(t *testing.T) {
			got := shell.ReplaceAll(plainLeaf(t, data), []byte("<!-- shell -->"))
			path := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(got, want) {
				return
			}
			if err := os.WriteFile(path+".got", got, 0o644); err != nil {
				t.Error(err)
			}
			t.Errorf("%s differs: compare it with %s.got, or run with -update", path, path)
		})
	}
}

func TestLeavesAreFunctionsOfTheirInput(t *testing.T) {
	first, second := leaves(t), leaves(t)
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s: two renderings differ", name)
		}
		if n := len(first[name]); n > html.MaxPage {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
	before, after, c := twoRuns()
	if _, err := html.ComparePage(before, after, c); err != nil {
		t.Fatal(err)
	}
	x, y, z := twoRuns()
	if !reflect.DeepEqual([]any{before, after, c}, []any{x, y, z}) {
		t.Error("the page changed its input")
	}
	sets := numberSets()
	if _, err := html.NumbersPage(sets); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(sets, numberSets()) {
		t.Error("the page changed its sets")
	}
}

// The charts of the whole ladder fit as well.
func TestLeavesOfAllStagesKeepTheBudget(t *testing.T) {
	run := reportstest.Run()
	c := bench.Comparison{Level: 0.95, Noise: 0.05}
	for _, s := range run.Stages {
		var rows []bench.Delta
		for n := range 12 {
			rows = append(rows, bench.Delta{Fact: fmt.Sprintf("common.p%d_ns", n), Before: 1e6, After: 1e6, Ratio: 1, Low: 0.9, High: 1.1, Word: bench.DeltaSame, Why: strings.Repeat("because ", 20)})
		}
		c.Stages = append(c.Stages, bench.StageComparison{ID: s.Stage.ID, Rows: rows})
	}
	two, err := html.ComparePage(run, run, c)
	if err != nil {
		t.Fatal(err)
	}
	var runs []bench.Run
	var names []string
	for i := range 16 {
		runs, names = append(runs, run), append(names, fmt.Sprint("runs/", i))
	}
	many, err := html.OverviewPage(runs, names)
	if err != nil {
		t.Fatal(err)
	}
	if len(two) > html.MaxPage || len(many) > html.MaxPage {
		t.Errorf("the pages have %d and %d bytes", len(two), len(many))
	}
}

func TestLeavesReferToNothingOutside(t *testing.T) {
	for name, data := range leaves(t) {
		page := scripts.ReplaceAllString(string(data), "")
		found := 0
		for _, m := range references.FindAllStringSubmatch(page, -1) {
			found++
			if target := m[1] + m[2]; !strings.HasPrefix(target, "#") && target != "data:," {
				t.Errorf("%s refers to %q", name, m[0])
			}
		}
		if found < 8 {
			t.Errorf("%s: only %d references were seen: the test is blind", name, found)
		}
		if !strings.Contains(page, `content="default-src &#39;none&#39;;`) {
			t.Errorf("%s has no content security policy", name)
		}
		for id := range charts(t, data) {
			figure := regexp.MustCompile(`(?s)<figure id="` + id + `">.*?</figure>`).FindString(page)
			if !strings.Contains(figure, "<tbody>") {
				t.Errorf("%s: %s has no table", name, id)
			}
		}
	}
}

// The first sentence is that of the terminal.
func TestComparisonSaysWhatTheTerminalSays(t *testing.T) {
	before, after, c := twoRuns()
	words := []bench.DeltaWord{bench.DeltaSame, bench.DeltaNoise, bench.DeltaUnknown, bench.DeltaBetter, bench.DeltaWorse}
	for n := range words {
		for i := range c.Stages {
			for j := range c.Stages[i].Rows {
				row := &c.Stages[i].Rows[j]
				row.Word, row.Why = words[(i+j)%(n+1)], []string{"", compare.Chance}[j%2]
			}
		}
		data, err := html.ComparePage(before, after, c)
		if err != nil {
			t.Fatal(err)
		}
		page := strings.ReplaceAll(string(data), "</h1>\n", "</h1>")
		h1 := regexp.MustCompile(`<h1>(.*?)</h1>`).FindStringSubmatch(page)[1]
		want := compare.Headline(c)
		first, rest, _ := strings.Cut(want, ". ")
		if !strings.HasPrefix(want, h1) || h1 != strings.TrimSuffix(first, ".")+"." {
			t.Errorf("the page says %q, the terminal %q", h1, want)
		}
		if !strings.Contains(page, rest) {
			t.Errorf("the page does not say %q", rest)
		}
	}
}

// drawn is a chart as far as the tests read it.
type drawn struct {
	Option struct {
		Series []struct {
			Name string            `json:"name"`
			Data []json.RawMessage `json:"data"`
		} `json:"series"`
		XAxis []struct {
			Min, Max float64
		} `json:"xAxis"`
		YAxis []struct {
			Data []string `json:"data"`
		} `json:"yAxis"`
	} `json:"option"`
}

func chartOf(t *testing.T, data []byte, id string) drawn {
	t.Helper()
	var d drawn
	if err := json.Unmarshal(charts(t, data)[id], &d); err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return d
}

func pointOf(t *testing.T, raw json.RawMessage) []float64 {
	t.Helper()
	var p struct {
		Value []float64 `json:"value"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return p.Value
}

func TestForestHasEveryRatio(t *testing.T) {
	data := leaves(t)["compare"]
	_, _, c := twoRuns()
	page := stdhtml.UnescapeString(string(data)) + string(unpack(t, data)["pack"])
	for i, id := range []string{"figure-changes-02-separate-database", "figure-changes-03-scale-up"} {
		d := chartOf(t, data, id)
		span := d.Option.XAxis[0].Max
		if d.Option.XAxis[0].Min != -span {
			t.Errorf("%s: 1x is not in the middle", id)
		}
		at := 0
		for _, row := range c.Stages[i].Rows {
			if row.Ratio <= 0 {
				continue
			}
			p := pointOf(t, d.Option.Series[2].Data[at])
			if math.Abs(p[0]-math.Log2(row.Ratio)) > 1e-3 || int(p[1]) != at {
				t.Errorf("%s, %s: drawn at %v", id, row.Fact, p)
			}
			at++
		}
		if len(d.Option.Series[2].Data) != at || len(d.Option.YAxis[0].Data) != at {
			t.Errorf("%s: %d dots and %d rows for %d ratios", id, len(d.Option.Series[2].Data), len(d.Option.YAxis[0].Data), at)
		}
	}
	// The one open interval reaches the edge.
	first := chartOf(t, data, "figure-changes-02-separate-database")
	if len(first.Option.Series[1].Data) != 1 || len(first.Option.Series[0].Data) != 3 {
		t.Fatalf("%d open and %d closed intervals", len(first.Option.Series[1].Data), len(first.Option.Series[0].Data))
	}
	if p := pointOf(t, first.Option.Series[1].Data[0]); p[1] != first.Option.XAxis[0].Max {
		t.Errorf("the open interval ends at %v", p)
	}
	for _, want := range []string{"0.706–…", "1.250×", "1.012–1.550", "~ same", "≈ within noise", "✓ better", "✗ worse", "? unknown", "+0.400\u202fpp",
		"it may be chance", "one side has fewer than ten answers beyond it", "≠ differs", "the seeds differ",
		"Only runs/monday has 01-single-server.", "Only runs/tuesday has 04-load-balancer.", "2 of the 3 changes hold (Holm)", "≥180/s"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	// What was not measured is not a time of zero.
	if strings.Contains(page, "<td>0\u202fns") {
		t.Error("a missing time is shown as zero")
	}
}

func TestOverviewHasEveryRun(t *testing.T) {
	data := leaves(t)["compare-overview"]
	page := string(data)
	for _, want := range []string{"runs/a (2)", "first 5 runs are drawn, all are in the table", "6 runs side by side: 3 stages in all, 2 in every run", "Not alike: Stages: 2 | 3"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d := chartOf(t, data, "figure-tails-01-single-server")
	names := map[string]bool{}
	for _, s := range d.Option.Series {
		names[s.Name] = true
	}
	if len(names) != 5 {
		t.Errorf("%d lines are drawn", len(names))
	}
	// Three runs have the third stage.
	if n := strings.Count(page, "03-scale-up, 3 runs"); n == 0 {
		t.Error("a stage that not all have has no chart")
	}
}

func TestLeavesRefuseWhatIsWrong(t *testing.T) {
	before, after, c := twoRuns()
	runs, names := manyRuns()
	bad := func(change func()) {
		before, after, c = twoRuns()
		runs, names = manyRuns()
		change()
	}
	two := func() error { _, err := html.ComparePage(before, after, c); return err }
	many := func() error { _, err := html.OverviewPage(runs, names); return err }
	for want, do := range map[string]func() error{
		"Stages[0].Rows[3].High":  func() error { bad(func() { c.Stages[0].Rows[3].High = math.Inf(1) }); return two() },
		"comparison.Noise":        func() error { bad(func() { c.Noise = math.NaN() }); return two() },
		"before: run.Stages[0]":   func() error { bad(func() { before.Stages[0].Capacity.Passed = math.NaN() }); return two() },
		"after: run.Calibration":  func() error { bad(func() { after.Calibration.Ceiling = math.Inf(-1) }); return two() },
		"run 2: run.Stages[1]":    func() error { bad(func() { runs[1].Stages[1].Capacity.Passed = math.NaN() }); return many() },
		"there are 5 names for 6": func() error { bad(func() { names = names[1:] }); return many() },
		"there are 0 runs":        func() error { bad(func() { runs = nil }); return many() },
		"there are 17 runs":       func() error { bad(func() { runs = make([]bench.Run, 17) }); return many() },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLeavesOfHollowInputs(t *testing.T) {
	if _, err := html.ComparePage(bench.Run{}, bench.Run{}, bench.Comparison{}); err != nil {
		t.Error(err)
	}
	a, p, r := reportstest.Attack(), reportstest.Partial(), reportstest.Replay()
	c := bench.Comparison{Stages: []bench.StageComparison{{ID: a.Stages[0].Stage.ID}, {ID: "x", Rows: []bench.Delta{{Fact: "capacity_per_s"}}}}}
	for _, run := range []bench.Run{a, p, r, {}} {
		if _, err := html.ComparePage(run, p, c); err != nil {
			t.Error(err)
		}
		if _, err := html.OverviewPage([]bench.Run{run, p, run}, []string{"", "", ""}); err != nil {
			t.Error(err)
		}
	}
}

func TestHostileTextOfLeavesIsInert(t *testing.T) {
	for name, data := range hostileLeaves(t) {
		if !bytes.Contains(data, []byte("window.owned")) {
			t.Fatalf("%s: no attack reached the page: nothing is tested", name)
		}
		plain, err := html.RenderBytes(reportstest.Partial())
		if err != nil {
			t.Fatal(err)
		}
		if got := running(data); len(got) != 1 || !reflect.DeepEqual(got, running(plain)) {
			t.Errorf("%s: %d scripts run, want the one of the page", name, len(got))
		}
		hostile := unpack(t, data)
		if !bytes.Contains(hostile["pack"], []byte("window.owned")) || bytes.ContainsAny(hostile["pack"], "<>\u2028\u2029") {
			t.Errorf("%s: the pack holds markup, or no text", name)
		}
		rest := scripts.ReplaceAllString(string(data), "")
		for _, bad := range []string{"<img", "<svg", "<script", "<!--", "\u202e", "\u2028", "\x1b", "href=\"javascript", "ZgotmplZ"} {
			if strings.Contains(rest, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}

// hostileLeaves are pages whose every text is an attack.
func hostileLeaves(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	before, after := hostileRun(t), hostileRun(t)
	_, _, c := twoRuns()
	n := 0
	fill(reflect.ValueOf(&c).Elem(), &n)
	for i := range c.Stages {
		c.Stages[i].ID = before.Stages[i].Stage.ID
	}
	sets := numberSets()
	fill(reflect.ValueOf(&sets).Elem(), &n)
	var err error
	if out["compare"], err = html.ComparePage(before, after, c); err != nil {
		t.Fatal(err)
	}
	if out["overview"], err = html.OverviewPage([]bench.Run{before, after}, attacks[:2]); err != nil {
		t.Fatal(err)
	}
	if out["numbers"], err = html.NumbersPage(sets); err != nil {
		t.Fatal(err)
	}
	return out
}
