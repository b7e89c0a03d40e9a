package telemetry

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseKey(t *testing.T) {
	tests := []struct {
		key, name string
		labels    []label
	}{
		{"a", "a", nil},
		{"", "", nil},
		{"a{}", "a", nil},
		{`a{b="c"}`, "a", []label{{"b", "c"}}},
		{`a{ b="c", d="e" , }`, "a", []label{{"b", "c"}, {"d", "e"}}},
		{`a{b="}\",\\\n"}`, "a", []label{{"b", "}\",\\\n"}}},
		{`a{b="c"} `, `a{b="c"} `, nil},
		{`a{b=c}`, `a{b=c}`, nil},
		{`a{b="c`, `a{b="c`, nil},
		{`a{b="c\`, `a{b="c\`, nil},
		{`a{b="\t"}`, `a{b="\t"}`, nil},
		{`a{b="c"d="e"}`, `a{b="c"d="e"}`, nil},
		{`a{`, `a{`, nil},
	}
	for _, tt := range tests {
		if name, labels := parseKey(tt.key); name != tt.name || !slices.Equal(labels, tt.labels) {
			t.Errorf("%s became %q %q, want %q %q", tt.key, name, labels, tt.name, tt.labels)
		}
	}
}

// FuzzTranslate holds that any key has a name and labels that Prometheus
// takes.
func FuzzTranslate(f *testing.F) {
	f.Add("web", `request_duration_seconds{operation="user"}`, true)
	f.Add("web", "store_shard_a_member_b_reads_total", false)
	f.Add("", "_ns", true)
	f.Add("node/x", "server__up_total{=\"\\", false)
	family, name := regexp.MustCompile(`^rung(_[a-z0-9]+)+$`), regexp.MustCompile(`^[a-z]+(_?[a-z0-9]+)*$`)
	f.Fuzz(func(t *testing.T, subsystem, key string, histogram bool) {
		n := translate(subsystem, key, histogram)
		if !family.MatchString(n.family) || (histogram && isCounter(n.family)) || strings.HasSuffix(n.family, "_ns") {
			t.Errorf("%q of %q became %q", key, subsystem, n.family)
		}
		own := []label{{"node", "a"}, {"role", "b"}}
		labels := tidy(n.labels, own)
		if len(labels) != len(n.labels)+len(own) {
			t.Fatalf("labels %q became %q", n.labels, labels)
		}
		for i, l := range labels {
			if !name.MatchString(l.name) || !utf8.ValidString(l.value) || (i > 0 && labels[i-1].name >= l.name) {
				t.Errorf("label %q of %q", l, labels)
			}
		}
	})
}
