package html

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"strings"
)

// pack is what only the page's script reads: the charts, and the tables that
// are made when somebody opens them. It is compressed, because its parts repeat
// one another and are most of what a run has to say.
type pack struct {
	// Charts by the id of their figure.
	Charts map[string]json.RawMessage `json:"charts"`
	// Tables by the id of the element that they are shown in.
	Tables map[string]deferred `json:"tables"`
}

// deferred is a table that the script makes: its heads, which of them are of
// numbers, and its cells: a text, or a list of lines.
type deferred struct {
	Caption string   `json:"caption"`
	Heads   []string `json:"heads"`
	Class   string   `json:"class"`
	Rows    [][]any  `json:"rows"`
}

// later is the place of a table that the script makes, and where its data is in
// run.json.
type later struct {
	ID, Caption, Where string
	table              deferred
}

// postpone turns a table into one that the script makes. Links and second lines
// of cells have no place there.
func postpone(id, where string, t *table) *later {
	out := &later{ID: id, Caption: t.Caption, Where: where, table: deferred{Caption: t.Caption, Class: t.Class()}}
	for _, c := range t.Columns {
		out.table.Heads = append(out.table.Heads, c.Head)
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, c := range row {
			if cells[i] = c.Text; len(c.Lines) > 0 {
				cells[i] = c.Lines
			}
		}
		out.table.Rows = append(out.table.Rows, cells)
	}
	return out
}

// packed gathers what the script needs of the page.
func (p *page) packed() (template.HTML, error) {
	out := pack{Charts: map[string]json.RawMessage{}, Tables: map[string]deferred{}}
	take := func(all []figure) {
		for _, f := range all {
			if f.Block != nil {
				out.Charts[f.ID] = f.Block
			}
		}
	}
	for _, s := range p.Sections {
		take(s.Figures)
		take(s.Panels)
		for _, g := range s.Groups {
			take(g.Figures)
		}
	}
	for _, s := range p.Stages {
		for _, g := range s.Groups {
			take(g.Figures)
			if g.Later != nil {
				out.Tables[g.Later.ID] = g.Later.table
			}
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("encode charts: %w", err)
	}
	small, err := compressed(data)
	if err != nil {
		return "", fmt.Errorf("compress charts: %w", err)
	}
	return inline(small), nil
}

// compressed is data as gzip, the same bytes each time.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// inline is binary data as text of the page. Base64 has no markup.
func inline(data []byte) template.HTML {
	return template.HTML(base64.StdEncoding.EncodeToString(data))
}

// librarySum is the recorded SHA-256 of the chart library. The page's policy
// lets nothing else run under its name.
func librarySum() ([]byte, error) {
	sums, err := files.ReadFile("assets/SHA256SUMS")
	if err != nil {
		return nil, err
	}
	text, _, _ := strings.Cut(string(sums), " ")
	sum, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("checksum of the chart library: %w", err)
	}
	return sum, nil
}
