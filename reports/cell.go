package reports

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// tight prints a value without a space before its unit.
func tight(text string) string { return strings.ReplaceAll(text, Thin, "") }

// shortCapacity prints a bracket without its unit, or what there is of it.
func shortCapacity(r Row) string {
	text := strings.NewReplacer("/s", "", Thin, "").Replace(r.Capacity())
	if r.InDoubt() {
		return text + "?"
	}
	return text
}

// shortChange is a change in at most five characters.
func shortChange(c Change) string {
	if !c.Known || !c.Significant() {
		return c.Short()
	}
	return shortRatio(c.Ratio)
}

func shortRatio(r float64) string {
	switch {
	case math.IsNaN(r) || math.IsInf(r, 0):
		return Missing
	case r >= 999.5:
		return ">999×"
	case r >= 99.95:
		return fmt.Sprintf("%.0f×", r)
	case r >= 9.995:
		return fmt.Sprintf("%.1f×", r)
	}
	return fmt.Sprintf("%.2f×", r)
}

func failures(r Row) string {
	if !r.HasCommon {
		return Missing
	}
	return shortPercent(r.Failures)
}

func availability(r Row) string {
	if r.Worst.Rows == 0 {
		if r.Worst.Unsound > 0 {
			return "?"
		}
		return Missing
	}
	return shortPercent(r.Worst.Availability)
}

// back is the longest time to recover in at most six characters.
func back(w Worst) string {
	switch {
	case w.Rows > 0 && w.NotRecovered:
		return "never"
	case w.Rows > 0 && w.Recovery == nil:
		return "none"
	case w.Rows > 0 && *w.Recovery == 0:
		return "0s"
	}
	return tight(w.Recovered())
}

// backAfter says the longest time to recover in words.
func backAfter(w Worst) string {
	switch {
	case w.Rows == 0:
		return "back after " + Missing
	case w.NotRecovered, w.Recovery == nil:
		return w.Recovered()
	}
	return "back after " + back(w)
}

// lost counts the acknowledged writes that kills lost: "≥" when some store
// could not be read, "?" when none could.
func lost(r Row) string { return audited(r.Worst, r.Worst.Lost+r.Worst.PhotosLost) }

// twice counts the writes that are there more than once.
func twice(r Row) string { return audited(r.Worst, r.Worst.Duplicated+r.Worst.PhotosDuplicated) }

func audited(w Worst, n uint64) string {
	switch {
	case w.Rows == 0:
		return Missing
	case w.Audited == 0:
		return "?"
	case w.Audited < w.Rows:
		return "≥" + fmt.Sprint(n)
	}
	return fmt.Sprint(n)
}

// shortPercent is Percent in at most six characters.
func shortPercent(share float64) string {
	if share > 0 && share < 1e-4 {
		return "<0.01%"
	}
	if share > 0 && share < 1e-2 {
		return fmt.Sprintf("%.2f%%", share*100)
	}
	return Percent(share)
}

func cost(r Row) string {
	if r.Cost == nil {
		return Missing
	}
	if text := Money(*r.Cost); utf8.RuneCountInString(text) <= 6 {
		return text
	}
	return fmt.Sprintf("$%.3g", math.Round(*r.Cost*1e3)/1e3)
}

func estimate(r Row) string {
	if r.Estimate == 0 || math.IsNaN(r.Estimate) {
		return Missing
	}
	return shortRatio(r.Estimate)
}

// pad fills a text to a width in characters. A name that is too long is cut; a
// number never is.
func pad(text string, width int, left bool) string {
	n := utf8.RuneCountInString(text)
	if n >= width {
		if n == width || !left {
			return text
		}
		return string([]rune(text)[:width-1]) + "…"
	}
	if left {
		return text + strings.Repeat(" ", width-n)
	}
	return strings.Repeat(" ", width-n) + text
}
