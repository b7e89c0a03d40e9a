package html_test

import (
	"context"
	"errors"
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
)

var screens = flag.String("screens", "", "write screenshots of the report to this directory")

// browser is one headless browser. Every test has a tab of its own in it.
type browser struct {
	ctx   context.Context
	dir   string
	slots chan struct{} // one for each tab that may be open
}

// TestInABrowser looks at the pages in a browser. To start one takes longer
// than most looks, so all share it, in two tabs at a time.
func TestInABrowser(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *browser)
	}{
		{"Looks", testLooks}, {"Mouse", testMouse}, {"LeavesMouse", testLeavesMouse}, {"ThemePaperAndLinks", testThemePaperAndLinks},
		{"LaysOutOnce", testLaysOutOnce}, {"AttackOnPaper", testAttackOnPaper}, {"LeavesOnPaper", testLeavesOnPaper},
		{"LongTables", testLongTables}, {"WithoutDecompression", testWithoutDecompression}, {"FirstPaint", testFirstPaint},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, b)
		})
	}
}

// start starts a headless browser, or skips the test.
func start(t *testing.T) *browser {
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
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	closed(ctx, t, cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return &browser{ctx: ctx, dir: t.TempDir(), slots: make(chan struct{}, 2)}
}

// closed closes a browser or a tab when its test ends.
func closed(ctx context.Context, t *testing.T, cancel context.CancelFunc) {
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close: %v", err)
		}
		cancel()
	})
}

// tab opens a tab without a network, and waits while two others are open. At
// the end, its pages must have been silent.
func (b *browser) tab(t *testing.T) context.Context {
	t.Helper()
	ctx := b.loudTab(t)
	heard := watch(ctx, t)
	t.Cleanup(func() {
		if list := heard.all(); len(list) > 0 {
			t.Errorf("the page is not silent: %v", list)
		}
	})
	return ctx
}

// loudTab is a tab whose pages may complain.
func (b *browser) loudTab(t *testing.T) context.Context {
	t.Helper()
	b.slots <- struct{}{}
	t.Cleanup(func() { <-b.slots })
	ctx, cancel := chromedp.NewContext(b.ctx)
	closed(ctx, t, cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, offline()); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	if ask[bool](ctx, t, `navigator.onLine`) {
		t.Fatal("the network is not off")
	}
	return ctx
}

// keep writes a page into a file and returns its URL.
func (b *browser) keep(t *testing.T, data []byte) string {
	t.Helper()
	f, err := os.CreateTemp(b.dir, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return "file://" + f.Name()
}

// render renders a run into a file and returns its URL.
func (b *browser) render(t *testing.T, run bench.Run) string {
	t.Helper()
	data, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	return b.keep(t, data)
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
		chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(time.Minute))); err != nil {
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
