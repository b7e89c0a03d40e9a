package targets

import "strings"

// Group is the name that equal nodes share: "web-1" and "web-12" are "web".
func Group(node string) string {
	stem := strings.TrimRight(node, "0123456789")
	if name, ok := strings.CutSuffix(stem, "-"); ok && len(stem) < len(node) {
		return name
	}
	return node
}
