package sheet

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Unit is a unit of measurement. The zero value is that of plain numbers.
type Unit struct {
	text      string
	factor    *big.Rat // in base units; nil is 1
	dimension Dimension
	// terms are the words with their exponents, as written.
	terms []term
}

// term is one word of a unit.
type term struct {
	word     string
	exponent int
}

// Bounds of a unit.
const (
	maxUnit  = 100 // bytes
	maxTerms = 12
	maxRaise = 9 // exponent of one word
)

// ParseUnit reads "tweets/user/day", "GB", "$/GB-month", "1/s", "%" or "1". A
// slash divides by the one word behind it, "*" multiplies, "-" binds two words
// more tightly than a slash, "^2" raises one. The error is an Error.
func ParseUnit(text string, c Calendar) (Unit, error) {
	text = strings.TrimSpace(text)
	u := Unit{text: text, factor: big.NewRat(1, 1)}
	if len(text) > maxUnit {
		return Unit{}, Error{Problem: fmt.Sprintf("a unit of %d bytes", len(text)), Allowed: fmt.Sprintf("at most %d", maxUnit)}
	}
	if text == "" || text == "1" {
		u.text = ""
		return u, nil
	}
	sign, rest := 1, text
	if after, ok := strings.CutPrefix(rest, "/"); ok {
		sign, rest = -1, after
	}
	for {
		after, err := u.group(strings.TrimLeft(rest, " "), sign, c)
		if err != nil {
			return Unit{}, err
		}
		after = strings.TrimLeft(after, " ")
		switch {
		case after == "":
			return u, u.checkTime(c)
		case after[0] == '/':
			sign = -1
		case after[0] == '*':
			sign = 1
		case letter(after[0]):
			return Unit{}, Error{Problem: fmt.Sprintf("unit %s: two words side by side before %s", quote(text), quote(after)), Allowed: `write "*", "-" or "/" between them; a billion is bn, B is a byte`}
		default:
			return Unit{}, Error{Problem: fmt.Sprintf("unit %s: %s is not part of a unit", quote(text), quote(after)), Allowed: `a unit like GB, tweets/user/day or $/GB-month`}
		}
		rest = after[1:]
	}
}

// group reads words that hyphens bind.
func (u *Unit) group(text string, sign int, c Calendar) (string, error) {
	for {
		rest, err := u.word(text, sign, c)
		if err != nil {
			return "", err
		}
		after, ok := strings.CutPrefix(rest, "-")
		if !ok {
			return rest, nil
		}
		text = after
	}
}

// word reads one word with its exponent.
func (u *Unit) word(text string, sign int, c Calendar) (string, error) {
	n := wordLength(text)
	if n == 0 && text != "" && strings.ContainsRune("%$1", rune(text[0])) {
		n = 1
	}
	if n == 0 {
		return "", Error{Problem: fmt.Sprintf("unit %s: a word is missing before %s", quote(u.text), quote(text)), Allowed: "a unit like GB, tweets/user/day or $/GB-month"}
	}
	word, rest, exponent := text[:n], text[n:], sign
	if after, ok := strings.CutPrefix(rest, "^"); ok {
		raise, err := strconv.Atoi(after[:min(1, len(after))])
		if err != nil || raise < 1 || len(after) > 1 && digit(after[1]) {
			return "", Error{Problem: fmt.Sprintf("unit %s: %s has no whole exponent", quote(u.text), quote(word)), Allowed: fmt.Sprintf("1 to %d", maxRaise)}
		}
		exponent, rest = sign*raise, after[1:]
	}
	factor, dimension, err := c.known(word)
	if err != nil {
		return "", err
	}
	if len(u.terms) == maxTerms {
		return "", Error{Problem: fmt.Sprintf("unit %s has too many words", quote(u.text)), Allowed: fmt.Sprintf("at most %d", maxTerms)}
	}
	u.terms = append(u.terms, term{word, exponent})
	u.factor = new(big.Rat).Mul(u.factor, powered(factor, exponent))
	u.dimension = u.dimension.Mul(dimension.Pow(exponent))
	return rest, nil
}

// powered raises a factor, which is not zero, to a small whole power.
func powered(r *big.Rat, n int) *big.Rat {
	out := big.NewRat(1, 1)
	for range max(n, -n) {
		out.Mul(out, r)
	}
	if n < 0 {
		out.Inv(out)
	}
	return out
}

// checkTime refuses hours where a day does not have 24 of them.
func (u Unit) checkTime(c Calendar) error {
	isHour := func(t term) bool { return slices.Contains([]string{"h", "hour", "hours"}, t.word) }
	if !c.hours() && slices.ContainsFunc(u.terms, isHour) {
		return Error{Problem: fmt.Sprintf("unit %s: a day of %s s does not have 24 hours", quote(u.text), format(c.day)),
			Allowed: "seconds, minutes or days; or the convention of a day of 86,400 s"}
	}
	return nil
}

// converts reports a unit in which lengths of time cancel, such as s/day: a
// conversion, which the conventions give already.
func (u Unit) converts(c Calendar) bool {
	up, down := false, false
	for _, t := range u.terms {
		if _, d, err := c.known(t.word); err == nil && d.Equal(base(timeKey, "")) {
			up, down = up || t.exponent > 0, down || t.exponent < 0
		}
	}
	return up && down && u.dimension.Plain()
}

// Dimension of the unit.
func (u Unit) Dimension() Dimension { return u.dimension }

// Factor is the unit's size in base units: seconds, bytes, dollars, ones. The
// caller owns it.
func (u Unit) Factor() *big.Rat { return new(big.Rat).Set(u.one()) }

func (u Unit) one() *big.Rat {
	if u.factor == nil {
		return big.NewRat(1, 1)
	}
	return u.factor
}

// String is the unit as it was written; empty for plain numbers.
func (u Unit) String() string { return u.text }
