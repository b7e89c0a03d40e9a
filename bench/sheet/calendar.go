package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// Conventions are what a sheet means by a day, a month, a year and a KB. Each
// length is written as a quantity ("86400 s", "1e5 s", "30 days", "1/30 month",
// "12 months", "365.25 days"). Empty fields: a day has 24 hours; a year has 12
// months, or 365 days where the month is not given either.
type Conventions struct {
	Day, Month, Year string
	// Bytes is "decimal" (1 KB is 1,000 B; also when empty) or "binary" (1,024
	// B). KiB and its kind are always binary.
	Bytes string
}

// Calendar is the one length of each unit of time in a sheet. The zero value
// is not usable; Conventions make one.
type Calendar struct {
	day, month, year *big.Rat // seconds
	binary           bool
}

const (
	secondsPerHour = 3600
	hoursPerDay    = 24
)

// Calendar works the conventions out. It refuses those that give one unit two
// lengths: a month that is not a whole number of days (or a twelfth of the
// year), a year that is not 12 months, and lengths that nobody uses.
func (c Conventions) Calendar() (Calendar, error) {
	d, m, y := c.Day, c.Month, c.Year
	if d == "" {
		d = "24 h"
	}
	if y == "" && m == "" {
		y = "365 days"
	}
	if y == "" {
		y = "12 months"
	}
	if m == "" {
		m = "1/12 year"
	}
	r := resolver{spec: map[string]string{"day": d, "month": m, "year": y}, busy: map[string]bool{}}
	var out Calendar
	for _, u := range []struct {
		name string
		to   **big.Rat
	}{{"day", &out.day}, {"month", &out.month}, {"year", &out.year}} {
		seconds, err := r.length(u.name)
		if err != nil {
			return Calendar{}, because("conventions."+u.name, "", err)
		}
		*u.to = seconds
	}
	switch strings.TrimSpace(c.Bytes) {
	case "", "decimal":
	case "binary":
		out.binary = true
	default:
		return Calendar{}, Error{"conventions.bytes", "is " + quote(c.Bytes), "decimal (1 KB is 1,000 B) or binary (1,024 B)"}
	}
	return out, out.consistent()
}

// resolver works out lengths that are written in one another.
type resolver struct {
	spec map[string]string
	busy map[string]bool
}

// length is a unit's length in seconds. Each unit is entered once at a time,
// so it ends.
func (r resolver) length(name string) (*big.Rat, error) {
	const allowed = `a length like "86400 s", "30 days" or "12 months"`
	if r.busy[name] {
		return nil, Error{Problem: "is written in terms of itself", Allowed: "one of day, month and year in seconds"}
	}
	r.busy[name] = true
	defer delete(r.busy, name)
	number, rest, err := scanNumber(strings.TrimSpace(r.spec[name]))
	word := strings.TrimSpace(rest)
	if err != nil || number.Sign() <= 0 {
		return nil, Error{Problem: quote(r.spec[name]) + " is not a length of time", Allowed: allowed}
	}
	seconds := new(big.Rat)
	switch singular := strings.TrimSuffix(word, "s"); {
	case word == "s", singular == "second":
		seconds.SetInt64(1)
	case word == "h", singular == "hour":
		seconds.SetInt64(secondsPerHour)
	case singular == "day", singular == "month", singular == "year":
		if seconds, err = r.length(singular); err != nil {
			return nil, err
		}
	default:
		return nil, Error{Problem: quote(r.spec[name]) + " is not a length of time", Allowed: allowed}
	}
	return new(big.Rat).Mul(number, seconds), nil
}

// consistent refuses lengths that contradict one another.
func (c Calendar) consistent() error {
	days := func(r *big.Rat) *big.Rat { return new(big.Rat).Quo(r, c.day) }
	twelve := new(big.Rat).Mul(c.month, big.NewRat(12, 1))
	month, year := days(c.month), days(c.year)
	switch {
	case !between(c.day, 80_000, 100_000):
		return Error{"conventions.day", fmt.Sprintf("a day of %s s", format(c.day)), "80,000 to 100,000 s"}
	case twelve.Cmp(c.year) != 0:
		return Error{"conventions", fmt.Sprintf("12 months of %s days are %s days, but the year has %s: two lengths for one year", format(month), format(days(twelve)), format(year)),
			`give the month or the year, or both so that a year is 12 months`}
	case !(month.IsInt() && between(month, 28, 31)) && !known(year):
		return Error{"conventions", fmt.Sprintf("a month of %s s is %s days of %s s: conventions of different sheets are mixed", format(c.month), format(month), format(c.day)),
			`28 to 31 whole days, or a year of 365, 365.25, 365.2425 or 366 days; for a month of 2.5e6 s write "day: 1/30 month"`}
	}
	return nil
}

// known reports whether it is the length of a year, in days, that people use:
// common, leap, Julian or Gregorian.
func known(year *big.Rat) bool {
	for _, days := range []*big.Rat{big.NewRat(365, 1), big.NewRat(366, 1), big.NewRat(36525, 100), big.NewRat(3652425, 10000)} {
		if year.Cmp(days) == 0 {
			return true
		}
	}
	return false
}

func between(r *big.Rat, low, high int64) bool {
	return r.Cmp(big.NewRat(low, 1)) >= 0 && r.Cmp(big.NewRat(high, 1)) <= 0
}

// hours reports whether a day has 24 hours.
func (c Calendar) hours() bool { return c.day.Cmp(big.NewRat(hoursPerDay*secondsPerHour, 1)) == 0 }

// String is the calendar in words.
func (c Calendar) String() string {
	kb := "1,000"
	if c.binary {
		kb = "1,024"
	}
	fine := func(r *big.Rat) string { return commas(trimZeros(r.FloatString(4))) } // a year of 365.2425 days
	return fmt.Sprintf("A day is %s s, a month %s days, a year %s days; 1 KB is %s B.", fine(c.day),
		fine(new(big.Rat).Quo(c.month, c.day)), fine(new(big.Rat).Quo(c.year, c.day)), kb)
}
