package html_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"rung/reports/reportstest"
)

func testMouse(t *testing.T, b *browser) {
	ctx := b.tab(t)
	if err := chromedp.Do(ctx, visit(b.render(t, reportstest.Run()), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	for figure, want := range map[string]string{"figure-capacity": "215",
		"figure-percentiles-02-separate-database": "were faster",
		"figure-kill-01-single-server-server":     "planned", "figure-time-p99": "web-queue",
		"figure-05-database-replication-write-latency": "n 412", "figure-06-cache-hit-ratio": "lru, by Che (estimate)",
		"figure-06-cache-stampede": "reads are shared", "figure-11-observability-healed": "answered", "figure-10-message-queue-drain-2": "fluid model", "figure-07-cdn-transfer": "$84.2", "figure-recovery": "convergence"} {
		if !ask[bool](ctx, t, fmt.Sprintf(quiet, figure)) {
			t.Errorf("%s has a tooltip before the mouse came", figure)
		}
		wait(ctx, t, fmt.Sprintf(hover, figure, want))
	}
}

func testThemePaperAndLinks(t *testing.T, b *browser) {
	ctx := b.tab(t)
	run := reportstest.Run()
	run.Stages = run.Stages[:4] // all of them make many sheets
	if err := chromedp.Do(ctx, visit(b.render(t, run), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	const ink = `document.querySelector('.chart svg text').getAttribute('fill')`
	wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	light := ask[string](ctx, t, ink)
	if err := chromedp.Do(ctx, scheme("dark")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, ink+` !== "`+light+`"`)
	ask[chromedp.Void](ctx, t, `window.dispatchEvent(new Event('beforeprint'))`)
	if paper := ask[string](ctx, t, ink); paper != light {
		t.Errorf("text of charts is %s on paper and %s in light", paper, light)
	}
	if !ask[bool](ctx, t, `Array.from(document.querySelectorAll('details')).every(d => d.open) && `+undrawn+`.length === 0`) {
		t.Error("paper does not show every folded part and chart")
	}
	if err := chromedp.Do(ctx, call(emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Media: "print"}), chromedp.EmulateViewport(960, 700)); err != nil {
		t.Fatal(err)
	}
	if n := ask[int](ctx, t, overflow); n > 0 {
		t.Errorf("the page is %d pixels too wide for paper: %v", n, ask[[]string](ctx, t, wide))
	}
	capture(ctx, t, "paper")
	if err := chromedp.Do(ctx, scheme("dark"), chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	ask[chromedp.Void](ctx, t, `window.dispatchEvent(new Event('afterprint'))`)
	pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	if err != nil {
		t.Fatal(err)
	}
	if *screens != "" {
		if err := os.WriteFile(filepath.Join(*screens, "paper.pdf"), pdf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const open = `document.getElementById('stage-02-separate-database').open`
	if ask[bool](ctx, t, open) {
		t.Error("a stage is not folded again after printing")
	}
	ask[string](ctx, t, `location.hash = '#figure-times-02-separate-database'`)
	wait(ctx, t, open)
}

// A page that is drawn anew, for another theme or for paper, is laid out once
// for each chart, for its tooltip, and not again for what the page knows.
func testLaysOutOnce(t *testing.T, b *browser) {
	ctx := b.tab(t)
	run := reportstest.Run()
	run.Stages = run.Stages[:3]
	if err := chromedp.Do(ctx, call(performance.Enable, performance.EnableParams{}), visit(b.render(t, run), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	ask[chromedp.Void](ctx, t, unfold)
	wait(ctx, t, undrawn+`.length === 0`)
	const ink = `document.querySelector('.chart svg text').getAttribute('fill')`
	charts, light := ask[int](ctx, t, `document.querySelectorAll('.chart').length`), ask[string](ctx, t, ink)
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"another theme", func() {
			if err := chromedp.Do(ctx, scheme("dark")); err != nil {
				t.Fatal(err)
			}
			wait(ctx, t, ink+` !== "`+light+`"`)
		}},
		{"paper", func() { ask[chromedp.Void](ctx, t, `window.dispatchEvent(new Event('beforeprint'))`) }},
	} {
		before := layouts(ctx, t)
		c.do()
		n := layouts(ctx, t) - before
		t.Logf("%s: %d charts, %.0f layouts", c.name, charts, n)
		if n == 0 || n > 1.5*float64(charts) {
			t.Errorf("%s: %d charts are drawn with %.0f layouts of the page", c.name, charts, n)
		}
	}
}

// layouts is how often the page was laid out.
func layouts(ctx context.Context, t *testing.T) float64 {
	t.Helper()
	got, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (performance.GetMetricsResult, error) {
		return cdp.Call(ctx, target, performance.GetMetrics, cdp.Empty{})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Metrics {
		if m.Name == "LayoutCount" {
			return m.Value
		}
	}
	t.Fatal("the browser does not count its layouts")
	return 0
}
