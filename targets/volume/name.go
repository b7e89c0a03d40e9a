package volume

import (
	"path"
	"strings"
)

const (
	// nameBytes is the longest name of a file or directory.
	nameBytes = 128
	// depth is how many names a path has at most, the file's own included.
	depth       = 3
	nameAllowed = "1 to 128 of a-z 0-9 _ -, under at most two directories"
)

// parseName returns the name of a file from the path of a URL, escapes and
// all: none is needed in a name, and with them a file would have many paths.
func parseName(urlPath string) (name string, ok bool) {
	name, ok = strings.CutPrefix(urlPath, "/")
	return name, ok && isName(name)
}

// isName says whether a file can have that name.
func isName(name string) bool {
	names := 0
	for part := range strings.SplitSeq(name, "/") {
		if names++; names > depth || !isSegment(part) {
			return false
		}
	}
	return true
}

func isSegment(s string) bool {
	if s == "" || len(s) > nameBytes {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// parents returns the directories of a file, the outermost first.
func parents(name string) []string {
	var dirs []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		dirs = append([]string{dir}, dirs...)
	}
	return dirs
}
