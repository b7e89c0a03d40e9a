package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// Bounds of a number as it is written.
const (
	maxDigits = 60
	maxPower  = 100 // of ten
)

// scales are the words for large numbers. B is not among them: it is a byte.
var scales = map[string]int64{
	"k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "tn": 1e12, "trillion": 1e12,
}

// scanNumber reads a number at the start of a text and returns what follows:
// "86,400 s", "2.5e6", "1/30 month", "300 M users", "50%".
func scanNumber(text string) (*big.Rat, string, error) {
	number, rest, err := scanFraction(text)
	if err != nil {
		return nil, text, err
	}
	by, rest := scanScale(rest)
	if by != nil {
		number.Mul(number, by)
	}
	return number, rest, nil
}

// scanFraction reads a number, or one divided by another: "1/30".
func scanFraction(text string) (*big.Rat, string, error) {
	number, rest, err := scanDecimal(text, true)
	if err != nil {
		return nil, text, err
	}
	after, ok := strings.CutPrefix(rest, "/")
	if !ok || after == "" || !digit(after[0]) {
		return number, rest, nil
	}
	divisor, rest, err := scanDecimal(after, true)
	switch {
	case err != nil:
		return nil, text, err
	case divisor.Sign() == 0:
		return nil, text, Error{Problem: quote(text) + " divides by zero"}
	}
	return number.Quo(number, divisor), rest, nil
}

var percentage = big.NewRat(1, 100)

// scanScale reads "%" or a word for a large number; nil when there is none.
func scanScale(text string) (*big.Rat, string) {
	trimmed := strings.TrimLeft(text, " ")
	if rest, ok := strings.CutPrefix(trimmed, "%"); ok {
		return new(big.Rat).Set(percentage), rest
	}
	word := trimmed[:wordLength(trimmed)]
	if by, ok := scales[word]; ok {
		return big.NewRat(by, 1), trimmed[len(word):]
	}
	return nil, text
}

// scanDecimal reads digits, a fraction and an exponent. Commas between groups
// of three digits are allowed where asked for, underscores everywhere.
func scanDecimal(text string, commas bool) (*big.Rat, string, error) {
	end := 0
	if strings.HasPrefix(text, "-") {
		end = 1
	}
	first := end
	for end < len(text) {
		c := text[end]
		next := end+1 < len(text) && digit(text[end+1])
		group := commas && c == ',' && end > first && threeDigits(text[end+1:])
		if !digit(c) && !(c == '_' && end > first && next) && !group {
			break
		}
		end++
	}
	if end+1 < len(text) && text[end] == '.' && digit(text[end+1]) {
		for end++; end < len(text) && digit(text[end]); end++ {
		}
	}
	if end == first {
		return nil, text, Error{Problem: quote(text) + " does not start with a number", Allowed: `a number like 2, 1.5, 1e6, 86,400 or 300 M`}
	}
	digits := strings.NewReplacer(",", "", "_", "").Replace(text[:end])
	exponent, rest, err := scanExponent(text[end:])
	if err != nil {
		return nil, text, err
	}
	if len(digits) > maxDigits {
		return nil, text, Error{Problem: fmt.Sprintf("a number of %d digits", len(digits)), Allowed: fmt.Sprintf("at most %d", maxDigits)}
	}
	value, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil, text, Error{Problem: quote(digits) + " is not a number"}
	}
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil))
	if exponent < 0 {
		return value.Quo(value, ten), rest, nil
	}
	return value.Mul(value, ten), rest, nil
}

// scanExponent reads "e6" or "e-3"; an "e" without digits is not one.
func scanExponent(text string) (int, string, error) {
	if text == "" || text[0] != 'e' && text[0] != 'E' {
		return 0, text, nil
	}
	at, sign := 1, 1
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		if text[at] == '-' {
			sign = -1
		}
		at++
	}
	if at >= len(text) || !digit(text[at]) {
		return 0, text, nil
	}
	value := 0
	for ; at < len(text) && digit(text[at]); at++ {
		value = min(value*10+int(text[at]-'0'), maxPower+1)
	}
	if value > maxPower {
		return 0, text, Error{Problem: fmt.Sprintf("a power of ten beyond %d", maxPower), Allowed: fmt.Sprintf("1e-%d to 1e%d", maxPower, maxPower)}
	}
	return sign * value, text[at:], nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// threeDigits reports whether a text starts with exactly three digits.
func threeDigits(text string) bool {
	return len(text) >= 3 && digit(text[0]) && digit(text[1]) && digit(text[2]) && (len(text) == 3 || !digit(text[3]))
}

// wordLength is the length of the word that a text starts with; µ is a letter
// of units.
func wordLength(text string) int {
	n := 0
	for n < len(text) && (letter(text[n]) || n > 0 && digit(text[n])) {
		n++
	}
	if n == 0 && strings.HasPrefix(text, "µs") {
		return len("µs")
	}
	return n
}
