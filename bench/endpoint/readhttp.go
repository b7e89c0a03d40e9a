package endpoint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	// maxFile is the largest target file, and maxLine its longest line, in
	// bytes.
	maxFile = 256 << 20
	maxLine = 32 << 20
	// maxHTTPLine is the longest line of the http format: bodies are files.
	maxHTTPLine = 64 << 10
)

// ReadHTTP reads targets in vegeta's http format: a line "METHOD URL", lines
// "Name: value", and a line "@file" with the file that holds the body. Lines
// of # are comments; a blank line, a body or the next METHOD URL ends a
// target. As in vegeta, a target that is written n times is sent n times as
// often. Open reads a body's file; nil means that there are none. Errors name
// the line.
func ReadHTTP(r io.Reader, open func(path string) ([]byte, error)) ([]Target, error) {
	p := &httpReader{open: open, bodies: map[string][]byte{}}
	lines := bufio.NewScanner(io.LimitReader(r, maxFile+1))
	lines.Buffer(nil, maxHTTPLine)
	read := 0
	for lines.Scan() {
		p.line++
		if read += len(lines.Bytes()) + 1; read > maxFile {
			return nil, fmt.Errorf("targets: the file is larger than %d bytes", maxFile)
		}
		if err := p.take(strings.TrimSpace(lines.Text())); err != nil {
			return nil, fmt.Errorf("targets: line %d: %w", p.line, err)
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("targets: line %d is longer than %d bytes", p.line+1, maxHTTPLine)
		}
		return nil, fmt.Errorf("targets: %w", err)
	}
	if err := p.end(); err != nil {
		return nil, fmt.Errorf("targets: line %d: %w", p.line, err)
	}
	if len(p.targets) == 0 {
		return nil, errors.New("targets: there are none: want lines such as GET http://127.0.0.1:8080/")
	}
	return p.targets, nil
}

// httpReader is the state between two lines.
type httpReader struct {
	open    func(string) ([]byte, error)
	line    int
	targets []Target
	// now is the target that is being read, from the line begun on; nil
	// between two.
	now   *Target
	begun int
	// bodies by file: many targets may send the same one.
	bodies map[string][]byte
	held   int
}

func (p *httpReader) take(line string) error {
	switch {
	case strings.HasPrefix(line, "#"):
		return nil
	case line == "":
		return p.end()
	case p.now == nil || startsTarget(line):
		return p.begin(line)
	case strings.HasPrefix(line, "@"):
		return p.body(strings.TrimSpace(line[1:]))
	}
	name, value, ok := strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || name == "" || value == "" {
		return fmt.Errorf("%.100q: want a header (Name: value), a body (@file), or a blank line before the next target", line)
	}
	p.now.Header[name] = append(p.now.Header[name], value)
	if err := checkHeader(p.now.Header); err != nil {
		return err
	}
	return nil
}

// startsTarget says whether a line begins with a word of capital letters, as
// vegeta tells a new target from a header.
func startsTarget(line string) bool {
	end := strings.IndexFunc(line, func(r rune) bool { return r < 'A' || r > 'Z' })
	return end > 0 && (line[end] == ' ' || line[end] == '\t')
}

func (p *httpReader) begin(line string) error {
	if err := p.end(); err != nil {
		return err
	}
	if len(p.targets) >= MaxTargets {
		return fmt.Errorf("too many targets: allowed are up to %d", MaxTargets)
	}
	method, address, ok := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	if !ok || !startsTarget(line) {
		return fmt.Errorf("%.100q: want METHOD URL, such as GET http://127.0.0.1:8080/", line)
	}
	t := Target{Method: method, URL: strings.TrimSpace(address), Header: http.Header{}, Weight: 1}
	if _, err := t.check(); err != nil {
		return err
	}
	p.now, p.begun = &t, p.line
	return nil
}

// body ends a target with what a file holds.
func (p *httpReader) body(path string) error {
	if path == "" {
		return errors.New("@ without the name of a file")
	}
	body, known := p.bodies[path]
	if !known {
		if p.open == nil {
			return fmt.Errorf("body file %q: bodies from files are not read here", path)
		}
		var err error
		if body, err = p.open(path); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		if p.held += len(body); len(body) > MaxBody || p.held > MaxBodies {
			return fmt.Errorf("body file %q: allowed are up to %d bytes, and %d of all bodies", path, MaxBody, MaxBodies)
		}
		p.bodies[path] = body
	}
	p.now.Body = body
	return p.end()
}

// end takes the target that was being read.
func (p *httpReader) end() error {
	if p.now == nil {
		return nil
	}
	t := *p.now
	p.now = nil
	if len(t.Header) == 0 {
		t.Header = nil
	}
	p.targets = append(p.targets, t)
	return nil
}

// Read reads targets in either of vegeta's formats: JSON when the first
// character that is no space is a brace, else http.
func Read(r io.Reader, open func(path string) ([]byte, error)) ([]Target, error) {
	in := bufio.NewReaderSize(r, 4096)
	for skipped := 0; ; skipped++ {
		head, err := in.Peek(skipped + 1)
		if err != nil || skipped >= 4000 {
			return ReadHTTP(in, open) // which says what is wrong with it
		}
		if !bytes.ContainsAny(head[skipped:], " \t\r\n\ufeff") {
			if head[skipped] == '{' {
				return ReadJSON(in)
			}
			return ReadHTTP(in, open)
		}
	}
}
