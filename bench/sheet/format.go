package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// digits is how many significant digits a number is shown with.
const digits = 4

// wordScales are the words behind large numbers, largest first.
var wordScales = []struct {
	word string
	size int64
}{{"tn", 1e12}, {"bn", 1e9}, {"M", 1e6}}

// longest is how many digits of a whole number are written out.
const longest = 30

// format writes a number as people do: 3,472, 150 M, 54.75, 0.9998. Whole
// numbers are exact up to 30 digits, 3,521,614,606,208; others have four
// significant digits, and all of those before the point.
func format(r *big.Rat) string {
	size := new(big.Rat).Abs(r)
	sign := ""
	if r.Sign() < 0 {
		sign = "-"
	}
	if size.IsInt() {
		return sign + formatWhole(size)
	}
	switch {
	case size.Cmp(big.NewRat(1e15, 1)) >= 0 || size.Cmp(big.NewRat(1, 1e6)) < 0:
		return sign + scientific(size)
	case size.Cmp(big.NewRat(9, 10)) > 0 && size.Cmp(big.NewRat(1, 1)) < 0:
		return sign + nearOne(size)
	}
	for _, s := range wordScales {
		if size.Cmp(big.NewRat(s.size, 1)) >= 0 {
			return sign + significant(new(big.Rat).Quo(size, big.NewRat(s.size, 1))) + " " + s.word
		}
	}
	return sign + significant(size)
}

func formatWhole(r *big.Rat) string {
	for _, s := range wordScales {
		if r.Cmp(big.NewRat(s.size, 1)) < 0 {
			continue
		}
		// "36.525 M" says it all; more digits than three do not.
		scaled := new(big.Rat).Quo(r, big.NewRat(s.size, 1))
		if new(big.Rat).Mul(scaled, big.NewRat(1000, 1)).IsInt() {
			return commas(trimZeros(scaled.FloatString(3))) + " " + s.word
		}
		break
	}
	text := r.Num().String()
	if len(text) > longest {
		return scientific(r)
	}
	return commas(text)
}

// significant rounds to four significant digits, but keeps whole numbers.
func significant(r *big.Rat) string {
	after := digits - 1
	for limit := big.NewRat(10, 1); after > 0 && r.Cmp(limit) >= 0; after-- {
		limit.Mul(limit, big.NewRat(10, 1))
	}
	if r.Cmp(big.NewRat(1, 1)) < 0 {
		after = digits
		for limit := big.NewRat(1, 10); r.Cmp(limit) < 0 && after < 12; after++ {
			limit.Quo(limit, big.NewRat(10, 1))
		}
	}
	return commas(trimZeros(r.FloatString(after)))
}

// nearOne shows a share so that the distance to 1 keeps its digits: 0.999799.
func nearOne(r *big.Rat) string {
	gap := new(big.Rat).Sub(big.NewRat(1, 1), r)
	after := digits
	for limit := big.NewRat(1, 10); gap.Cmp(limit) < 0 && after < 20; after++ {
		limit.Quo(limit, big.NewRat(10, 1))
	}
	text := trimZeros(r.FloatString(after))
	if text == "1" {
		return "just below 1"
	}
	return text
}

// scientific is a number like 6.022e23.
func scientific(r *big.Rat) string {
	text := new(big.Float).SetPrec(roundBits).SetRat(r).Text('e', digits-1)
	mantissa, exponent, _ := strings.Cut(text, "e")
	sign, number := exponent[:1], strings.TrimLeft(exponent[1:], "0")
	if sign == "+" {
		sign = ""
	}
	return trimZeros(mantissa) + "e" + sign + number
}

func trimZeros(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// commas groups the digits before the point by three.
func commas(text string) string {
	whole, fraction, point := strings.Cut(text, ".")
	var b strings.Builder
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// withUnit writes a number that is in this unit: "30 TB/day", "50%", "$2,700".
func withUnit(r *big.Rat, u Unit) string {
	text := format(r)
	switch {
	case u.text == "":
		return text
	case u.text == "%":
		// 99.9799% keeps what is missing to 100%.
		if share := new(big.Rat).Quo(r, big.NewRat(100, 1)); share.Cmp(big.NewRat(9, 10)) > 0 && share.Cmp(big.NewRat(1, 1)) < 0 {
			return hundredfold(nearOne(share)) + "%"
		}
		return text + "%"
	case strings.HasPrefix(u.text, "$"):
		if rest, negative := strings.CutPrefix(text, "-"); negative {
			return "-$" + rest + u.text[1:]
		}
		return "$" + text + u.text[1:]
	}
	return text + " " + u.text
}

// hundredfold moves the point of a text by two digits.
func hundredfold(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return "just below 100"
	}
	r.Mul(r, big.NewRat(100, 1))
	return trimZeros(r.FloatString(20))
}

// percent writes a share with its sign: "+0.8%", "-12%".
func percent(r *big.Rat) string {
	f, _ := r.Float64()
	switch {
	case f == 0:
		return "exact"
	case f > -0.0005 && f < 0.0005:
		return "less than 0.1%"
	case f > -0.1 && f < 0.1:
		return fmt.Sprintf("%+.1f%%", f*100)
	case f > -10 && f < 10:
		return fmt.Sprintf("%+.0f%%", f*100)
	}
	return fmt.Sprintf("%.0f times", f+1)
}
