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

// problems collects what a validation finds.
type problems []Problem

func (ps *problems) add(field, allowed, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, What: fmt.Sprintf(format, args...), Allowed: allowed})
}

// oneOf words a list of allowed values.
func oneOf[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return "allowed is " + strings.Join(words, ", ")
}
