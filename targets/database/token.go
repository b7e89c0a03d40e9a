package database

import (
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenWord   tokenKind = iota // a keyword or a plain identifier
	tokenQuoted                  // "an identifier"
	tokenNumber                  // 12, 1.5e3, 0x1f
	tokenText                    // 'text', $$text$$, E'text'
	tokenBlob                    // X'00ff'
	tokenParam                   // $1
	tokenOp                      // one character, or :: as a whole
	tokenEnd                     // ;
)

// token is one lexical unit of a script.
type token struct {
	kind tokenKind
	// text is the token without its quoting.
	text string
	// low is the text of a word in lower case, "" for everything else.
	low string
	// param is the number of a parameter, from 1.
	param int
	// at is where the token starts, in bytes.
	at int
	// gap says that a space or a comment stands before it.
	gap bool
}

// is reports whether the token is that operator.
func (t token) is(op string) bool { return t.kind == tokenOp && t.text == op }

// name returns the identifier that the token is, in lower case, or "".
func (t token) name() string {
	if t.kind == tokenQuoted {
		return strings.ToLower(t.text)
	}
	return t.low
}

// maxParam is the highest parameter number. The driver's time to bind them grows
// with the square of their number.
const maxParam = 4096

// scanner splits a script by PostgreSQL's lexical rules. What PostgreSQL and
// SQLite would read differently is either resolved here or refused.
type scanner struct {
	sql    string
	at     int
	tokens []token
}

// scan returns the tokens of a script, comments left out.
func scan(sql string) ([]token, *failure) {
	if !utf8.ValidString(sql) {
		return nil, fail(codeBadEncoding, "invalid byte sequence for encoding \"UTF8\"")
	}
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, fail(codeSyntax, "zero byte in a statement")
	}
	s := &scanner{sql: sql, tokens: make([]token, 0, len(sql)/4+1)}
	for {
		gap, f := s.space()
		if f != nil {
			return nil, f
		}
		if s.at == len(sql) {
			return s.tokens, nil
		}
		start := s.at
		t, f := s.next()
		if f != nil {
			return nil, f
		}
		t.at, t.gap = start, gap && len(s.tokens) > 0 // the same text for SQLite, whatever stands in front
		s.tokens = append(s.tokens, t)
	}
}

// peek returns the byte so far ahead, or 0 after the end.
func (s *scanner) peek(ahead int) byte {
	if s.at+ahead < len(s.sql) {
		return s.sql[s.at+ahead]
	}
	return 0
}

// space skips white space and comments.
func (s *scanner) space() (gap bool, f *failure) {
	for s.at < len(s.sql) {
		switch c := s.sql[s.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			s.at++
		case c == '-' && s.peek(1) == '-':
			if end := strings.IndexAny(s.sql[s.at:], "\r\n"); end >= 0 {
				s.at += end
			} else {
				s.at = len(s.sql)
			}
		case c == '/' && s.peek(1) == '*':
			if f := s.comment(); f != nil {
				return false, f
			}
		default:
			return gap, nil
		}
		gap = true
	}
	return gap, nil
}

// comment skips a block comment. They nest in PostgreSQL, not in SQLite.
func (s *scanner) comment() *failure {
	start := s.at
	for depth := 0; s.at < len(s.sql); {
		switch {
		case s.peek(0) == '/' && s.peek(1) == '*':
			depth++
			s.at += 2
		case s.peek(0) == '*' && s.peek(1) == '/':
			depth--
			s.at += 2
			if depth == 0 {
				return nil
			}
		default:
			s.at++
		}
	}
	return s.fail(start, "unterminated /* comment")
}

func (s *scanner) fail(at int, what string) *failure {
	f := fail(codeSyntax, "%s", what)
	f.position = utf8.RuneCountInString(s.sql[:at]) + 1
	return f
}

func (s *scanner) next() (token, *failure) {
	c, second := s.sql[s.at], s.peek(1)
	switch {
	case c == '\'':
		return s.text(s.at, false)
	case (c == 'E' || c == 'e') && second == '\'':
		s.at++
		return s.text(s.at-1, true)
	case (c == 'X' || c == 'x') && second == '\'':
		start := s.at
		s.at++
		t, f := s.text(start, false)
		t.kind = tokenBlob
		if f == nil && !isHex(t.text) {
			f = s.fail(start, "invalid hexadecimal string")
		}
		return t, f
	case (c == 'B' || c == 'b' || c == 'N' || c == 'n') && second == '\'',
		(c == 'U' || c == 'u') && second == '&':
		return token{}, &failure{severity: severityError, code: codeUnsupported,
			message: "bit, national and Unicode-escaped strings are not supported"}
	case c == '"':
		return s.quoted()
	case c == '$':
		return s.dollar()
	case isDigit(c), c == '.' && isDigit(second):
		return s.number(), nil
	case isWordStart(c):
		start := s.at
		for s.at < len(s.sql) && (isWordStart(s.sql[s.at]) || isDigit(s.sql[s.at])) {
			s.at++
		}
		word := s.sql[start:s.at]
		return token{kind: tokenWord, text: word, low: strings.ToLower(word)}, nil
	case c == ';':
		s.at++
		return token{kind: tokenEnd, text: ";"}, nil
	case c == ':' && second == ':':
		s.at += 2
		return token{kind: tokenOp, text: "::"}, nil
	case strings.IndexByte("+-*/<>=~!%&|,().", c) >= 0:
		s.at++
		return token{kind: tokenOp, text: s.sql[s.at-1 : s.at]}, nil
	}
	// The rest means something else to SQLite (? : @ # [ `), or nothing.
	r, _ := utf8.DecodeRuneInString(s.sql[s.at:])
	return token{}, s.fail(s.at, "syntax error at or near \""+string(r)+"\"")
}

// text reads a string from its opening quote on.
func (s *scanner) text(start int, escapes bool) (token, *failure) {
	var b strings.Builder
	for s.at++; s.at < len(s.sql); s.at++ {
		switch c := s.sql[s.at]; {
		case c == '\'' && s.peek(1) == '\'':
			b.WriteByte('\'')
			s.at++
		case c == '\'':
			s.at++
			text := b.String()
			if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
				return token{}, fail(codeBadEncoding, "invalid byte sequence for encoding \"UTF8\"")
			}
			return token{kind: tokenText, text: text}, nil
		case c == '\\' && escapes:
			s.at++
			if s.at == len(s.sql) {
				return token{}, s.fail(start, "unterminated quoted string")
			}
			if f := s.escape(&b); f != nil {
				return token{}, f
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, s.fail(start, "unterminated quoted string")
}

// escape reads what follows the backslash of an escape string, and stops at its last
// byte.
func (s *scanner) escape(b *strings.Builder) *failure {
	switch c := s.sql[s.at]; c {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'x', 'u', 'U', '0', '1', '2', '3', '4', '5', '6', '7':
		f := s.fail(s.at-1, "numeric escapes are not supported in E'' strings")
		f.code = codeUnsupported
		return f
	default:
		b.WriteByte(c)
	}
	return nil
}

// quoted reads an identifier in double quotes.
func (s *scanner) quoted() (token, *failure) {
	start := s.at
	var b strings.Builder
	for s.at++; s.at < len(s.sql); s.at++ {
		c := s.sql[s.at]
		if c != '"' {
			b.WriteByte(c)
			continue
		}
		s.at++
		if s.peek(0) != '"' {
			if b.Len() == 0 {
				return token{}, s.fail(start, "zero-length delimited identifier")
			}
			return token{kind: tokenQuoted, text: b.String()}, nil
		}
		b.WriteByte('"')
	}
	return token{}, s.fail(start, "unterminated quoted identifier")
}

// dollar reads a parameter ($1) or a dollar-quoted string ($tag$text$tag$).
func (s *scanner) dollar() (token, *failure) {
	start := s.at
	s.at++
	if isDigit(s.peek(0)) {
		n := 0
		for ; isDigit(s.peek(0)); s.at++ {
			n = min(n*10+int(s.peek(0)-'0'), maxParam+1)
		}
		if n < 1 || n > maxParam {
			f := s.fail(start, "there is no parameter "+s.sql[start:s.at])
			f.code = codeNoParameter
			return token{}, f
		}
		return token{kind: tokenParam, param: n}, nil
	}
	for isWordStart(s.peek(0)) || isDigit(s.peek(0)) {
		s.at++
	}
	if s.peek(0) != '$' {
		return token{}, s.fail(start, "syntax error at or near \"$\"")
	}
	s.at++
	tag := s.sql[start:s.at]
	end := strings.Index(s.sql[s.at:], tag)
	if end < 0 {
		return token{}, s.fail(start, "unterminated dollar-quoted string")
	}
	text := s.sql[s.at : s.at+end]
	s.at += end + len(tag)
	return token{kind: tokenText, text: text}, nil
}

func (s *scanner) number() token {
	start := s.at
	for c := s.peek(0); isDigit(c) || isWordStart(c) || c == '.'; c = s.peek(0) {
		s.at++
		// The sign of an exponent, but not of 0x1e.
		if (c == 'e' || c == 'E') && (s.peek(0) == '+' || s.peek(0) == '-') && isDigit(s.peek(1)) &&
			!strings.HasPrefix(strings.ToLower(s.sql[start:s.at]), "0x") {
			s.at++
		}
	}
	return token{kind: tokenNumber, text: s.sql[start:s.at]}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWordStart accepts every byte of a non-ASCII character, as PostgreSQL does.
func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s)%2 == 0
}
