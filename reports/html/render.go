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

// page is everything that the template shows. What is empty is left out, so
// that one template serves every kind of page: fill Title, Header, Sections and
// Method, and take bytes.
type page struct {
	Title string
	// Brand is what stands beside the tool's name; empty means the ladder's.
	Brand  string
	Header header
	Ladder *table
	// Sections in reading order. Their charts and later tables are found and
	// packed by themselves.
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

// Contents are the parts of the page: an id and what it is called.
func (p *page) Contents() []pair {
	var out []pair
	if p.Ladder != nil {
		out = append(out, pair{Term: "ladder", Text: "The ladder"})
	}
	for _, s := range p.Sections {
		out = append(out, pair{Term: s.ID, Text: s.Title})
	}
	if len(p.Stages) > 0 {
		out = append(out, pair{Term: "stages", Text: "Stage by stage"})
	}
	return append(out, pair{Term: "method", Text: "Method and words"})
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
	var data []byte
	for i, l := range levels() {
		p, err := build(run, l)
		if err != nil {
			return nil, fmt.Errorf("render report: %w", err)
		}
		p.Method.Short = i > 0
		if data, err = p.bytes(); err != nil {
			return nil, fmt.Errorf("render report: %w", err)
		}
		if len(data) <= MaxPage {
			break
		}
	}
	return data, nil
}

// bytes is the page as HTML.
func (p *page) bytes() ([]byte, error) {
	if err := p.furnish(); err != nil {
		return nil, err
	}
	tmpl, err := template.New("page.html").Funcs(template.FuncMap{"glyph": reports.Glyph}).ParseFS(files, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse page template: %w", err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// build makes the page's parts in reading order.
func build(run bench.Run, detail level) (*page, error) {
	b := newBuilder(run, detail)
	p := &page{Title: b.title(), Header: b.header()}
	var err error
	if p.Sections, err = b.sections(); err != nil {
		return nil, err
	}
	p.Method = b.method()
	if run.Kind != bench.KindLadder {
		p.Brand = "a load test, measured"
		return p, nil
	}
	p.Ladder = b.ladder()
	for i := range run.Stages {
		part, err := b.stagePart(i)
		if err != nil {
			return nil, err
		}
		p.Stages = append(p.Stages, part)
	}
	return p, nil
}

// title is that of the window.
func (b *builder) title() string {
	if b.run.Kind != bench.KindLadder {
		return fmt.Sprintf("rung: %s, %s", reports.Attacked(b.run), instant(b.run.Started))
	}
	return fmt.Sprintf("rung: %s, %s", plural(len(b.run.Stages), "stage"), instant(b.run.Started))
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
