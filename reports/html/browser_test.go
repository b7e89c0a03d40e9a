package html_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"rung/bench"
	"rung/reports/html"
	"rung/reports/reportstest"
)

var screens = flag.String("screens", "", "write screenshots of the report to this directory")

// browser starts a headless browser for one test, or skips it.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("NOT TESTED IN A BROWSER: -short")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("NOT TESTED IN A BROWSER: no chromium is installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(t.TempDir()),
		// A proxy that does not exist: nothing leaves the machine.
		chromedp.ProxyServer("127.0.0.1:1"))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close browser: %v", err)
		}
		cancel()
	})
	return ctx
}

// trouble collects what a page complains about or asks the network for.
type trouble struct {
	mu   sync.Mutex
	list []string
}

func (c *trouble) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func (c *trouble) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.list...)
}

// watch listens for console messages, exceptions and requests.
func watch(ctx context.Context, t *testing.T) *trouble {
	t.Helper()
	c := &trouble{}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			for _, a := range e.Args {
				c.add("console: %s %s", a.Value, a.Description)
			}
		case *runtime.EventExceptionThrown:
			c.add("exception: %+v", e.ExceptionDetails)
		case *log.EventEntryAdded:
			c.add("log: %s %s", e.Entry.Text, e.Entry.URL)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://") && !strings.HasPrefix(e.Request.URL, "data:") {
				c.add("request: %s", e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write renders a run into a file and returns its URL.
func write(t *testing.T, run bench.Run) string {
	t.Helper()
	data, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// call sends one command of the protocol.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// scheme asks for light or dark.
func scheme(value string) chromedp.Action[chromedp.Void] {
	return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
}

// visit opens a page at a width, in light or dark.
func visit(url string, width int64, theme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(scheme(theme), chromedp.EmulateViewport(width, 900), chromedp.Navigate(url))
}

// ask evaluates an expression in the page.
func ask[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression is true in the page.
func wait(ctx context.Context, t *testing.T, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression,
		chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		t.Errorf("waiting for %s: %v", expression, err)
	}
}

// unfold opens every folded part; charts in it are drawn when they get their
// width, so the empty ones are waited for.
const unfold = `document.querySelectorAll('details').forEach(d => { d.open = true; })`

const undrawn = `Array.from(document.querySelectorAll('.chart')).filter(c => {
	const svg = c.querySelector('svg');
	return !svg || svg.querySelectorAll('path, text').length < 4;
}).map(c => c.closest('figure').id)`

// quiet says that a chart shows nothing but its drawing.
const quiet = `(() => {
	const chart = document.querySelector('#%s .chart');
	return chart.textContent === chart.querySelector('svg').parentNode.textContent;
})()`

// hover moves the mouse over all of a chart and says whether its tooltip ever
// said something.
const hover = `(() => {
	const chart = document.querySelector('#%s .chart'), root = chart.querySelector('svg').parentNode, box = root.getBoundingClientRect();
	for (let x = 0.2; x < 0.95; x += 0.01) {
		for (let y = 0.05; y < 0.8; y += 0.02) {
			root.dispatchEvent(new MouseEvent('mousemove', {bubbles: true, view: window,
				clientX: box.left + box.width * x, clientY: box.top + box.height * y}));
			if (chart.textContent.replace(root.textContent, '').includes('%s')) { return true; }
		}
	}
	return false;
})()`

// wide lists what reaches beyond the right edge.
const wide = `Array.from(document.querySelectorAll('body *')).filter(e => !e.closest("svg g") && e.getBoundingClientRect().right > innerWidth + 1)
	.slice(0, 9).map(e => e.tagName + '.' + e.getAttribute('class') + ' ' + (e.closest('[id]') || {}).id + ' ' + e.textContent.slice(0, 60))`

const overflow = `document.documentElement.scrollWidth - document.documentElement.clientWidth`

func TestPageInABrowser(t *testing.T) {
	runs := map[string]bench.Run{"whole": reportstest.Run(), "partial": reportstest.Partial(), "hostile": hostileRun(t),
		"empty": {Schema: bench.Schema}}
	cases := []struct {
		run   string
		width int64
		theme string
	}{
		{"whole", 390, "light"}, {"whole", 1280, "dark"}, {"partial", 1280, "light"}, {"hostile", 390, "light"},
		{"empty", 390, "light"},
	}
	if *screens != "" {
		cases = append(cases, cases[0], cases[1])
		cases[len(cases)-2].theme, cases[len(cases)-1].theme = "dark", "light"
	}
	ctx := browser(t)
	heard := watch(ctx, t)
	urls := map[string]string{}
	for name, run := range runs {
		urls[name] = write(t, run)
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s-%d-%s", c.run, c.width, c.theme), func(t *testing.T) {
			if err := chromedp.Do(ctx, visit(urls[c.run], c.width, c.theme)); err != nil {
				t.Fatal(err)
			}
			capture(ctx, t, "folded")
			ask[chromedp.Void](ctx, t, unfold)
			wait(ctx, t, undrawn+`.length === 0`)
			if n := ask[int](ctx, t, `document.querySelectorAll('.chart').length`); (n == 0) != (len(runs[c.run].Stages) == 0) {
				t.Errorf("the page has %d charts", n)
			}
			if n := ask[int](ctx, t, overflow); n > 0 {
				t.Errorf("the page scrolls sideways by %d pixels: %v", n, ask[[]string](ctx, t, wide))
			}
			if c.run == "whole" && c.width >= 1280 && ask[bool](ctx, t, `(e => e.scrollWidth > e.clientWidth)(document.querySelector('#ladder .scroll'))`) {
				t.Error("the ladder does not fit in one look")
			}
			if ask[bool](ctx, t, `Boolean(window.owned)`) {
				t.Error("text of the run ran as script")
			}
			capture(ctx, t, "unfolded")
		})
	}
	if list := heard.all(); len(list) > 0 {
		t.Errorf("the page is not silent: %v", list)
	}
}

// capture writes a screenshot of the whole page when asked for.
func capture(ctx context.Context, t *testing.T, state string) {
	t.Helper()
	if *screens == "" {
		return
	}
	wait(ctx, t, `Array.from(document.querySelectorAll('.chart')).every(c => c.closest('details:not([open])') || c.querySelector('svg path'))`)
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Logf("no screenshot %s: %v", state, err) // an unfolded page can be too long for one
		return
	}
	if err := os.WriteFile(filepath.Join(*screens, filepath.Base(t.Name())+"-"+state+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPageAnswersTheMouse(t *testing.T) {
	ctx := browser(t)
	heard := watch(ctx, t)
	if err := chromedp.Do(ctx, visit(write(t, reportstest.Run()), 1280, "light")); err != nil {
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
	if list := heard.all(); len(list) > 0 {
		t.Errorf("the page is not silent: %v", list)
	}
}

func TestPageFollowsThemePaperAndLinks(t *testing.T) {
	ctx := browser(t)
	heard := watch(ctx, t)
	run := reportstest.Run()
	run.Stages = run.Stages[:4] // all of them make many sheets
	if err := chromedp.Do(ctx, visit(write(t, run), 1280, "light")); err != nil {
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
	if list := heard.all(); len(list) > 0 {
		t.Errorf("the page is not silent: %v", list)
	}
}
