package html_test

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"rung/reports/reportstest"
)

// A long table is made when it is opened, and holds every fact.
func testLongTables(t *testing.T, b *browser) {
	ctx := b.tab(t)
	run := sampled()
	if err := chromedp.Do(ctx, visit(b.render(t, run), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	const facts = `document.getElementById('facts-13-sharded-multi-dc')`
	if ask[bool](ctx, t, facts+`.querySelector('table') !== null`) {
		t.Error("the table is there before anybody asked for it")
	}
	ask[chromedp.Void](ctx, t, `document.getElementById('stage-13-sharded-multi-dc').open = true; `+facts+`.open = true`)
	wait(ctx, t, facts+`.querySelector('table') !== null`)
	stage := run.Stages[len(run.Stages)-1]
	if n := ask[int](ctx, t, facts+`.querySelectorAll('tbody tr').length`); n != len(stage.Facts) {
		t.Errorf("the table has %d rows for %d facts", n, len(stage.Facts))
	}
	for _, f := range stage.Facts {
		if !ask[bool](ctx, t, facts+`.textContent.includes('`+f.Name+`')`) {
			t.Errorf("the table does not say %s", f.Name)
		}
	}
	const estimates = `document.getElementById('estimates-01-single-server')`
	ask[chromedp.Void](ctx, t, `document.getElementById('stage-01-single-server').open = true; `+estimates+`.open = true`)
	wait(ctx, t, estimates+`.querySelector('table') !== null`)
	if n := ask[int](ctx, t, estimates+`.querySelectorAll('tbody tr:first-child td br').length`); n != 2 {
		t.Errorf("a calculation of three lines has %d breaks", n)
	}
}

// A browser that cannot unpack the charts shows their tables, and says so.
func testWithoutDecompression(t *testing.T, b *browser) {
	ctx := b.loudTab(t)
	if err := chromedp.Do(ctx, call(page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: `delete window.DecompressionStream`})); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, visit(b.render(t, reportstest.Partial()), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `!document.getElementById('undrawn').hidden`)
	if n := ask[int](ctx, t, `Array.from(document.querySelectorAll('.chart')).filter(c => c.getClientRects().length > 0).length`); n > 0 {
		t.Errorf("%d empty charts take room", n)
	}
	if n := ask[int](ctx, t, `document.querySelectorAll('figure table').length`); n < 10 {
		t.Errorf("only %d tables stand for the charts", n)
	}
}

// When the first paint comes is told, not judged: the machine of a test may be
// busy. It must come before the charts are drawn, which takes longer.
func testFirstPaint(t *testing.T, b *browser) {
	ctx := b.tab(t)
	if err := chromedp.Do(ctx, call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		new PerformanceObserver(list => { window.painted = list.getEntries()[0].startTime; }).observe({type: 'paint', buffered: true});
		new MutationObserver((list, self) => { if (document.querySelector('.chart svg')) { window.drawn = performance.now(); self.disconnect(); } })
			.observe(document, {childList: true, subtree: true});`})); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, visit(b.render(t, reportstest.Run()), 1280, "light")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `window.painted > 0 && window.drawn > 0`)
	painted, drawn := ask[float64](ctx, t, `window.painted`), ask[float64](ctx, t, `window.drawn`)
	t.Logf("first paint after %.0f ms, first chart after %.0f ms", painted, drawn)
	if painted > drawn {
		t.Error("the first paint waits for the charts")
	}
}
