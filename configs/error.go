package configs

import (
	"fmt"
	"strings"
	"unicode"
)

// Error is one thing that is wrong with a configuration: what, where, and
// what is allowed.
type Error struct {
	// File and Line (1-based, 0 when unknown). A value from the environment
	// has the variable's name for a file.
	File string
	Line int
	// Field is the path of the field, for example "nodes[0].roles[1].web".
	Field   string
	Problem string
	Allowed string

	cause error
}

// Unwrap returns the system's error, if there was one.
func (e Error) Unwrap() error { return e.cause }

// Error returns the message as one line.
func (e Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(short(e.Field))
		b.WriteString(": ")
	}
	b.WriteString(short(e.Problem))
	if e.Allowed != "" {
		b.WriteString(" (")
		b.WriteString(short(e.Allowed))
		b.WriteString(")")
	}
	return oneLine(b.String())
}

// short bounds a part of a message: a file can hold a name of a megabyte.
func short(text string) string {
	const most = 500
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// oneLine replaces what would break a line or a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// Errors are all problems of one file.
type Errors []Error

// Error returns one line for each problem.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// or returns nil when there are no errors.
func (es Errors) or() error {
	if len(es) == 0 {
		return nil
	}
	return es
}
