package html_test

import (
	"bytes"
	"strings"
	"testing"

	"rung/bench"
	"rung/reports"
	"rung/reports/html"
	"rung/reports/reportstest"
)

// Each kind of run shows what it has, and no empty section for the rest.
func TestPagesOfRunsWithoutALadder(t *testing.T) {
	cases := map[string]struct {
		run       bench.Run
		has, lack []string
	}{
		"attack": {reportstest.Attack(), []string{`id="thresholds"`, `id="waits"`, `id="course"`, `id="figure-heat-attack"`, `id="figure-timeline"`,
			`id="errors"`, `id="asked"`, "failures&lt;0.05%", "http://127.0.0.1:8080/checkout", "50", "62 of 1\u202f024", "a load test, measured"},
			[]string{`id="ladder"`, `id="stages"`, `id="breaks"`, "topology", "<h2>What happens on a fault?"}},
		"capacity": {reportstest.CapacityRun(), []string{`id="breaks"`, "4.20–4.50\u202fk/s", "The target breaks between", "the generator was the limit"},
			[]string{`id="waits"`, `id="course"`, `id="errors"`, `id="ladder"`}},
		"replay": {reportstest.Replay(), []string{"as recorded by vegeta, gob", "not recorded", `id="waits"`, "No threshold was set"},
			[]string{`id="thresholds"`, "Generator headroom", "Clock error", `id="ladder"`, "was the load what was asked"}},
		"nothing": {bench.Run{Kind: bench.KindAttack}, []string{"was not measured."}, []string{`id="ladder"`, "<figure"}},
		"hollow": {bench.Run{Kind: bench.KindCapacity, Stages: []bench.StageResult{{Common: &bench.Measurement{}, Capacity: &bench.Capacity{}}}},
			[]string{"was asked nothing"}, []string{"<figure"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			page := scripts.ReplaceAllString(string(bare(t, c.run)), "")
			page = page[strings.Index(page, "<body"):]
			for _, want := range c.has {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			for _, bad := range c.lack {
				if strings.Contains(page, bad) {
					t.Errorf("the page says %q", bad)
				}
			}
			for _, link := range links.FindAllStringSubmatch(page, -1) {
				if !strings.Contains(page, `id="`+link[1]+`"`) {
					t.Errorf("a link leads to #%s, which is not there", link[1])
				}
			}
		})
	}
}

// The terminal says what the page's first screen says.
func TestSummaryAndPageAgree(t *testing.T) {
	for name, run := range pages() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := reports.Summary(&b, run, 80); err != nil {
				t.Fatal(err)
			}
			flat := func(s string) string {
				return strings.Join(strings.Fields(strings.ReplaceAll(s, reports.Thin, " ")), " ")
			}
			summary, page := flat(b.String()), flat(unescaped.Replace(scripts.ReplaceAllString(string(bare(t, run)), "")))
			for _, s := range reports.Sentences(run) {
				if !strings.Contains(summary, flat(s)) || !strings.Contains(page, flat(s)) {
					t.Errorf("one of the two does not say %q", s)
				}
			}
			for _, i := range reports.Validity(run) {
				if !strings.Contains(page, flat(i.Value)) {
					t.Errorf("the page does not say %s: %s", i.Label, i.Value)
				}
				if i.Word != bench.Pass && !strings.Contains(summary, flat(i.Label+": "+i.Value)) {
					t.Errorf("the summary does not say %s: %s", i.Label, i.Value)
				}
			}
			if run.Kind == bench.KindLadder {
				return
			}
			for _, v := range run.Stages[0].Verdicts {
				if !strings.Contains(summary, flat(v.Text)) || !strings.Contains(page, flat(v.Text)) {
					t.Errorf("one of the two does not say %q", v.Text)
				}
			}
		})
	}
}

var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&#39;", "'", "&#34;", `"`, "&#43;", "+")

// A run is made of summaries: its page does not grow with the requests.
func TestPageDoesNotGrowWithRequests(t *testing.T) {
	size := func(n uint64) int {
		data, err := html.RenderBytes(reportstest.AttackOf(n))
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	small, large := size(20_000), size(10_000_000)
	if large > small+small/10 {
		t.Errorf("10 000 000 requests make a page of %d bytes, 20 000 one of %d", large, small)
	}
}

func BenchmarkRender(b *testing.B) {
	ladder := reportstest.Run()
	ladder.Baseline = reportstest.Baseline()
	for _, c := range []struct {
		name string
		run  bench.Run
	}{{"ladder of 13 stages", ladder}, {"attack of 20 000 requests", reportstest.AttackOf(20_000)},
		{"attack of 10 000 000 requests", reportstest.AttackOf(10_000_000)}, {"more than fits", heavy()}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				data, err := html.RenderBytes(c.run)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(data)), "page-bytes")
			}
		})
	}
}
