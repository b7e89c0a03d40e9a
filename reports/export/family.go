package export

import (
	"bufio"
	"fmt"
	"strings"
)

// seriesMost bounds the series of one metric.
const seriesMost = 10_000

// label is a name and its value.
type label struct{ name, value string }

// sample is one value of a metric; suffix is "_sum" or "_count" of a summary.
type sample struct {
	suffix string
	labels []label
	value  string
}

// family is a metric with its samples.
type family struct {
	name, kind, help string
	samples          []sample
	seen             map[string]bool
}

// add adds a sample. A value that is missing is left out, and so is a series
// that is there already: a scrape may not hold one twice.
func (f *family) add(suffix, value string, labels ...label) {
	if value == "" || len(f.seen) >= seriesMost {
		return
	}
	key := suffix + labelText(labels)
	if f.seen[key] {
		return
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[key] = true
	f.samples = append(f.samples, sample{suffix, labels, value})
}

// write writes the metric, or nothing when it has no sample.
func (f *family) write(out *bufio.Writer) {
	if len(f.samples) == 0 {
		return
	}
	fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
	for _, s := range f.samples {
		fmt.Fprintf(out, "%s%s%s %s\n", f.name, s.suffix, labelText(s.labels), s.value)
	}
}

// labelText writes labels in braces, their values escaped.
func labelText(labels []label) string {
	if len(labels) == 0 {
		return ""
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var b strings.Builder
	for i, l := range labels {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(l.name + `="` + escape.Replace(clean(l.value)) + `"`)
	}
	return b.String() + "}"
}
