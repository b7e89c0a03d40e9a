package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"rung/bench"
	"rung/reports"
)

// MaxPage is the budget of a page in bytes: it must open from a mail. A run
// that has more to show is shown in less detail.
const MaxPage = 2_000_000

// files are the page's own parts and the chart library, compressed.
//
//go:embed page assets/echarts.min.js.gz assets/SHA256SUMS
var files embed.FS

// page is everything that the template shows.
type page struct {
	Title    string
	Header   header
	Ladder   *table
	Sections []section
	Stages   []stagePart
	Method   method

	Policy  string
	Style   template.CSS
	Palette json.RawMessage
	// Library and Pack are compressed: the chart library, and the data that
	// only the script reads.
	Library template.HTML
	Pack    template.HTML
	Script  template.JS
}

// Render writes the report of a run as one HTML page. The same run gives the
// same bytes. A number that is not finite is an error. Nothing is written
// unless the whole page could be made.
func Render(w io.Writer, run bench.Run) error {
	data, err := RenderBytes(run)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// RenderBytes is Render into memory.
func RenderBytes(run bench.Run) ([]byte, error) {
	run, err := reports.Clean(run)
	if err != nil {
		return nil, fmt.Errorf("render report: %w", err)
	}
	tmpl, err := template.New("page.html").Funcs(template.FuncMap{"glyph": reports.Glyph}).ParseFS(files, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse page template: %w", err)
	}
	var b bytes.Buffer
	for i, l := range levels() {
		p, err := build(run, l)
		if err != nil {
			return nil, fmt.Errorf("render report: %w", err)
		}
		p.Method.Short = i > 0
		b.Reset()
		if err := tmpl.Execute(&b, p); err != nil {
			return nil, fmt.Errorf("render report: %w", err)
		}
		if b.Len() <= MaxPage {
			break
		}
	}
	return b.Bytes(), nil
}

// build makes the page's parts in reading order.
func build(run bench.Run, detail level) (page, error) {
	b := newBuilder(run, detail)
	p := page{Title: fmt.Sprintf("rung: %s, %s", plural(len(run.Stages), "stage"), instant(run.Started)),
		Header: b.header(), Ladder: b.ladder()}
	var err error
	if p.Sections, err = b.sections(); err != nil {
		return page{}, err
	}
	for i := range run.Stages {
		part, err := b.stagePart(i)
		if err != nil {
			return page{}, err
		}
		p.Stages = append(p.Stages, part)
	}
	p.Method = b.method()
	return p, p.furnish()
}

// furnish adds what the script needs, and the parts that are the same on
// every page.
func (p *page) furnish() error {
	library, err := files.ReadFile("assets/echarts.min.js.gz")
	if err != nil {
		return err
	}
	script, err := files.ReadFile("page/chart.js")
	if err != nil {
		return err
	}
	style, err := files.ReadFile("page/style.css")
	if err != nil {
		return err
	}
	if p.Palette, err = json.Marshal(map[string]theme{"light": light, "dark": dark}); err != nil {
		return err
	}
	if p.Pack, err = p.packed(); err != nil {
		return err
	}
	known, err := librarySum()
	if err != nil {
		return err
	}
	// Embedded files of this package, not data.
	p.Library, p.Script = inline(library), template.JS(script)
	p.Style = variables() + template.CSS(style)
	own := sha256.Sum256(script)
	p.Policy = policy(known, own[:])
	return nil
}
