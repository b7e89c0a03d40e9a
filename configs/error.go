package configs

import (
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a configuration: what, where, and
// what is allowed.
type Error struct {
	// File and Line (1-based, 0 when unknown).
	File string
	Line int
	// Field is the path of the field, for example "nodes[0].roles[1].web".
	Field   string
	Problem string
	Allowed string
}

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
		b.WriteString(e.Field)
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	if e.Allowed != "" {
		b.WriteString(" (")
		b.WriteString(e.Allowed)
		b.WriteString(")")
	}
	return b.String()
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
