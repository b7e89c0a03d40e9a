package html_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// writeLeaf keeps a page in a file and returns its URL.
func writeLeaf(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// Every page draws all its charts at any width, in light and dark, without a
// word to the console, a request, a barrier, or a sideways scroll.
func TestLeavesInABrowser(t *testing.T) {
	ctx := browser(t)
	script := axe(t)
	heard := watch(ctx, t)
	pages := leaves(t)
	for name, data := range hostileLeaves(t) {
		pages["hostile-"+name] = data
	}
	for name, data := range pages {
		url := writeLeaf(t, data)
		hostile := strings.HasPrefix(name, "hostile-")
		for _, c := range []struct {
			width int64
			theme string
		}{{390, "light"}, {1280, "dark"}, {390, "dark"}, {1280, "light"}} {
			if hostile && c.width > 390 || (hostile || *screens == "") && (c.width == 390) == (c.theme == "dark") {
				continue
			}
			t.Run(fmt.Sprintf("%s-%d-%s", name, c.width, c.theme), func(t *testing.T) {
				if err := chromedp.Do(ctx, visit(url, c.width, c.theme)); err != nil {
					t.Fatal(err)
				}
				wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
				capture(ctx, t, "folded")
				ask[chromedp.Void](ctx, t, unfold)
				wait(ctx, t, undrawn+`.length === 0`)
				if n := ask[int](ctx, t, `document.querySelectorAll('.chart').length`); n == 0 {
					t.Errorf("the page has %d charts", n)
				}
				if n := ask[int](ctx, t, overflow); n > 0 {
					t.Errorf("the page scrolls sideways by %d pixels: %v", n, ask[[]string](ctx, t, wide))
				}
				if ask[bool](ctx, t, `Boolean(window.owned)`) {
					t.Error("text ran as script")
				}
				if !hostile {
					violations(ctx, t, script, everyRule)
				}
				capture(ctx, t, "unfolded")
			})
		}
	}
	if list := heard.all(); len(list) > 0 {
		t.Errorf("the pages are not silent: %v", list)
	}
}

func TestLeavesAnswerTheMouse(t *testing.T) {
	ctx := browser(t)
	heard := watch(ctx, t)
	pages := leaves(t)
	for _, c := range []struct{ page, figure, want string }{
		{"numbers", "figure-numbers-disk", "a sync may not reach a disk"},
		{"compare", "figure-changes-02-separate-database", "bootstrap over windows"},
		{"compare", "figure-tails-02-separate-database", "were faster"},
		{"compare-overview", "figure-tails-01-single-server", "runs/c"},
		{"compare-overview", "figure-capacities", "runs/e"},
	} {
		if err := chromedp.Do(ctx, visit(writeLeaf(t, pages[c.page]), 1280, "light")); err != nil {
			t.Fatal(err)
		}
		wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
		wait(ctx, t, fmt.Sprintf(hover, c.figure, c.want))
	}
	if list := heard.all(); len(list) > 0 {
		t.Errorf("the pages are not silent: %v", list)
	}
}

// Paper is as wide as it is, and shows what is folded.
func TestLeavesOnPaper(t *testing.T) {
	ctx := browser(t)
	for name, data := range leaves(t) {
		if err := chromedp.Do(ctx, visit(writeLeaf(t, data), 1280, "dark")); err != nil {
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
