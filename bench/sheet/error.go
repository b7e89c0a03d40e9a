package sheet

import (
	"errors"
	"strconv"
	"strings"
)

// Error is one thing that is wrong with a sheet.
type Error struct {
	// Field is the part of the sheet: "inputs.mau", "steps[2]",
	// "answers[0].published", "conventions.day". Empty is the whole sheet.
	Field   string
	Problem string
	// Allowed says what would be right; it may be empty.
	Allowed string
}

// Error returns the message as one line.
func (e Error) Error() string {
	text := e.Problem
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Allowed != "" {
		text += " (" + e.Allowed + ")"
	}
	return text
}

// Errors are all the problems found, in the order of the sheet; at most 20.
type Errors []Error

// Error returns one line for each problem.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

const maxErrors = 20

// or returns nil when there are no errors.
func (es Errors) or() error {
	if len(es) == 0 {
		return nil
	}
	return es[:min(len(es), maxErrors)]
}

// because places an error of a part of the sheet. Before comes before the
// problem's text, for example the name of the step.
func because(field, before string, err error) Error {
	var e Error
	if !errors.As(err, &e) {
		e = Error{Problem: err.Error()}
	}
	e.Problem = before + e.Problem
	switch {
	case e.Field == "":
		e.Field = field
	case field != "":
		e.Field = field + "." + e.Field
	}
	return e
}

func quote(text string) string { return strconv.Quote(clip(text, 60)) }

// clip bounds a part of a message.
func clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// listed is a list of names for a message.
func listed(names []string) string {
	if len(names) == 0 {
		return "there are none"
	}
	return "there is " + clip(strings.Join(names, ", "), 300)
}
