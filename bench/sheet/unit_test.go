package sheet_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench/sheet"
)

func calendar(t testing.TB, c sheet.Conventions) sheet.Calendar {
	t.Helper()
	out, err := c.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnits(t *testing.T) {
	decimal, binary := calendar(t, sheet.Conventions{}), calendar(t, sheet.Conventions{Bytes: "binary", Day: "1e5 s", Month: "30 days"})
	for _, row := range []struct {
		calendar                sheet.Calendar
		text, factor, dimension string
	}{
		{decimal, "", "1", "a plain number"},
		{decimal, "1", "1", "a plain number"},
		{decimal, "%", "1/100", "a plain number"},
		{decimal, "users", "1", "users"},
		{decimal, "tweets/user/day", "1/86400", "tweets/time/user"},
		{decimal, "1/s", "1", "1/time"},
		{decimal, "/s", "1", "1/time"},
		{decimal, "KB", "1000", "bytes"},
		{decimal, "kB", "1000", "bytes"},
		{decimal, "KiB", "1024", "bytes"},
		{binary, "KB", "1024", "bytes"},
		{binary, "TB", "1099511627776", "bytes"},
		{binary, "Gbit", "125000000", "bytes"},
		{decimal, "EB", "1000000000000000000", "bytes"},
		{decimal, "PiB", "1125899906842624", "bytes"},
		{decimal, "Gbit/s", "125000000", "bytes/time"},
		{decimal, "Mbps", "125000", "bytes/time"},
		{decimal, "$/GB-month", "1/2628000000000000", "$/bytes/time"},
		{decimal, "GB*month", "2628000000000000", "bytes × time"},
		{decimal, "s^2", "1", "time^2"},
		{decimal, "ms", "1/1000", "time"},
		{decimal, "µs", "1/1000000", "time"},
		{binary, "day", "100000", "time"},
		{binary, "month", "3000000", "time"},
		{binary, "year", "36000000", "time"},
		{decimal, "week", "604800", "time"},
		{decimal, "requests/s/server", "1", "requests/time/server"},
		{decimal, "cents", "1/100", "$"},
	} {
		u, err := sheet.ParseUnit(row.text, row.calendar)
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got := u.Factor().RatString(); got != row.factor || u.Dimension().String() != row.dimension {
			t.Errorf("%q is %s of %s, not %s of %s", row.text, got, u.Dimension(), row.factor, row.dimension)
		}
	}
}

func TestRefusedUnits(t *testing.T) {
	decimal, short := calendar(t, sheet.Conventions{}), calendar(t, sheet.Conventions{Day: "1e5 s"})
	for _, row := range []struct {
		calendar   sheet.Calendar
		text, want string
	}{
		{decimal, "B pages", "two words side by side"},
		{decimal, "m", "write min or months"},
		{decimal, "Gb", "bits or bytes"},
		{decimal, "gb", "did you mean GB"},
		{decimal, "Days", "did you mean days"},
		{decimal, "users//s", "a word is missing"},
		{decimal, "users/", "a word is missing"},
		{decimal, "users^0", "whole exponent"},
		{decimal, "users^12", "whole exponent"},
		{decimal, "users^", "whole exponent"},
		{decimal, "users?", "not part of a unit"},
		{decimal, "users/M", "not a unit"},
		{decimal, "users/million", "stands where a unit should"},
		{decimal, strings.Repeat("ab*", 30) + "ab", "too many words"},
		{decimal, strings.Repeat("a", 101), "at most 100"},
		{short, "queries/h", "does not have 24 hours"},
	} {
		if u, err := sheet.ParseUnit(row.text, row.calendar); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, %v, want %q", row.text, u, err, row.want)
		}
	}
}

func TestConventions(t *testing.T) {
	for _, row := range []struct {
		name        string
		conventions sheet.Conventions
		want        string
	}{
		{"usual", sheet.Conventions{}, "A day is 86,400 s, a month 30.4167 days, a year 365 days; 1 KB is 1,000 B."},
		{"book", sheet.Conventions{Day: "1e5 s", Month: "30 days"}, "A day is 100,000 s, a month 30 days, a year 360 days; 1 KB is 1,000 B."},
		{"primer", sheet.Conventions{Month: "2.5e6 s", Day: "1/30 month"}, "A day is 83,333.3333 s, a month 30 days, a year 360 days; 1 KB is 1,000 B."},
		{"julian", sheet.Conventions{Year: "365.25 days", Bytes: "binary"}, "A day is 86,400 s, a month 30.4375 days, a year 365.25 days; 1 KB is 1,024 B."},
		{"gregorian", sheet.Conventions{Year: "365.2425 days"}, "A day is 86,400 s, a month 30.4369 days, a year 365.2425 days; 1 KB is 1,000 B."},
		{"all three agree", sheet.Conventions{Day: "9e4 s", Month: "30 days", Year: "12 months"}, "A day is 90,000 s, a month 30 days, a year 360 days; 1 KB is 1,000 B."},
		{"short month", sheet.Conventions{Day: "86400 s", Month: "2.5e6 s"}, "28.94 days"},
		{"short month of long days", sheet.Conventions{Day: "1e5 s", Month: "2.5e6 s"}, "is 25 days"},
		{"two years", sheet.Conventions{Month: "30 days", Year: "365 days"}, "two lengths for one year"},
		{"in itself", sheet.Conventions{Day: "1/30 month", Month: "30 days"}, "in terms of itself"},
		{"year in itself", sheet.Conventions{Year: "12 months"}, "in terms of itself"},
		{"no length", sheet.Conventions{Day: "long"}, "not a length of time"},
		{"no time", sheet.Conventions{Day: "5 GB"}, "not a length of time"},
		{"zero", sheet.Conventions{Day: "0 s"}, "not a length of time"},
		{"too long", sheet.Conventions{Day: "30 h"}, "80,000 to 100,000"},
		{"odd bytes", sheet.Conventions{Bytes: "ternary"}, "decimal"},
	} {
		c, err := row.conventions.Calendar()
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = c.String()
		}
		if !strings.Contains(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// unitText draws a unit as people write it.
func unitText() *rapid.Generator[string] {
	word := rapid.SampledFrom([]string{"users", "tweets", "GB", "KiB", "s", "day", "month", "$", "server", "ms", "Mbit"})
	return rapid.Custom(func(t *rapid.T) string {
		text := word.Draw(t, "word")
		for range rapid.IntRange(0, 4).Draw(t, "more") {
			text += rapid.SampledFrom([]string{"/", "*", "-"}).Draw(t, "by") + word.Draw(t, "word")
			if rapid.Bool().Draw(t, "raised") {
				text += "^2"
			}
		}
		return text
	})
}

func parsed(t *rapid.T, c sheet.Calendar, name string) sheet.Unit {
	text := unitText().Draw(t, name)
	u, err := sheet.ParseUnit(text, c)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return u
}

func TestUnitsRoundTrip(t *testing.T) {
	c := calendar(t, sheet.Conventions{Day: "86400 s"})
	rapid.Check(t, func(t *rapid.T) {
		u := parsed(t, c, "unit")
		back, err := sheet.ParseUnit(u.String(), c)
		if err != nil || back.Factor().Cmp(u.Factor()) != 0 || !back.Dimension().Equal(u.Dimension()) {
			t.Fatalf("%q became %q: %v", u, back, err)
		}
	})
}

func TestDimensionLaws(t *testing.T) {
	c := calendar(t, sheet.Conventions{})
	one := sheet.Dimension{}
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := parsed(t, c, "x"), parsed(t, c, "y"), parsed(t, c, "z")
		a, b, d := x.Dimension(), y.Dimension(), z.Dimension()
		m, n := rapid.IntRange(-4, 4).Draw(t, "m"), rapid.IntRange(-4, 4).Draw(t, "n")
		for law, ok := range map[string]bool{
			"a b = b a":         a.Mul(b).Equal(b.Mul(a)),
			"a (b d) = (a b) d": a.Mul(b.Mul(d)).Equal(a.Mul(b).Mul(d)),
			"a 1 = a":           a.Mul(one).Equal(a),
			"a / a = 1":         a.Div(a).Plain(),
			"(a b) / b = a":     a.Mul(b).Div(b).Equal(a),
			"a^m a^n = a^(m+n)": a.Pow(m).Mul(a.Pow(n)).Equal(a.Pow(m + n)),
			"(a b)^n = a^n b^n": a.Mul(b).Pow(n).Equal(a.Pow(n).Mul(b.Pow(n))),
			"(a^m)^n = a^(m n)": a.Pow(m).Pow(n).Equal(a.Pow(m * n)),
		} {
			if !ok {
				t.Fatalf("%s fails for %s, %s, %s, %d, %d", law, a, b, d, m, n)
			}
		}
		product, err := sheet.ParseUnit(x.String()+"*"+strings.TrimPrefix(z.String(), "/"), c)
		if err == nil && product.Factor().Cmp(new(big.Rat).Mul(x.Factor(), z.Factor())) != 0 {
			t.Fatalf("%s times %s is %v", x, z, product.Factor())
		}
	})
}

func FuzzParseUnit(f *testing.F) {
	for _, seed := range []string{"tweets/user/day", "$/GB-month", "s^2", "1", "%", "/s", "B pages", "µs"} {
		f.Add(seed)
	}
	c := calendar(f, sheet.Conventions{})
	f.Fuzz(func(t *testing.T, text string) {
		u, err := sheet.ParseUnit(text, c)
		if err != nil {
			return
		}
		if u.Factor().Sign() <= 0 {
			t.Errorf("%q has the factor %v", text, u.Factor())
		}
		if back, err := sheet.ParseUnit(u.String(), c); err != nil || !back.Dimension().Equal(u.Dimension()) {
			t.Errorf("%q is written %q: %v", text, u, err)
		}
	})
}
