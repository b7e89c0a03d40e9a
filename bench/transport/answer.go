package transport

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// fewFields is how many header fields an answer has room for.
const fewFields = 8

// answer is a plain answer with what it needs, in one allocation.
type answer struct {
	response http.Response
	rest     sized
	body     body
	// values are the fields', of which each has a part. It is few's if they
	// fit.
	values []string
	few    [fewFields]string
}

// readPlain reads a plain answer's head: HTTP/1.1 with a Content-Length, in
// fields without anything unusual, all of which has arrived. It makes of it
// what http.ReadResponse does, with less than half of the allocations.
// Nil means that the answer is not plain; nothing was read then.
func readPlain(in *bufio.Reader, req *http.Request) *http.Response {
	if req.Method == http.MethodHead {
		return nil
	}
	arrived, err := in.Peek(in.Buffered())
	if err != nil {
		return nil
	}
	end := bytes.Index(arrived, []byte("\r\n\r\n"))
	if end < 0 || !printable(arrived[:end]) {
		return nil
	}
	a := parsePlain(string(arrived[:end]), req)
	if a == nil {
		return nil
	}
	_, _ = in.Discard(end + len("\r\n\r\n")) // it is there
	if a.response.ContentLength == 0 {
		a.response.Body = http.NoBody
		return &a.response
	}
	a.rest = sized{in: in, left: a.response.ContentLength}
	a.body.source = &a.rest
	a.response.Body = &a.body
	return &a.response
}

// printable reports whether lines hold nothing but ASCII that can be seen,
// blanks and tabs. All of them must end by CR LF.
func printable(lines []byte) bool {
	for i, c := range lines {
		switch {
		case c >= ' ' && c < 0x7f, c == '\t', c == '\r' && i+1 < len(lines) && lines[i+1] == '\n':
		case c == '\n' && i > 0 && lines[i-1] == '\r':
		default:
			return false
		}
	}
	return true
}

// parsePlain parses a head of printable lines, without the last line's end.
func parsePlain(head string, req *http.Request) *answer {
	line, fields, _ := strings.Cut(head, "\r\n")
	status, current := strings.CutPrefix(line, "HTTP/1.1 ")
	code := plainCode(status)
	if !current || code == 0 {
		return nil
	}
	count := strings.Count(fields, "\n") + 1
	a := &answer{response: http.Response{
		Status: status, StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, count), Request: req,
	}}
	if a.values = a.few[:]; count > fewFields {
		a.values = make([]string, count)
	}
	for len(fields) > 0 {
		line, fields, _ = strings.Cut(fields, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || !a.add(name, textproto.TrimString(value)) {
			return nil
		}
	}
	if a.response.Header["Content-Length"] == nil {
		return nil
	}
	return a
}

// plainCode is the code of "NNN" or "NNN reason" if that may have a body
// and is final, else 0.
func plainCode(status string) int {
	if len(status) < 3 || len(status) > 3 && status[3] != ' ' {
		return 0
	}
	code, err := strconv.ParseUint(status[:3], 10, 16)
	if err != nil || code < 200 || code == http.StatusNoContent || code == http.StatusNotModified {
		return 0
	}
	return int(code)
}

// add adds a field. False means that it makes the answer one that is not
// plain.
func (a *answer) add(name, value string) bool {
	name, ok := plainName(name)
	if !ok {
		return false
	}
	header := a.response.Header
	switch name {
	case "Content-Length":
		length, err := strconv.ParseUint(value, 10, 63)
		if err != nil || header[name] != nil {
			return false
		}
		a.response.ContentLength = int64(length)
	case "Transfer-Encoding", "Trailer", "Pragma":
		return false
	case "Connection":
		if hasToken([]string{value}, "close") {
			return false
		}
	}
	if values := header[name]; values != nil {
		header[name] = append(values, value)
		return true
	}
	a.values[0] = value
	header[name], a.values = a.values[:1:1], a.values[1:]
	return true
}

// plainName returns the canonical form of a field's name, if that has only
// letters, digits, "-" and "_".
func plainName(name string) (string, bool) {
	canonical, first := true, true
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			canonical = canonical && !first
		case c >= 'A' && c <= 'Z':
			canonical = canonical && first
		case c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return "", false
		}
		first = name[i] == '-'
	}
	if !canonical {
		name = textproto.CanonicalMIMEHeaderKey(name)
	}
	return name, name != ""
}

// sized is a body of known length.
type sized struct {
	in   io.Reader
	left int64
}

// Read implements io.Reader. It gives the last bytes together with io.EOF.
func (s *sized) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, io.EOF
	}
	n, err := s.in.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	switch {
	case s.left == 0 && err == nil:
		err = io.EOF
	case s.left > 0 && err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
