package html

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"rung/bench"
	"rung/reports"
)

// numberLine is a reports.NumberRow of the page.
type numberLine struct {
	id, label string
	in        []*bench.Number
}

// measured says that a set is of a machine that was measured, not published.
func measured(s bench.NumberSet) bool {
	return s.Host != nil || slices.ContainsFunc(s.Rows, func(n bench.Number) bool { return n.Status == "measured" })
}

// numberLines puts the rows of sets side by side.
func numberLines(sets []bench.NumberSet) ([]numberLine, error) {
	rows, err := reports.NumberRows(sets)
	if err != nil {
		return nil, err
	}
	out := make([]numberLine, 0, len(rows))
	for _, r := range rows {
		out = append(out, numberLine{id: r.ID, label: r.Label, in: r.In})
	}
	return out, nil
}

// setNames are what sets are called: their name and the date or year, each
// once.
func setNames(sets []bench.NumberSet) []string {
	out := make([]string, len(sets))
	for i, s := range sets {
		name := clipped(orMissing(s.Name), 40)
		if when := dated(s.Date, s.Year); when != "" {
			name += ", " + when
		}
		out[i] = unique(out[:i], name)
	}
	return out
}

// unique is a name that is not among others: a number follows where it is.
func unique(others []string, name string) string {
	out := name
	for n := 2; slices.Contains(others, out); n++ {
		out = fmt.Sprintf("%s (%d)", name, n)
	}
	return out
}

// dated is the most that is known of when, or empty.
func dated(date string, year int) string {
	if date == "" && year > 0 {
		return fmt.Sprint(year)
	}
	return date
}

// clipped cuts a name that has no room.
func clipped(name string, most int) string {
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most-1]) + "…"
}

// sameSize is how far two sizes may differ for their times to compare, byte for
// byte: 1 MB and 1 MiB do.
const sameSize = 0.1

// numberRatio compares a measured row with a published one: their ratio in
// words, or why there is none. It is a ratio of times; where the sizes differ
// a little, of times per byte.
func numberRatio(m, p *bench.Number) (ratio float64, said string) {
	switch {
	case m == nil || p == nil || m.Value <= 0 || p.Value <= 0:
		return 0, ""
	case m.Pattern != "" && p.Pattern != "" && m.Pattern != p.Pattern:
		return 0, "not alike: access"
	case m.Durability != "" && p.Durability != "" && m.Durability != p.Durability:
		return 0, "not alike: durability"
	}
	ratio = m.Value / p.Value
	if m.Bytes <= 0 || p.Bytes <= 0 || m.Bytes == p.Bytes {
		return finiteRatio(ratio, "")
	}
	size := float64(m.Bytes) / float64(p.Bytes)
	if math.Abs(size-1) > sameSize {
		return 0, "not alike: size"
	}
	return finiteRatio(ratio/size, " per byte")
}

// finiteRatio says a ratio, if it is one.
func finiteRatio(ratio float64, per string) (float64, string) {
	if math.IsInf(ratio, 0) || ratio == 0 {
		return 0, "too far apart"
	}
	return ratio, reports.Ratio(ratio) + per
}
