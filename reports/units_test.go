package reports_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/reports"
)

func TestDuration(t *testing.T) {
	cases := []struct {
		name string
		in   time.Duration
		want string
	}{
		{"zero", 0, "0 ns"},
		{"whole nanoseconds are exact", 7, "7 ns"},
		{"last nanosecond", 999, "999 ns"},
		{"first microsecond", 1000, "1.00 µs"},
		{"rounds within a unit", 12_345, "12.3 µs"},
		{"rounds up into the next unit", 999_600, "1.00 ms"},
		{"stays below the next unit", 999_400, "999 µs"},
		{"milliseconds", 98_760_000, "98.8 ms"},
		{"seconds", 1_200 * time.Millisecond, "1.20 s"},
		{"many seconds", 300 * time.Second, "300 s"},
		{"minutes", time.Hour, "60.0 min"},
		{"hours", 48 * time.Hour, "48.0 h"},
		{"days", 100 * 24 * time.Hour, "100 d"},
		{"centuries", math.MaxInt64, "107 000 d"},
		{"negative", -12_345, "−12.3 µs"},
		{"negative nanoseconds", -5, "−5 ns"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { check(t, reports.Duration(c.in), c.want) })
	}
}

func TestOtherUnits(t *testing.T) {
	var none *time.Duration
	cases := []struct{ name, got, want string }{
		{"missing duration", reports.DurationOf(none), "–"},
		{"setting without zeros", reports.Setting(250 * time.Millisecond), "250 ms"},
		{"setting of half a millisecond", reports.Setting(1500 * time.Microsecond), "1.5 ms"},
		{"setting of whole tens", reports.Setting(20 * time.Second), "20 s"},
		{"setting of nanoseconds", reports.Setting(100), "100 ns"},
		{"rate", reports.Rate(215.4), "215/s"},
		{"small rate", reports.Rate(0.25), "0.250/s"},
		{"rate of thousands", reports.Rate(1_243), "1.24 k/s"},
		{"rate that rounds to a thousand", reports.Rate(999.7), "1.00 k/s"},
		{"half a nanosecond", reports.Nanoseconds(0.5), "0.5 ns"},
		{"nanoseconds of a mean", reports.Nanoseconds(1234.5), "1.23 µs"},
		{"no rate", reports.Rate(math.NaN()), "–"},
		{"ratio below one", reports.Ratio(0.9712), "0.971×"},
		{"ratio above one", reports.Ratio(1.954), "1.95×"},
		{"infinite ratio", reports.Ratio(math.Inf(1)), "–"},
		{"all", reports.Percent(1), "100%"},
		{"nearly all is not all", reports.Percent(0.99999), "99.9%"},
		{"nothing", reports.Percent(0), "0%"},
		{"nearly nothing is not nothing", reports.Percent(1e-9), "<0.001%"},
		{"small share", reports.Percent(0.000412), "0.0412%"},
		{"half", reports.Percent(0.5), "50.0%"},
		{"money", reports.Money(0.5123), "$0.512"},
		{"more money", reports.Money(12_345), "$12 300"},
		{"bytes", reports.Bytes(900), "900 B"},
		{"kibibytes", reports.Bytes(1000), "0.977 KiB"},
		{"mebibytes", reports.Bytes(40 << 20), "40.0 MiB"},
		{"plain number", reports.Plain(20), "20"},
		{"plain fraction", reports.Plain(0.99), "0.99"},
		{"plain nothing", reports.Plain(math.Inf(1)), "–"},
		{"chosen share", reports.PercentSetting(0.08), "8%"},
		{"chosen small share", reports.PercentSetting(0.001), "0.1%"},
		{"bracket", reports.Bracket(215, 230), "215–230/s"},
		{"bracket of thousands", reports.Bracket(1200, 1300), "1.20–1.30 k/s"},
		{"bracket over two units", reports.Bracket(950, 1050), "950/s–1.05 k/s"},
		{"bracket without an end", reports.Bracket(950, 0), "≥950/s"},
		{"bracket without a start", reports.Bracket(0, 20), "<20.0/s"},
		{"no bracket", reports.Bracket(0, 0), "–"},
		{"count", reports.Count(1_234_567), "1 234 567"},
		{"small count", reports.Count(uint64(12)), "12"},
		{"negative count", reports.Count(-1234), "−1 234"},
		{"median", reports.Quantile(0.5), "p50"},
		{"p99", reports.Quantile(0.99), "p99"},
		{"p99.9", reports.Quantile(0.999), "p99.9"},
		{"fact in nanoseconds", reports.Value("common.p50_ns", 12.3e6), "12.3 ms"},
		{"fact that is a rate", reports.Value("capacity_per_s", 215), "215/s"},
		{"fact that is a share", reports.Value("kill.db.availability_ratio", 0.71), "71.0%"},
		{"fact in bytes", reports.Value("memory_bytes", 1<<20), "1.00 MiB"},
		{"fact in money", reports.Value("cost_usd_per_million", 1.5), "$1.50"},
		{"fact that counts", reports.Value("lost", 12345), "12 345"},
		{"fact that is a share", reports.Value("common.hottest_shard_ratio", 0.3072), "30.7%"},
		{"fact that is over one", reports.Value("drain_error_ratio", 1.234), "123%"},
		{"fact without a value", reports.Value("lost", math.NaN()), "–"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { check(t, c.got, c.want) })
	}
}

func TestDurationKeepsThreeDigitsAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 100*int64(24*time.Hour)).Draw(t, "a")
		b := rapid.Int64Range(0, 100*int64(24*time.Hour)).Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		ta, tb := reports.Duration(time.Duration(a)), reports.Duration(time.Duration(b))
		if n := digits(ta); n > 3 {
			t.Fatalf("%d prints as %q: %d digits", a, ta, n)
		}
		va, vb := parseDuration(t, ta), parseDuration(t, tb)
		if va > vb {
			t.Fatalf("%d <= %d, but %q > %q", a, b, ta, tb)
		}
		if off := math.Abs(va - float64(a)); off > 0.00501*float64(a) {
			t.Fatalf("%d prints as %q: off by %v", a, ta, off)
		}
	})
}

func TestRateKeepsThreeDigitsAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(1e-3, 9e11).Draw(t, "a")
		b := rapid.Float64Range(1e-3, 9e11).Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		ta, tb := reports.Rate(a), reports.Rate(b)
		if n := digits(ta); n > 3 {
			t.Fatalf("%v prints as %q: %d digits", a, ta, n)
		}
		if va, vb := parseRate(t, ta), parseRate(t, tb); va > vb {
			t.Fatalf("%v <= %v, but %q > %q", a, b, ta, tb)
		}
	})
}

func TestPercentIsNeverWholeByRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 1).Draw(t, "share")
		text := reports.Percent(v)
		if v < 1 && text == "100%" || v > 0 && text == "0%" {
			t.Fatalf("%v prints as %q", v, text)
		}
	})
}

// digits counts significant digits.
func digits(text string) int {
	number := strings.TrimLeft(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text), "0")
	return len(number)
}

func parseDuration(t *rapid.T, text string) float64 {
	number, name, ok := strings.Cut(text, reports.Thin)
	factor := map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9,
		"min": 60e9, "h": 3600e9, "d": 86400e9}[name]
	v, err := strconv.ParseFloat(number, 64)
	if !ok || factor == 0 || err != nil {
		t.Fatalf("%q is not a duration: %v", text, err)
	}
	return v * factor
}

func parseRate(t *rapid.T, text string) float64 {
	number, ok := strings.CutSuffix(text, "/s")
	factor := 1.0
	for suffix, f := range map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9} {
		if n, found := strings.CutSuffix(number, reports.Thin+suffix); found {
			number, factor = n, f
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil {
		t.Fatalf("%q is not a rate: %v", text, err)
	}
	return v * factor
}

func check(t *testing.T, got, want string) {
	t.Helper()
	if got = strings.ReplaceAll(got, reports.Thin, " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
