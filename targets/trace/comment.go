package trace

import (
	"net/url"
	"strings"
)

// commentBytes bounds the comment that FromComment reads: ours has at most
// 500, and other tools put some fields of their own beside it.
const commentBytes = 4096

// The fields of the comment, in alphabetical order as sqlcommenter asks.
const (
	fieldRequest = "request_id"
	fieldParent  = "traceparent"
)

// Comment is what goes behind a SQL statement, a space in front:
//
//	/*request_id='..',traceparent='..'*/
//
// Values are URL-encoded, so nothing in a request id can end the comment, the
// quote or open another comment. A request id that is not Named is left out,
// and the zero Context has no comment.
func (c Context) Comment() string {
	if !c.valid() {
		return ""
	}
	var b strings.Builder
	b.WriteString(" /*")
	if Named(c.Request) {
		b.WriteString(fieldRequest + "='")
		// Escape, but as in a path: sqlcommenter writes a space as %20.
		b.WriteString(strings.ReplaceAll(url.QueryEscape(c.Request), "+", "%20"))
		b.WriteString("',")
	}
	b.WriteString(fieldParent + "='")
	b.WriteString(c.String())
	b.WriteString("'*/")
	return b.String()
}

// FromComment reads the comment that ends a statement, with fields of others
// among ours. It is false when there is none with a valid traceparent. Text in
// the statement's literals is never taken for one: a literal ends in a quote.
func FromComment(sql string) (Context, bool) {
	sql, ok := strings.CutSuffix(strings.TrimRight(sql, " \t\r\n;"), "*/")
	if !ok {
		return Context{}, false
	}
	if len(sql) > commentBytes {
		sql = sql[len(sql)-commentBytes:]
	}
	start := strings.LastIndex(sql, "/*")
	if start < 0 {
		return Context{}, false
	}
	var parent, request string
	for rest := sql[start+2:]; rest != ""; {
		var name, value string
		if name, value, rest, ok = field(rest); !ok {
			return Context{}, false
		}
		switch name {
		case fieldParent:
			parent = value
		case fieldRequest:
			request = value
		}
	}
	c, err := Parse(parent)
	if err != nil {
		return Context{}, false
	}
	if Named(request) {
		c.Request = request
	}
	return c, true
}

// field cuts name='value' and the comma behind it off s. A quote inside a
// value has a backslash in front.
func field(s string) (name, value, rest string, ok bool) {
	name, s, ok = strings.Cut(s, "='")
	if !ok {
		return "", "", "", false
	}
	end := 0
	for end < len(s) && s[end] != '\'' {
		if s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s) {
		return "", "", "", false
	}
	value, err := url.PathUnescape(strings.ReplaceAll(s[:end], `\'`, `'`))
	if err != nil {
		return "", "", "", false
	}
	rest = strings.TrimLeft(s[end+1:], " ")
	if rest != "" {
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return "", "", "", false
		}
		rest = strings.TrimLeft(rest, " ")
	}
	return strings.TrimSpace(name), value, rest, true
}
