package reports

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"syscall"
)

// maxName is the most characters of a name that a file name keeps.
const maxName = 80

// fileName makes a name of a stage, an attack or a node safe as one element of
// a path: letters, digits, dot, dash and underscore, not starting with a dot.
// A name that had to change gets a hash, so that two names stay two files.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9',
			r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	safe = strings.TrimLeft(safe, ".")
	if len(safe) > maxName {
		safe = safe[:maxName]
	}
	if safe == name && name != "" {
		return safe
	}
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return fmt.Sprintf("%s-%08x", safe, h.Sum32())
}

// explain adds to an error of the file system what to do about it.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: free some space, or choose another directory with --out", err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: choose a directory that can be written with --out", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: an element of the path is a file", err)
	case errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: the quota is used up", err)
	}
	return err
}
