package sheet

import (
	"fmt"
	"math/big"
)

// Lengths of a day, a month and a year in seconds that estimates use. One that
// is not the sheet's own, written in seconds, is a second convention.
var customary = []int64{86_400, 100_000, 2_500_000, 2_592_000, 2_628_000, 31_536_000, 31_557_600}

// customaryDays are the numbers of days that make a day, a week, a month or a
// year.
var customaryDays = []*big.Rat{
	big.NewRat(1, 1), big.NewRat(7, 1), big.NewRat(28, 1), big.NewRat(29, 1), big.NewRat(30, 1), big.NewRat(31, 1),
	big.NewRat(360, 1), big.NewRat(365, 1), big.NewRat(36525, 100), big.NewRat(3652425, 10000), big.NewRat(366, 1),
}

// conflict refuses a quantity that says another length of a day, a month or a
// year than the conventions: "1e5 s/day" or "100,000 s" where a day has 86,400.
func conflict(value *big.Rat, unit Unit, c Calendar) error {
	if unit.converts(c) && value.Cmp(big.NewRat(1, 1)) != 0 && value.Cmp(big.NewRat(8, 10)) > 0 && value.Cmp(big.NewRat(12, 10)) < 0 {
		given := new(big.Rat).Quo(value, unit.one())
		own := new(big.Rat).Inv(unit.one())
		return Error{Problem: fmt.Sprintf("%s %s, but the sheet's conventions say %s: two conventions in one sheet", format(given), unit, format(own)),
			Allowed: "leave it out, units convert themselves; or change the conventions"}
	}
	if len(unit.terms) != 1 || unit.terms[0].exponent != 1 || unit.terms[0].word != "s" || !value.IsInt() {
		return nil
	}
	days := new(big.Rat).Quo(value, c.day)
	for _, own := range []*big.Rat{c.month, c.year} {
		if own.Cmp(value) == 0 {
			return nil
		}
	}
	for _, d := range customaryDays {
		if d.Cmp(days) == 0 {
			return nil
		}
	}
	for _, s := range customary {
		if value.Cmp(big.NewRat(s, 1)) == 0 {
			return Error{Problem: fmt.Sprintf("%s s is the length of a day, a month or a year by another convention; here a day has %s s", format(value), format(c.day)),
				Allowed: `write "1 day", or change the conventions`}
		}
	}
	return nil
}

// bareConversions are numbers that turn one unit into another. Without a unit
// in a formula they would convert what is converted already.
var bareConversions = []*big.Rat{
	big.NewRat(24, 1), big.NewRat(60, 1), big.NewRat(365, 1), big.NewRat(36525, 100), big.NewRat(366, 1), big.NewRat(1024, 1), big.NewRat(1440, 1),
	big.NewRat(3600, 1), big.NewRat(86_400, 1), big.NewRat(604_800, 1), big.NewRat(1<<20, 1), big.NewRat(2_500_000, 1),
	big.NewRat(2_592_000, 1), big.NewRat(2_628_000, 1), big.NewRat(31_536_000, 1), big.NewRat(31_557_600, 1), big.NewRat(1<<30, 1),
}

func bareConversion(number *big.Rat) error {
	for _, c := range bareConversions {
		if c.Cmp(number) == 0 {
			return Error{Problem: fmt.Sprintf("the bare number %s looks like a conversion of units, which are converted anyway", format(number)),
				Allowed: `leave it out, give it a unit as in "365 days", or make it an input with a name`}
		}
	}
	return nil
}
