package html_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func testLeavesMouse(t *testing.T, b *browser) {
	ctx := b.tab(t)
	pages := leaves(t)
	for _, c := range []struct{ page, figure, want string }{
		{"numbers", "figure-numbers-disk", "a sync may not reach a disk"},
		{"compare", "figure-changes-02-separate-database", "bootstrap over windows"},
		{"compare", "figure-tails-02-separate-database", "were faster"},
		{"compare-overview", "figure-tails-01-single-server", "runs/c"},
		{"compare-overview", "figure-capacities", "runs/e"},
	} {
		if err := chromedp.Do(ctx, visit(b.keep(t, pages[c.page]), 1280, "light")); err != nil {
			t.Fatal(err)
		}
		wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
		wait(ctx, t, fmt.Sprintf(hover, c.figure, c.want))
	}
}

// Paper is as wide as it is, and shows what is folded.
func testLeavesOnPaper(t *testing.T, b *browser) {
	ctx := b.tab(t)
	for name, data := range leaves(t) {
		if err := chromedp.Do(ctx, visit(b.keep(t, data), 1280, "dark")); err != nil {
			t.Fatal(err)
		}
		wait(ctx, t, undrawn+`.length === 0`)
		ask[chromedp.Void](ctx, t, `window.dispatchEvent(new Event('beforeprint'))`)
		wait(ctx, t, `Array.from(document.querySelectorAll('details')).every(d => d.open) && `+undrawn+`.length === 0`)
		if err := chromedp.Do(ctx, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}),
			chromedp.EmulateViewport(960, 700)); err != nil {
			t.Fatal(err)
		}
		// The browser lays the page out anew in its own time.
		wait(ctx, t, overflow+` <= 0`)
		if t.Failed() {
			t.Fatalf("%s is wider than paper, or hides something: %v", name, ask[[]string](ctx, t, wide))
		}
	}
}
