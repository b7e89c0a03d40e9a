package html_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"rung/bench"
	"rung/reports/reportstest"
)

// axeRules is run by axe-core: every rule of WCAG 2.2 at the levels A and AA,
// and what is good practice. What a chart is drawn with is taken out: its place has
// the role of an image, which has no content for a reader, and its colours are
// those of the palette, which has a test of its own. It is almost half of a
// page's elements, which axe-core would look at even where it is to judge none.
const axeRules = `document.querySelectorAll('.chart').forEach(c => c.replaceChildren()); axe.run(document, {resultTypes: ['violations'], runOnly: %s}).then(r => JSON.stringify({
	passes: r.passes.length, violations: r.violations.map(v => ({id: v.id, help: v.help,
		nodes: v.nodes.slice(0, 3).map(n => n.target.join(' ') + ': ' + n.failureSummary)}))}))`

// everyRule and colourRule choose what is run. Dark differs from light in its
// colours alone, and all rules over all of a ladder take half a minute.
const (
	everyRule  = `{type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}`
	colourRule = `{type: 'rule', values: ['color-contrast', 'link-in-text-block']}`
)

// axe is the checker of the npm package axe-core 4.14.1, as it is.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("testdata/axe/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(script)
	if string(sums) != hex.EncodeToString(sum[:])+"  axe.min.js\n" {
		t.Fatalf("axe.min.js is %x, not what SHA256SUMS records", sum)
	}
	for _, name := range []string{"LICENSE", "LICENSE-3RD-PARTY.txt"} {
		if _, err := os.Stat("testdata/axe/" + name); err != nil {
			t.Errorf("the licence is missing: %v", err)
		}
	}
	return string(script)
}

func TestAxeIsTheRecordedOne(t *testing.T) {
	if script := axe(t); !strings.HasPrefix(script, "/*! axe v4.14.1\n") {
		t.Errorf("axe-core begins with %.40q", script)
	}
}

// disconnected cuts a page off. The command is not in the package: its makers
// replaced it by one that older browsers do not know.
type disconnected struct {
	Offline  bool    `json:"offline"`
	Latency  float64 `json:"latency"`
	Download float64 `json:"downloadThroughput"`
	Upload   float64 `json:"uploadThroughput"`
}

// offline cuts the network of the pages that follow.
func offline() chromedp.Action[chromedp.Void] {
	return chromedp.Steps(call(network.Enable, network.EnableParams{}),
		call(cdp.Command[disconnected, cdp.Empty]{Method: "Network.emulateNetworkConditions"}, disconnected{Offline: true}))
}

// violations runs axe-core over a page as it is now, and leaves it without the
// drawings of its charts.
func violations(ctx context.Context, t *testing.T, script, rules string) {
	t.Helper()
	ask[chromedp.Void](ctx, t, script)
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(axeRules, rules), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Passes     int `json:"passes"`
		Violations []struct {
			ID    string   `json:"id"`
			Help  string   `json:"help"`
			Nodes []string `json:"nodes"`
		} `json:"violations"`
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	if found.Passes == 0 {
		t.Fatal("no rule was run: the test is blind")
	}
	for _, v := range found.Violations {
		t.Errorf("%s: %s: %q", v.ID, v.Help, v.Nodes)
	}
}

// pages are one run of every kind.
func pages() map[string]bench.Run {
	ladder := reportstest.Run()
	ladder.Baseline = reportstest.Baseline()
	return map[string]bench.Run{"ladder": ladder, "partial": reportstest.Partial(), "attack": reportstest.Attack(),
		"capacity": reportstest.CapacityRun(), "replay": reportstest.Replay()}
}

// Paper is as wide as it is, shows everything, and has no barriers either.
func testAttackOnPaper(t *testing.T, b *browser) {
	script, ctx := axe(t), b.tab(t)
	if err := chromedp.Do(ctx, visit(b.render(t, reportstest.Attack()), 1280, "dark")); err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, `document.querySelector('.chart svg text') !== null`)
	ask[chromedp.Void](ctx, t, `window.dispatchEvent(new Event('beforeprint'))`)
	if !ask[bool](ctx, t, `Array.from(document.querySelectorAll('details')).every(d => d.open) && `+undrawn+`.length === 0`) {
		t.Error("paper does not show every folded part and chart")
	}
	if err := chromedp.Do(ctx, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}),
		chromedp.EmulateViewport(960, 700)); err != nil {
		t.Fatal(err)
	}
	if n := ask[int](ctx, t, overflow); n > 0 {
		t.Errorf("the page is %d pixels too wide for paper: %v", n, ask[[]string](ctx, t, wide))
	}
	violations(ctx, t, script, everyRule)
}
