package targets

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a description: where, what, and
// what is allowed.
type Problem struct {
	// Field is the path to it, for example "nodes[2].roles[0].web.store".
	Field string
	// What is wrong.
	What string
	// Allowed says what would be right. May be empty.
	Allowed string
}

// Error returns the problem as one line.
func (p Problem) Error() string {
	if p.Allowed == "" {
		return fmt.Sprintf("%s: %s", p.Field, p.What)
	}
	return fmt.Sprintf("%s: %s: %s", p.Field, p.What, p.Allowed)
}

// problems collects what a validation finds, up to maxProblems.
type problems []Problem

const (
	// maxProblems is more than anyone reads; a broken file can hold a million.
	maxProblems = 100
	// maxListed is how many allowed values one problem names.
	maxListed = 20
)

func (ps *problems) add(field, allowed, format string, args ...any) {
	if len(*ps) < maxProblems {
		*ps = append(*ps, Problem{Field: field, What: fmt.Sprintf(format, args...), Allowed: allowed})
	}
}

// oneOf words a list of allowed values.
func oneOf[T ~string](values []T) string {
	if len(values) == 0 {
		return "there are none to choose from"
	}
	var words []string
	for i, v := range values {
		if i == maxListed {
			words = append(words, fmt.Sprintf("and %d more", len(values)-i))
			break
		}
		words = append(words, string(v))
	}
	return "allowed is " + strings.Join(words, ", ")
}
