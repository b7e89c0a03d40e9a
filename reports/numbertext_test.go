package reports_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rung/bench"
	"rung/reports"
)

func TestNumbersSideBySide(t *testing.T) {
	sets := []bench.NumberSet{
		{Name: "old", Year: 2009, Source: "a talk", Rows: []bench.Number{{ID: "mem", Label: "memory reference", Value: 100}, {ID: "seek", Label: "disk seek", Value: 1e7}}},
		{Name: "this-machine", Date: "2026-11-21", Source: "measured", Notes: []string{"clock source tsc"},
			Rows: []bench.Number{{ID: "seek", Label: "random read", Value: 68_500, Status: "measured", Flags: []string{"page cache"}}, {ID: "l1", Label: "L1\x1b[31m", Value: 0.5, Status: "measured"}}},
	}
	for _, width := range []int{20, 60, 80, 200} {
		var b strings.Builder
		if err := reports.Numbers(&b, sets, width); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > max(width, 60) {
				t.Errorf("width %d: a line of %d: %q", width, n, line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Error("a label steers the terminal")
		}
		fast, memory, seek := strings.Index(text, "L1"), strings.Index(text, "memory reference"), strings.Index(text, "disk seek")
		if fast < 0 || fast > memory || memory > seek {
			t.Errorf("rows are not by rising value:\n%s", text)
		}
		for _, want := range []string{"68.5µs*", "10.0ms", "–", "* random read: page cache", "- clock source tsc", "old, 2009: a talk"} {
			if !strings.Contains(text, want) {
				t.Errorf("width %d: %q is missing in\n%s", width, want, text)
			}
		}
	}
}

// TestNumbersInSeveralTables: sets that do not fit beside each other follow.
func TestNumbersInSeveralTables(t *testing.T) {
	var sets []bench.NumberSet
	for _, name := range []string{"a1", "b2", "c3", "d4", "e5", "f6"} {
		sets = append(sets, bench.NumberSet{Name: name, Rows: []bench.Number{{ID: "x", Label: "something", Value: 5}}})
	}
	var b strings.Builder
	if err := reports.Numbers(&b, sets, 60); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "something"); n != 2 {
		t.Errorf("%d tables, want 2:\n%s", n, b.String())
	}
}
