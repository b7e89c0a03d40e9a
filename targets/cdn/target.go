package cdn

import (
	"strings"
)

// target is what a purge is for.
type target struct {
	key string
	// prefix: every key that starts with it. versions: the path with every
	// query.
	prefix, versions bool
}

func (t target) exact() bool { return !t.prefix && !t.versions }

func (t target) matches(key string) bool {
	switch {
	case t.prefix:
		return strings.HasPrefix(key, t.key)
	case t.versions:
		path, _, _ := strings.Cut(key, "?")
		return path == t.key
	}
	return key == t.key
}
