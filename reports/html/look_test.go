package html_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rung/bench"
	"rung/reports/html"
	"rung/reports/reportstest"
)

// look is one page at a width, in light or dark, and what axe-core is to check.
type look struct {
	page         string
	width        int64
	theme, rules string
}

// sampled are stages of the ladder that together have every kind of section.
func sampled() bench.Run {
	run := reportstest.Run()
	run.Baseline = reportstest.Baseline()
	run.Stages = []bench.StageResult{run.Stages[0], run.Stages[4], run.Stages[12]}
	return run
}

// What is checked at the other widths has every section of the whole ladder.
func TestSampleHasEverySection(t *testing.T) {
	whole := reportstest.Run()
	whole.Baseline = reportstest.Baseline()
	of := func(run bench.Run) (out []string) {
		for _, m := range sections.FindAllStringSubmatch(scripts.ReplaceAllString(string(bare(t, run)), ""), -1) {
			out = append(out, m[1])
		}
		return out
	}
	all, some := of(whole), of(sampled())
	if len(all) < 8 || !slices.Equal(all, some) {
		t.Errorf("the ladder has the sections %v, the sample %v", all, some)
	}
}

// everyPage are the pages of all kinds.
func everyPage(t *testing.T) map[string][]byte {
	t.Helper()
	out := leaves(t)
	for name, data := range hostileLeaves(t) {
		out["hostile-"+name] = data
	}
	runs := pages()
	runs["sample"], runs["hostile"], runs["empty"] = sampled(), hostileRun(t), bench.Run{Schema: bench.Schema}
	for name, run := range runs {
		data, err := html.RenderBytes(run)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = data
	}
	return out
}

// looks has every page at least once at each width, and in each theme if its
// parts are not those of another. All rules over all of a ladder take long, and
// dark differs from light in its colours alone.
func looks() []look {
	return []look{
		{"ladder", 1280, "light", everyRule}, {"ladder", 1280, "dark", colourRule}, {"ladder", 390, "light", ""},
		{"sample", 390, "light", everyRule}, {"sample", 390, "dark", colourRule},
		{"partial", 1280, "light", everyRule}, {"partial", 1280, "dark", everyRule},
		{"attack", 1280, "light", everyRule}, {"attack", 1280, "dark", everyRule}, {"attack", 390, "light", everyRule},
		{"capacity", 1280, "light", everyRule}, {"replay", 1280, "light", everyRule}, {"empty", 390, "light", everyRule},
		{"compare", 390, "light", everyRule}, {"compare", 1280, "dark", everyRule},
		{"compare-overview", 390, "light", everyRule}, {"compare-overview", 1280, "dark", everyRule},
		{"numbers", 390, "light", everyRule}, {"numbers", 1280, "dark", everyRule},
		{"hostile", 390, "light", ""}, {"hostile-compare", 390, "light", ""}, {"hostile-overview", 390, "light", ""},
		{"hostile-numbers", 390, "light", ""},
	}
}

// A page draws all its charts at any width, in light and dark, with everything
// unfolded and no network; it does not scroll sideways, runs no text of its
// data, has no barrier that axe-core knows, and does not say a word to the
// console or ask for anything.
func testLooks(t *testing.T, b *browser) {
	script, urls, seen := axe(t), map[string]string{}, map[string]bool{}
	for name, data := range everyPage(t) {
		urls[name] = b.keep(t, data)
	}
	for _, l := range looks() {
		seen[l.page] = true
		if urls[l.page] == "" {
			t.Errorf("there is no page %s", l.page)
			continue
		}
		themes := []string{l.theme}
		if *screens != "" {
			themes = []string{"light", "dark"}
		}
		for _, theme := range themes {
			l.theme = theme
			t.Run(fmt.Sprintf("%s-%d-%s", l.page, l.width, l.theme), func(t *testing.T) {
				t.Parallel()
				ctx := b.tab(t)
				at(ctx, t, urls[l.page], l)
				if l.rules != "" {
					violations(ctx, t, script, l.rules)
				}
			})
		}
	}
	for name := range urls {
		if !seen[name] {
			t.Errorf("nobody looks at the page %s", name)
		}
	}
}

// at opens and unfolds a page and checks what it looks like.
func at(ctx context.Context, t *testing.T, url string, l look) {
	t.Helper()
	if err := chromedp.Do(ctx, visit(url, l.width, l.theme)); err != nil {
		t.Fatal(err)
	}
	if l.page != "empty" {
		wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	}
	capture(ctx, t, "folded")
	ask[chromedp.Void](ctx, t, unfold)
	wait(ctx, t, undrawn+`.length === 0`)
	if n := ask[int](ctx, t, `document.querySelectorAll('.chart').length`); (n == 0) != (l.page == "empty") {
		t.Errorf("the page has %d charts", n)
	}
	if n := ask[int](ctx, t, overflow); n > 0 {
		t.Errorf("the page scrolls sideways by %d pixels: %v", n, ask[[]string](ctx, t, wide))
	}
	if l.page == "ladder" && l.width >= 1280 && ask[bool](ctx, t, `(e => e.scrollWidth > e.clientWidth)(document.querySelector('#ladder .scroll'))`) {
		t.Error("the ladder does not fit in one look")
	}
	if ask[bool](ctx, t, `Boolean(window.owned)`) {
		t.Error("text of the run ran as script")
	}
	if strings.HasPrefix(l.page, "hostile") && !ask[bool](ctx, t, `document.body.textContent.includes('window.owned')`) {
		t.Error("no attack reached the page: nothing is tested")
	}
	capture(ctx, t, "unfolded")
}
