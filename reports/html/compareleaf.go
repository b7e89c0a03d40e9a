package html

import (
	"bytes"
	"fmt"
	"html/template"

	"rung/reports"
)

// leaf is a page beside the report: one question, its answer in the first
// sentence, and the evidence. It has the report's shell (style, script, policy)
// and its own words about method and origin. Fill Title, Brand, Sections and
// Method of the page, and the rest here.
type leaf struct {
	page
	Headline string
	Lead     []string
	// Warnings stand above all numbers: they say what speaks against them.
	Warnings []string
	// About are facts of the whole page, Machines how sets were measured.
	About    []pair
	Machines []machine
	// Origin says what the page was made from.
	Origin string
}

// machine is how one machine was measured.
type machine struct {
	Title string
	Facts []pair
}

// leafStyle is what these pages have beyond the report's style.
const leafStyle template.CSS = `
@media screen{
.leaf table{min-width:min(100%,44rem)}
.leaf tbody th{white-space:normal;min-width:9rem;max-width:17rem}
.leaf td:last-child{min-width:16rem}
.leaf td:has(br){min-width:26rem}
}
@media print{.leaf .panels{grid-template-columns:1fr}}
.leaf .about.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
.leaf .about dd{overflow-wrap:anywhere}
`

// foremost is how many warnings are not folded.
const foremost = 6

// Foremost are the warnings that are seen at once, Further the others.
func (l *leaf) Foremost() []string { return l.Warnings[:min(len(l.Warnings), foremost)] }

// Further are the warnings that are folded.
func (l *leaf) Further() []string { return l.Warnings[min(len(l.Warnings), foremost):] }

// Contents are the parts of the page: an id and what it is called.
func (l *leaf) Contents() []pair {
	var out []pair
	for _, s := range l.Sections {
		out = append(out, pair{Term: s.ID, Text: s.Title})
	}
	if len(l.Machines) > 0 {
		out = append(out, pair{Term: "machines", Text: "How it was measured"})
	}
	return append(out, pair{Term: "method", Text: "Method and words"})
}

// bytes is the page as HTML, by the template of a name.
func (l *leaf) bytes(name string) ([]byte, error) {
	if err := l.furnish(); err != nil {
		return nil, err
	}
	l.Style += leafStyle
	tmpl, err := template.New(name).Funcs(template.FuncMap{"glyph": reports.Glyph}).ParseFS(files, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse page template: %w", err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, l); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// fitting makes a page in as much detail as its budget allows.
func fitting(make func(level) (*leaf, error)) (data []byte, err error) {
	for _, l := range levels() {
		out, err := make(l)
		if err != nil {
			return nil, err
		}
		if data, err = out.bytes("compare.html"); err != nil {
			return nil, err
		}
		if len(data) <= MaxPage {
			break
		}
	}
	return data, nil
}
