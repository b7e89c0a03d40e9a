package endpoint

import (
	"fmt"
	"strings"
)

// maxOperations is the most operations of a measurement: each has histograms
// of its own. More targets than that are measured in groups.
const maxOperations = 32

// mostSegments of a path are told apart at first.
const mostSegments = 8

// place is what all targets of one operation have in common: the host that is
// dialled, and the one that is asked for.
type place struct{ scheme, host, asked string }

// label tells operations apart.
type label struct {
	place  place
	method string
	text   string // a given name, or the beginning of a path
	given  bool
}

// operations groups targets: by the name that they were given, or else by
// method and path, and by ever shorter beginnings of the path until there are
// few enough groups. It returns the names of the operations, and that of each
// target by index.
func operations(all []mission) (names []string, of []int, err error) {
	for segments := mostSegments; segments >= -1; segments-- {
		labels, at := group(all, segments)
		if len(labels) <= maxOperations {
			return nameAll(labels), at, nil
		}
	}
	return nil, nil, fmt.Errorf("%w: the targets have more than %d different hosts or names", ErrConfig, maxOperations)
}

// group labels targets by the first segments of their paths; -1 leaves the
// method out, too.
func group(all []mission, segments int) (labels []label, of []int) {
	index := map[label]int{}
	of = make([]int, len(all))
	for i, m := range all {
		l := label{place: m.place, method: m.target.method(), text: beginning(m.url.Path, segments)}
		if segments < 0 {
			l.method = "all"
		}
		if m.target.Name != "" {
			l = label{place: m.place, text: m.target.Name, given: true}
		}
		at, known := index[l]
		if !known {
			at = len(labels)
			index[l] = at
			labels = append(labels, l)
		}
		of[i] = at
	}
	return labels, of
}

// beginning of a path: so many of its segments.
func beginning(path string, segments int) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return strings.Join(parts[:min(len(parts), max(segments, 0))], "/")
}

// nameAll makes a name of every label; the second of a name gets a number.
func nameAll(labels []label) []string {
	hosts := map[place]bool{}
	for _, l := range labels {
		hosts[l.place] = true
	}
	names := make([]string, len(labels))
	taken := map[string]bool{}
	for i, l := range labels {
		name := l.text
		if !l.given {
			name = strings.ToLower(l.method) + "-" + l.text
			if len(hosts) > 1 {
				name = strings.ToLower(l.method) + "-" + l.place.host + "-" + l.text
			}
			name = slug(name)
		}
		base := name
		for n := 2; taken[name]; n++ {
			suffix := fmt.Sprintf("-%d", n)
			name = base[:min(len(base), maxName-len(suffix))] + suffix
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

// slug makes a name of a text: what cannot be in a name becomes one hyphen.
func slug(text string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			hyphen = false
			continue
		}
		hyphen = true
	}
	out := b.String()
	out = strings.TrimRight(out[:min(len(out), maxName)], "-")
	if !isName(out) {
		return strings.TrimRight(("t-" + out)[:min(len(out)+2, maxName)], "-")
	}
	return out
}
