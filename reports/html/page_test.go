package html_test

import (
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/reports"
	"rung/reports/html"
	"rung/reports/reportstest"
)

var (
	ids      = regexp.MustCompile(`\sid="([^"]*)"`)
	links    = regexp.MustCompile(`\shref="#([^"]*)"`)
	headings = regexp.MustCompile(`<h([1-6])[ >]`)
	figures  = regexp.MustCompile(`(?s)<figure.*?</figure>`)
	repeats  = regexp.MustCompile(`data-of="([^"]*)"`)
	tables   = regexp.MustCompile(`(?s)<table.*?</table>`)
	sections = regexp.MustCompile(`<section id="([^"]*)"`)
)

func TestPageCanBeReadWithoutEyesAndMouse(t *testing.T) {
	page := scripts.ReplaceAllString(string(bare(t, reportstest.Run())), "")
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("the id %q is there twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range links.FindAllStringSubmatch(page, -1) {
		if !seen[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
	level := 0
	for _, m := range headings.FindAllStringSubmatch(page, -1) {
		next := int(m[1][0] - '0')
		if next > level+1 {
			t.Errorf("a heading of level %d follows one of level %d", next, level)
		}
		level = next
	}
	for _, table := range tables.FindAllString(page, -1) {
		if !strings.Contains(table, "<caption><span>") || !strings.Contains(table, `scope=col`) || !strings.Contains(table, `scope=row`) {
			t.Errorf("a table has no caption or no heads: %.120q", table)
		}
	}
	for _, want := range []string{`<html lang="en">`, `class="skip" href="#ladder"`, `<main>`, `<nav `, `name="viewport"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	all := figures.FindAllString(page, -1)
	if len(all) < 20 {
		t.Errorf("the page has only %d figures", len(all))
	}
	for _, f := range all {
		if of := repeats.FindStringSubmatch(f); of != nil {
			if !seen[of[1]] || !strings.Contains(f, `role="img" aria-label="Chart: `) || !strings.Contains(f, `href="#`+of[1]+`">How to read it`) {
				t.Errorf("a repeated figure does not lead to its data: %.200q", f)
			}
			continue
		}
		if strings.Contains(f, `<p class="empty">No data.</p>`) {
			continue
		}
		if !strings.Contains(f, `role="img" aria-label="Chart: `) || !strings.Contains(f, "<table") || !strings.Contains(f, `class="subtitle"`) {
			t.Errorf("a figure has no label, no subtitle or no table: %.200q", f)
		}
	}
}

func TestPageSaysWhatTheRunSays(t *testing.T) {
	run := reportstest.Run()
	whole := string(bare(t, run))
	page := scripts.ReplaceAllString(whole, "")
	for name, want := range map[string]string{
		"headline":                   reports.Sentences(run)[0],
		"capacity":                   "215–230/s",
		"change":                     "1.76×",
		"interval of the change":     "1.65–1.87, to 02",
		"estimate":                   "0.923×",
		"a kill that did not happen": "does not count: the process was still alive 2 s after the kill",
		"a ledger that was not read": "store not read: the store answered no read for 10 s",
		"recovery":                   reports.Duration(600 * time.Millisecond),
		"evidence":                   "kv.user.p50_ns is 13.4 ms, must be below 0.9 * 14.0 ms",
		"warning of an attack":       "common: 2 of 3 000 requests went over a connection that the server had closed",
		"error":                      "connection refused",
		"lookup":                     reports.Duration(141 * time.Millisecond),
		"period":                     "health check interval",
		"doubt of a fact":            "the clock was late by 12 ms in one second",
		"new node":                   `class="tag"`,
		"capacity of a variant":      "221–238/s",
		"hardware":                   "California to the Netherlands and back",
		"definition":                 "Coordinated omission",
		"a part of a recovery":       "Convergence",
		"seeding":                    reports.Duration(840 * time.Millisecond),
		"a kill on a variant":        "on variant lone",
		"stale reads":                "2.10%",
		"lost in experiments":        "tests: 11",
		"hit ratio":                  "87.1%",
		"standby":                    "standby: started when it is needed",
		"region":                     "Response time by operation and region",
		"an interval":                "12.3\u202fms to 13.9\u202fms, n 412",
		"a band":                     "Shaded: emptied from 4\u202fs to 4.4\u202fs; wires slow from 3.9\u202fs to 7\u202fs.",
		"an estimate":                "lru, by Che (estimate)",
		"a figure without points":    `<p class="empty">No data.</p>`,
		"deep link":                  `<figure id="figure-06-cache-hit-ratio">`,
		"a data centre that fell":    "data centre, 12 nodes",
		"links that were cut":        "links of 6 nodes cut",
		"a power cut":                "power cut",
		"photos lost":                "7 of 58",
		"photos that were not read":  "photos not read: the queues were not empty after 40 s",
		"the cost of a step":         "1.21×, to 02",
		"a stage that stands aside":  "12-sharding starts from the machines of 08-stateless-web, not of the stage above it.",
		"a principle":                "1. The web tier is stateless; no user is logged out, whatever is killed.",
		"the principles":             "2 of 4 principles held.",
		"a trail":                    "web killed, logged out count — 10: 0 · 11: 0 · 12: 0 · 13: 0",
		"a trail of a fact":          "common cache hit — 06: 87.1% · ",
		"a shard":                    "shard e, empty at first",
		"phases of a deployment":     "web-2 from",
		"percentile without enough":  "fewer than ten requests lie beyond",
		"error over the ladder":      "Median absolute error of the estimates: 4.6% for capacity (to the far end of the bracket) over 13 stages",
		"error of the simulation":    "Of the simulations: ",
		"error of a bracket":         "−2.3% to &#43;4.5%",
		"a simulation without a fit": "not compared: queues between data centres are not modelled",
		"a fitted law":               "0.034 ± 0.009",
		"a peak that is far":         "21.4 (extrapolated)",
		"no fit":                     "two points cannot tell three parameters",
		"an interval over rounds":    "212/s to 218/s",
		"a heat map":                 `<figure id="figure-heat-04-load-balancer">`,
		"what is new, in words":      "New: balancer, web ×3.",
		"counts that changed":        "web 1 → 3",
		"a size that changed":        "db from 2 CPU, 1 disk to 8 CPU, 1 disk",
		"a legend of colours":        `<span class="swatch fresh"></span> new here`,
		"files of the generator":     "97 of 1\u202f024",
		"a link to a stage":          `href="#stage-04-load-balancer" aria-label="Link to stage 04-load-balancer"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: the page does not say %q", name, want)
		}
	}
	if !strings.Contains(whole, "ceiling = 1 slots / 2.10 ms = 476 per second") {
		t.Error("the page does not hold the calculation of an estimate")
	}
	if strings.Contains(page, "Partial run") {
		t.Error("a whole run is called partial")
	}
	if !strings.Contains(string(bare(t, reportstest.Partial())),
		"<strong>Partial run.</strong> It ended early: interrupted by the user") {
		t.Error("a partial run is not called one")
	}
}

// A quantile that is null must be a gap in every chart, never a zero.
func TestNullIsAGap(t *testing.T) {
	run := reportstest.Run()
	for i := range run.Stages {
		run.Stages[i].Common.Total.Response.P99 = nil
	}
	page, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	block := string(charts(t, page)["figure-latency"])
	if !strings.Contains(block, `"value":[null,`) || strings.Contains(block, `"value":[0,`) {
		t.Errorf("a missing p99 is drawn: %.400s", block)
	}
}

func TestPageOfHollowRuns(t *testing.T) {
	measurement := bench.Measurement{Intervals: []bench.Interval{{}}}
	cases := map[string]bench.Run{
		"nothing":                  {},
		"a stage without anything": {Stages: []bench.StageResult{{}}},
		"stages of one name":       {Stages: []bench.StageResult{{}, {}, {Stage: bench.Stage{Previous: ""}}}},
		"empty parts": {Stages: []bench.StageResult{{Common: &bench.Measurement{},
			Capacity: &bench.Capacity{}, Kills: []bench.KillRow{{Measurement: measurement}}}}},
		"a probe of nothing": {Stages: []bench.StageResult{{Capacity: &bench.Capacity{Probes: []bench.Probe{{}}}}}},
		"a stage that is its own past": {Stages: []bench.StageResult{{Stage: bench.Stage{ID: "a", Previous: "a",
			Compare: "a"}}}},
		"numbers at the edge": {Stages: []bench.StageResult{{Capacity: &bench.Capacity{Passed: math.MaxFloat64,
			Failed: math.SmallestNonzeroFloat64,
			Probes: []bench.Probe{{Rate: -1, Goodput: math.MaxFloat64}}},
			Prediction: bench.Prediction{Estimates: []bench.Estimate{{Tolerance: math.MaxFloat64}}}}},
			Hardware: bench.Hardware{Rows: []bench.Number{{Value: -1}, {Value: math.MaxFloat64}}}},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := html.RenderBytes(run); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	f.Add(`{"schema": 1}`)
	f.Add(`{"schema": 1, "stages": [{"stage": {"id": "a", "topology": {"nodes": [{"name": "n"}], "links": [{"from": "clients", "to": "n"}, {"from": "n", "to": "n"}]}}, "capacity": {"passed_per_s": 1e308, "failed_per_s": 1e-308, "probes": [{"rate_per_s": -1e308}]}, "kills": [{"happened": true, "restarted_ns": 5, "measurement": {"intervals": [{"length_ns": -1}]}}]}]}`)
	f.Add(`{"schema": 1, "stages": [{"common": {"total": {"response": {"count": 3, "curve": [{"quantile": 7, "value_ns": -5}, {"quantile": -1e300}]}}, "breakdown": [{"quantile": 0.5, "parts": [{"name": "-"}]}]}}]}`)
	f.Add(`{"schema": 1, "stages": [{"stage": {"id": "a"}, "figures": [{"id": "b", "x": {"unit": "bytes", "log": true}, "y": {"unit": "ns"}, "second": {"unit": "x", "log": true}, "bands": [{"label": "</script>", "from_ns": 5, "to_ns": -5}], "series": [{"mark": "stack", "second": true, "points": [{"x": -1e308, "y": 1e308, "low": -1e308, "high": 5e-324}, {"x": 1e308, "y": null}]}, {"mark": "step", "predicted": true, "points": [{"x": 0, "y": 0}]}]}, {"id": "b", "x": {"names": ["n"]}, "series": [{"mark": "bars", "points": [{"x": 0.5, "y": 1}, {"x": 0, "y": -1, "count": 3}]}]}], "kills": [{"happened": true, "recovery": {"detection_ns": -1, "promotion_ns": 9223372036854775807}}], "common": {"regions": [{"operation": "a"}, {"operation": "/"}]}}]}`)
	f.Add(`{"schema": 1, "stages": [{"common": {"duration_ns": -5, "heat": {"column_ns": 9223372036854775807, "edges_ns": [0, 5], "counts": [[1, 2, 3], [], [18446744073709551615]]}}, "scalings": [{"of": "w", "points": [{"nodes": -1, "rate_per_s": 1e308}], "fit": {"lambda_per_s": 1e308, "sigma": -1, "kappa": -1, "most_nodes": 1e300}}], "simulation": {"values": [{"fact": "capacity_per_s", "value": -1, "low": 5, "high": 1e308}]}, "repeats": [{"round": -1}, {"common": {}, "capacity": {"passed_per_s": 1e-308}}]}]}`)
	f.Add(`{"schema": 1, "kind": "attack", "endpoint": {"targets": [{"weight": -1}]}, "stages": [{"common": {"heat": {"column_ns": 1, "edges_ns": [0], "counts": [[7]]}, "intervals": [{}]}, "capacity": {"probes": [{}]}}]}`)
	f.Add(`{"schema": 1, "kind": "x", "baseline": {"rows": [{"value_ns": -1, "low_ns": 1e308}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		run, err := reports.Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		if err := html.Render(io.Discard, run); err != nil {
			t.Errorf("a run that was read cannot be rendered: %v", err)
		}
	})
}

// The palette is read from the page: what is tested is what is seen.
func TestPaletteCanBeSeen(t *testing.T) {
	page := string(bare(t, bench.Run{Schema: bench.Schema}))
	themes := map[string]map[string]string{"light": theme(t, page, ":root{color-scheme"), "dark": theme(t, page,
		"dark){:root{")}
	for name, colours := range themes {
		ground := colours["ground"]
		for role, least := range map[string]float64{"text": 7, "muted": 4.5, "link": 4.5, "pass": 3, "fail": 3,
			"unknown": 4.5,
			"failed":  4.5, "fresh": 4.5, "changed": 4.5,
			"one": 3, "two": 3, "three": 3, "four": 3, "baseline": 7, "before": 3, "line": 3} {
			if got := contrast(t, colours[role], ground); got < least {
				t.Errorf("%s: %s has a contrast of %.2f on the ground, want %.1f", name, role, got, least)
			}
		}
		for _, set := range [][]string{{"one", "two", "three", "four", "baseline"}, {"pass", "fail", "unknown"}} {
			for i, a := range set {
				for _, b := range set[i+1:] {
					for kind, matrix := range blindness {
						if got := difference(seen(t, colours[a], matrix), seen(t, colours[b], matrix)); got < 10 {
							t.Errorf("%s: %s and %s differ by %.1f in %s vision, want 10", name, a, b, got, kind)
						}
					}
				}
			}
		}
	}
}

// theme reads the custom properties after a mark in the style sheet.
func theme(t *testing.T, page, mark string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(page, mark)
	if !ok {
		t.Fatalf("the style sheet has no %q", mark)
	}
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, part := range strings.Split(block, ";") {
		if role, colour, ok := strings.Cut(part, ":"); ok {
			out[strings.TrimPrefix(role, "--")] = colour
		}
	}
	return out
}

func rgb(t *testing.T, colour string) [3]float64 {
	t.Helper()
	var out [3]float64
	if len(colour) < 7 {
		t.Fatalf("%q is not a colour", colour)
	}
	for i := range out {
		v, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if out[i] = c / 12.92; c > 0.04045 {
			out[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return out
}

// contrast is the ratio of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	luminance := func(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }
	x, y := luminance(rgb(t, a)), luminance(rgb(t, b))
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
