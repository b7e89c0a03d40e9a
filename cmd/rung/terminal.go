package main

import (
	"os"
	"strings"

	"golang.org/x/term"
)

// width is that of the terminal, or 80 columns.
func (a *app) width() int {
	if f, ok := a.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// hang wraps the last column of a table, which begins at a column, to the
// terminal. Where there is none a line stays whole: other programs read it.
func (a *app) hang(text string, from int) []string {
	f, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return []string{text}
	}
	room := max(a.width()-from, leastColumn)
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > room {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// leastColumn is how narrow a column may become.
const leastColumn = 24

// onTerminal reports whether progress can be drawn.
func (a *app) onTerminal() bool {
	f, ok := a.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
