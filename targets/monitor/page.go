package monitor

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
)

//go:embed page.html
var pageText string

// pagePolicy forbids all that the page does not have.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// field is one of the form's. Options make it a choice.
type field struct {
	Name, Value, Hint string
	Options           []string
}

// row is a line on the page.
type row struct {
	Time, Level, Node, Role, Message, Trace, Text string
}

type view struct {
	Role    string
	Fields  []field
	Error   string
	Matched int
	Cut     bool
	Rows    []row
	Kept    int64
}

// page answers GET /: the last lines that a search finds, and a form to search
// with. What it shows comes from anywhere; the template escapes it.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := view{Role: s.config.Role, Fields: fields(query)}
	status := http.StatusOK
	f, err := ParseFilter(query, s.config.Now())
	if err != nil {
		v.Error, status = err.Error(), http.StatusBadRequest
	} else if answer, err := s.look(r.Context(), f); err != nil {
		w.Header().Set("Retry-After", "1")
		v.Error, status = err.Error(), http.StatusServiceUnavailable
	} else {
		v.Matched, v.Cut, v.Rows = answer.matched, answer.cut, rows(answer.lines)
	}
	s.mu.Lock()
	v.Kept = s.journal.lines
	s.mu.Unlock()

	var out bytes.Buffer
	if err := s.layout.Execute(&out, v); err != nil {
		s.config.Log.Error("page", "error", err.Error())
		http.Error(w, "the page has an error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // a failed write means that the client has gone
}

// fields are the form as the reader filled it in.
func fields(query url.Values) []field {
	out := []field{
		{Name: "request", Hint: "request id"}, {Name: "trace", Hint: "32 hexadecimal digits"}, {Name: "node"}, {Name: "role"},
		{Name: "level", Options: []string{"", "DEBUG", "INFO", "WARN", "ERROR"}}, {Name: "msg"}, {Name: "text", Hint: "any part of a line"},
		{Name: "since", Hint: "30s ago, or a time"}, {Name: "until"}, {Name: "limit", Hint: fmt.Sprint(defaultLimit)},
		{Name: "order", Options: []string{"newest", "oldest"}},
	}
	for i := range out {
		out[i].Value = query.Get(out[i].Name)
	}
	return out
}

func rows(lines [][]byte) []row {
	out := make([]row, 0, len(lines))
	for _, text := range lines {
		l, err := parseLine(text)
		if err != nil {
			continue // what was kept could be parsed
		}
		r := row{Time: l.Time, Level: levelName(l.severity()), Node: l.Node, Role: l.Role, Message: l.Message, Text: string(text)}
		if id := l.trace(); id != [16]byte{} {
			r.Trace = hex.EncodeToString(id[:])
		}
		out = append(out, r)
	}
	return out
}
