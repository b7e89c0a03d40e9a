package reports

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Thin is the space between a number and its unit and between groups of three
// digits: a narrow no-break space, so that a number never breaks over lines.
const Thin = "\u202f"

// Missing is printed where there is no value. It is never a zero.
const Missing = "–"

// unit is one step of a scale. A value is printed in the first unit in which
// it rounds to less than limit.
type unit struct {
	factor float64
	name   string
	limit  float64
}

var (
	durationUnits = []unit{
		{1, "ns", 1e3}, {1e3, "µs", 1e3}, {1e6, "ms", 1e3}, {1e9, "s", 1e3},
		{60e9, "min", 1e3}, {3600e9, "h", 1e3}, {86400e9, "d", math.Inf(1)},
	}
	rateUnits    = []unit{{1, "/s", 1e3}, {1e3, "k/s", 1e3}, {1e6, "M/s", 1e3}, {1e9, "G/s", math.Inf(1)}}
	decimalUnits = []unit{{1, "B", 1e3}, {1e3, "KB", 1e3}, {1e6, "MB", 1e3}, {1e9, "GB", 1e3}, {1e12, "TB", math.Inf(1)}}
	byteUnits    = []unit{
		{1, "B", 1000}, {1 << 10, "KiB", 1000}, {1 << 20, "MiB", 1000},
		{1 << 30, "GiB", 1000}, {1 << 40, "TiB", math.Inf(1)},
	}
)

// Duration formats a measured time with three significant digits: "12.3 ms".
// Whole nanoseconds are exact.
func Duration(d time.Duration) string {
	v := float64(d)
	if math.Abs(v) < 1e3 {
		return sign(v) + strconv.FormatInt(int64(math.Abs(v)), 10) + Thin + "ns"
	}
	return scaled(v, durationUnits, Thin)
}

// DurationOf is Duration of a time that may be missing.
func DurationOf(d *time.Duration) string {
	if d == nil {
		return Missing
	}
	return Duration(*d)
}

// Nanoseconds formats a time in nanoseconds that need not be whole: "0.5 ns".
func Nanoseconds(ns float64) string {
	switch size := math.Abs(ns); {
	case !finite(ns):
		return Missing
	case size < 1e3 && ns != math.Trunc(ns):
		return withoutZeros(scaled(ns, durationUnits, Thin))
	case size < 1e3:
		return Duration(time.Duration(ns))
	}
	return scaled(ns, durationUnits, Thin)
}

// Setting formats a time that somebody chose: as Duration, without zeros at
// the end ("250 ms", "0.5 s" as "500 ms").
func Setting(d time.Duration) string {
	return withoutZeros(Duration(d))
}

// Plain formats a number that somebody chose: "20", "0.99".
func Plain(v float64) string {
	if !finite(v) {
		return Missing
	}
	return sign(v) + trimZeros(digits3(math.Abs(v)))
}

// PercentSetting is Percent of a share that somebody chose: "8%", "0.1%".
func PercentSetting(share float64) string {
	number, ok := strings.CutSuffix(Percent(share), "%")
	if !ok {
		return number
	}
	return trimZeros(number) + "%"
}

func trimZeros(number string) string {
	if !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".")
}

// withoutZeros drops the zeros at the end of the number before a unit.
func withoutZeros(text string) string {
	number, name, found := strings.Cut(text, Thin)
	if !found {
		return text
	}
	return trimZeros(number) + Thin + name
}

// Rate formats a rate per second: "215/s", "1.24 k/s".
func Rate(perSecond float64) string {
	text := scaled(perSecond, rateUnits, Thin)
	return strings.Replace(text, Thin+"/s", "/s", 1)
}

// Ratio formats a ratio: "1.95×".
func Ratio(r float64) string {
	if !finite(r) {
		return Missing
	}
	return sign(r) + digits3(math.Abs(r)) + "×"
}

// Percent formats a share in [0, 1]. What is below one never prints as 100%,
// and what is above zero never as 0%.
func Percent(share float64) string {
	switch {
	case !finite(share):
		return Missing
	case share == 0:
		return "0%"
	case share == 1:
		return "100%"
	case share > 0 && share < 1e-5:
		return "<0.001%"
	case share > 0 && share < 1:
		return digits3(math.Min(share*100, 99.9)) + "%"
	}
	return sign(share) + digits3(math.Abs(share)*100) + "%"
}

// Money formats US dollars: "$0.512".
func Money(usd float64) string {
	if !finite(usd) {
		return Missing
	}
	return sign(usd) + "$" + digits3(math.Abs(usd))
}

// Bytes formats a size in IEC units: "12.3 MiB".
func Bytes(n int64) string {
	if n > -1000 && n < 1000 {
		return strconv.FormatInt(n, 10) + Thin + "B"
	}
	return scaled(float64(n), byteUnits, Thin)
}

// Size formats a size that somebody chose in the units that it was chosen in:
// 1000 is "1 KB" and 1024 "1 KiB".
func Size(n int64) string {
	if n < 1000 || n%1000 != 0 || n%1024 == 0 {
		return withoutZeros(Bytes(n))
	}
	return withoutZeros(scaled(float64(n), decimalUnits, Thin))
}

// Integer is what Count takes.
type Integer interface {
	~int | ~int64 | ~uint64 | ~uint32
}

// Count formats an exact count, in groups of three digits.
func Count[N Integer](n N) string {
	text := strconv.FormatUint(uint64(n), 10)
	minus := ""
	if n < 0 {
		text, minus = strconv.FormatInt(int64(n), 10)[1:], "−"
	}
	return minus + grouped(text)
}

// Value formats the value of a fact by the unit at the end of its name.
func Value(name string, v float64) string {
	switch {
	case !finite(v):
		return Missing
	case strings.HasSuffix(name, "_ns"):
		return Nanoseconds(v)
	case strings.HasSuffix(name, "_per_s"):
		return Rate(v)
	case strings.HasSuffix(name, "_ratio"):
		return Percent(v)
	case strings.HasSuffix(name, "_bytes") && math.Abs(v) < 1<<62:
		return Bytes(int64(v))
	case strings.HasSuffix(name, "_usd"), strings.Contains(name, "_usd_per_"):
		return Money(v)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return Count(int64(v))
	}
	return sign(v) + digits3(math.Abs(v))
}

// Quantile names a quantile: 0.5 is "p50", 0.999 "p99.9".
func Quantile(q float64) string {
	// Ten digits hide the error of q*100 and keep every quantile in use apart.
	text := strconv.FormatFloat(q*100, 'f', 10, 64)
	return "p" + strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// scaled picks the unit of a value and formats it.
func scaled(v float64, units []unit, space string) string {
	if !finite(v) {
		return Missing
	}
	size := math.Abs(v)
	for _, u := range units {
		if rounded := round3(size / u.factor); rounded < u.limit {
			return sign(v) + digits3(rounded) + space + u.name
		}
	}
	return Missing
}

// round3 rounds to three significant digits.
func round3(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return v
	}
	return out
}

// digits3 prints a value that is not negative with three significant digits:
// "1.20", "12.0", "120", "12 000".
func digits3(v float64) string {
	if v == 0 {
		return "0"
	}
	_, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 2, 64), "e")
	e, err := strconv.Atoi(exponent)
	if err != nil {
		return Missing
	}
	text := strconv.FormatFloat(round3(v), 'f', max(0, min(2-e, 12)), 64)
	if strings.Contains(text, ".") {
		return text
	}
	return grouped(text)
}

// grouped puts thin spaces between groups of three digits of a whole number
// of four digits or more.
func grouped(digits string) string {
	head := len(digits) % 3
	var b strings.Builder
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteString(Thin)
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

func sign(v float64) string {
	if v < 0 {
		return "−"
	}
	return ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
