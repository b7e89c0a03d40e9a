package html_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rung/bench"
	"rung/reports/html"
	"rung/reports/reportstest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// bare is a page without the chart library, which is most of it and has a
// checksum of its own, and with its charts as text, one for each line.
func bare(t *testing.T, run bench.Run) []byte {
	t.Helper()
	data, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	parts := unpack(t, data)
	lines := bytes.ReplaceAll(parts["pack"], []byte(`},"figure-`), []byte("},\n\"figure-"))
	return packs.ReplaceAllFunc(data, func(part []byte) []byte {
		if bytes.Contains(part, []byte(`id="library"`)) {
			return []byte("<script type=\"text/plain\" id=\"library\">echarts</script>")
		}
		return slices.Concat([]byte("<script type=\"text/plain\" id=\"pack\">\n"), lines, []byte("\n</script>"))
	})
}

// some is a part of the run over all stages, without what the partial run
// has: curves, probes and slices.
func some(from, to int) bench.Run {
	run := reportstest.Run()
	run.Stages = run.Stages[from:to]
	for i := range run.Stages {
		s := &run.Stages[i]
		s.Common.Total.Response.Curve, s.Capacity.Probes = nil, nil
		for j := range s.Kills {
			s.Kills[j].Measurement.Intervals = nil
		}
	}
	return run
}

func TestPageIsGolden(t *testing.T) {
	for name, run := range map[string]bench.Run{"partial": reportstest.Partial(), "data": some(4, 8), "wide": some(8, 13),
		"attack": reportstest.Attack(), "capacity": reportstest.CapacityRun()} {
		t.Run(name, func(t *testing.T) {
			got := bare(t, run)
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

func TestPageIsAFunctionOfTheRun(t *testing.T) {
	run := reportstest.Run()
	first, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	var second bytes.Buffer
	if err := html.Render(&second, run); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second.Bytes()) {
		t.Error("two renderings of one run differ")
	}
	// Rendering changed nothing in the run.
	third, err := html.RenderBytes(reportstest.Run())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, third) {
		t.Error("equal runs give different pages")
	}
}

var references = regexp.MustCompile(`(?i)(?:src|href|action|poster|data|srcset)\s*=\s*["']?([^"'\s>]*)|url\(([^)]*)\)|@import`)

func TestPageRefersToNothingOutside(t *testing.T) {
	page := scripts.ReplaceAllString(string(bare(t, reportstest.Run())), "")
	found := 0
	for _, m := range references.FindAllStringSubmatch(page, -1) {
		found++
		if target := m[1] + m[2]; !strings.HasPrefix(target, "#") && target != "data:," {
			t.Errorf("the page refers to %q", m[0])
		}
	}
	if found < 20 {
		t.Errorf("only %d references were seen: the test is blind", found)
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;;`) {
		t.Error("the page has no content security policy")
	}
}

// heavy is a run of the whole ladder with more than fits: the page must leave
// out what it can, and say so.
func heavy() bench.Run {
	run := reportstest.Run()
	for i := range run.Stages {
		s := &run.Stages[i]
		for n := range 4000 {
			s.Facts = append(s.Facts, bench.Fact{Name: fmt.Sprintf("capacity.use.node-%d.cpu_ratio", n), Value: 1 / float64(n+2),
				From: "counters of the node at the highest rate that passed"})
		}
		var points []bench.FigurePoint
		for n := range 1000 {
			y := float64(n)
			points = append(points, bench.FigurePoint{X: float64(n) * 1e7, Y: &y, Low: &y, High: &y, Count: uint64(n)})
		}
		for n := range 4 {
			s.Figures = append(s.Figures, bench.Figure{ID: fmt.Sprintf("long-%d", n), Title: "A long figure",
				X:      bench.Axis{Label: "time", Unit: bench.UnitNs},
				Series: []bench.Series{{Name: "a", Mark: bench.MarkLine, Points: points}, {Name: "b", Mark: bench.MarkStep, Points: points}}})
		}
		for len(s.Kills) < 8 {
			s.Kills = append(s.Kills, s.Kills[0])
			s.Kills[len(s.Kills)-1].Measurement.Heat = s.Common.Heat
		}
	}
	return run
}

func TestPageStaysWithinItsBudget(t *testing.T) {
	for name, run := range map[string]bench.Run{"13 stages": reportstest.Run(), "13 full stages": heavy()} {
		data, err := html.RenderBytes(run)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", name, len(data))
		if less := bytes.Contains(data, []byte("more to show than fits")); less != (name == "13 full stages") {
			t.Errorf("%s: the page says that it leaves something out: %v", name, less)
		}
		if len(data) > html.MaxPage {
			t.Errorf("%s: the page has %d bytes, the budget is %d", name, len(data), html.MaxPage)
		}
	}
}

func TestRenderRefusesWhatIsNotFinite(t *testing.T) {
	for name, change := range map[string]func(*bench.Run){
		"run.Stages[0].Capacity.Passed":          func(r *bench.Run) { r.Stages[0].Capacity.Passed = math.NaN() },
		"run.Calibration.Ceiling":                func(r *bench.Run) { r.Calibration.Ceiling = math.Inf(1) },
		"run.Stages[2].Kills[0].Availability":    func(r *bench.Run) { r.Stages[2].Kills[0].Availability = math.Inf(-1) },
		"run.Stages[0].Simulation.Values[1].Low": func(r *bench.Run) { r.Stages[0].Simulation.Values[1].Low = math.NaN() },
		"run.Stages[3].Scalings[0].Fit.Sigma":    func(r *bench.Run) { r.Stages[3].Scalings[0].Fit.Sigma = math.NaN() },
		"run.Stages[3].Scalings[0].Points[2].":   func(r *bench.Run) { r.Stages[3].Scalings[0].Points[2].Rate = math.Inf(1) },
		"run.Stages[0].Repeats[2].Capacity":      func(r *bench.Run) { r.Stages[0].Repeats[2].Capacity.Passed = math.NaN() },
		"run.Baseline.Rows[1].P99": func(r *bench.Run) {
			r.Baseline = reportstest.Baseline()
			r.Baseline.Rows[1].P99 = math.Inf(1)
		},
		"run.Endpoint.Targets[0].Weight": func(r *bench.Run) {
			*r = reportstest.Attack()
			r.Endpoint.Targets[0].Weight = math.NaN()
		},
		"run.Stages[0].Capacity.Probes[1].Uses[": func(r *bench.Run) { r.Stages[0].Capacity.Probes[1].Uses[0].Ratio = math.NaN() },
	} {
		run := reportstest.Run()
		change(&run)
		var b bytes.Buffer
		err := html.Render(&b, run)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error that names %s", err, name)
		}
		if b.Len() > 0 {
			t.Errorf("%s: half a page was written", name)
		}
	}
}

func TestRenderGivesTheWritersError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := html.Render(w, reportstest.Partial()); err == nil {
		t.Error("an error of the writer was lost")
	}
}
