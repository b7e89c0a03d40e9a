package telemetry

import (
	"cmp"
	"slices"
	"strings"
)

// label is one of a series. Its value is any string.
type label struct{ name, value string }

// parseKey splits the name of a counter or histogram from the labels behind
// it, which are written as Prometheus writes them:
//
//	request_duration_seconds{operation="user"}
//
// What is wrong in form has no labels: the whole key is its name then.
func parseKey(key string) (name string, labels []label) {
	open := strings.IndexByte(key, '{')
	if open < 0 {
		return key, nil
	}
	rest := key[open+1:]
	for {
		rest = strings.TrimLeft(rest, " ")
		if rest == "}" {
			return key[:open], labels
		}
		var l label
		var ok bool
		if l, rest, ok = parseLabel(rest); !ok {
			return key, nil
		}
		labels = append(labels, l)
		rest = strings.TrimLeft(rest, " ")
		if after, comma := strings.CutPrefix(rest, ","); comma {
			rest = after
		} else if rest != "}" {
			return key, nil
		}
	}
}

// parseLabel reads name="value" and returns what is behind it.
func parseLabel(s string) (l label, rest string, ok bool) {
	name, s, found := strings.Cut(s, `="`)
	if !found || strings.ContainsAny(name, `{}",`) {
		return label{}, "", false
	}
	var value strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return label{strings.TrimSpace(name), value.String()}, s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return label{}, "", false
			}
			switch s[i] {
			case 'n':
				value.WriteByte('\n')
			case '\\', '"':
				value.WriteByte(s[i])
			default:
				return label{}, "", false
			}
		default:
			value.WriteByte(s[i])
		}
	}
	return label{}, "", false
}

// tidy makes labels fit to be shown: names of lower-case letters, each once
// and none of them one of the collector's own, values in UTF-8, all in the
// order of their names.
func tidy(labels, own []label) []label {
	out := slices.Clone(own)
	for _, l := range labels {
		name := snake(l.name)
		for taken(out, name) || name == "le" || name == "quantile" {
			name = "exported_" + name // as Prometheus does
		}
		out = append(out, label{name, l.value})
	}
	for i := range out {
		out[i].value = strings.ToValidUTF8(out[i].value, "\uFFFD")
	}
	slices.SortFunc(out, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	return out
}

func taken(labels []label, name string) bool {
	return slices.ContainsFunc(labels, func(l label) bool { return l.name == name })
}

// snake makes a name of a-z, 0-9 and single underscores that starts with a
// letter. The empty one becomes "unnamed".
func snake(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c - 'A' + 'a')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteByte(c)
		case b.Len() > 0 && b.String()[b.Len()-1] != '_':
			b.WriteByte('_')
		}
	}
	name := strings.TrimSuffix(b.String(), "_")
	switch {
	case name == "":
		return "unnamed"
	case name[0] >= '0' && name[0] <= '9':
		return "n" + name
	}
	return name
}
