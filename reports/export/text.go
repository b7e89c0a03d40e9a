package export

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rung/bench"
)

// textMost is how many characters of one text are written.
const textMost = 200

// clean makes a text one safe line of at most textMost characters.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\ufeff':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	if runes := []rune(s); len(runes) > textMost {
		s = string(runes[:textMost]) + "…"
	}
	return s
}

// number writes a number without loss. Not finite is "".
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e21) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// of is a time in nanoseconds; nil and zero samples are missing.
func of(d *time.Duration) string {
	if d == nil {
		return ""
	}
	return strconv.FormatInt(int64(*d), 10)
}

// mean of a distribution in nanoseconds, missing without samples.
func mean(d bench.Distribution) string {
	if d.Count == 0 {
		return ""
	}
	return strconv.FormatInt(int64(d.Mean), 10)
}

// roundsOf are the rounds of a stage, the first being its own.
func roundsOf(s bench.StageResult) []bench.Repeat {
	return append([]bench.Repeat{{Round: 1, Common: s.Common, Capacity: s.Capacity}}, s.Repeats...)
}
