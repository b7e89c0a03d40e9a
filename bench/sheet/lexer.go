package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// tokenKind is what a piece of a formula is.
type tokenKind int

const (
	numberToken tokenKind = iota
	nameToken
	symbolToken // + - * / ^ ( ) ,
	compareToken
	endToken
)

// token is a piece of a formula. A number's value is in base units.
type token struct {
	kind      tokenKind
	text      string
	value     *big.Rat
	dimension Dimension
}

// lexer cuts a formula into tokens.
type lexer struct {
	calendar Calendar
	// isName tells names of the sheet from words of units.
	isName func(string) bool
}

// tokens cuts a whole text; the last token is the end.
func (l lexer) tokens(text string) ([]token, error) {
	if len(text) > maxFormula {
		return nil, Error{Problem: fmt.Sprintf("a formula of %d bytes", len(text)), Allowed: fmt.Sprintf("at most %d", maxFormula)}
	}
	var out []token
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimLeft(rest, " \t\n") {
		t, after, err := l.next(rest)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, t), after
	}
	return append(out, token{kind: endToken, text: "the end"}), nil
}

func (l lexer) next(text string) (token, string, error) {
	switch c := text[0]; {
	case digit(c):
		return l.number(text)
	case letter(c):
		n := wordLength(text)
		return token{kind: nameToken, text: text[:n]}, text[n:], nil
	case strings.IndexByte("+-*/^(),", c) >= 0:
		return token{kind: symbolToken, text: text[:1]}, text[1:], nil
	}
	for _, op := range comparisons {
		if rest, ok := strings.CutPrefix(text, op); ok {
			return token{kind: compareToken, text: op}, rest, nil
		}
	}
	return token{}, text, Error{Problem: fmt.Sprintf("%s is not part of a formula", quote(clip(text, 10))), Allowed: "names, numbers, + - * / ^ ( ) and functions"}
}

// comparisons of checks, longest first.
var comparisons = []string{"==", "<=", ">=", "<", ">", "~"}

// number reads a number with a unit: "5", "50%", "2 days", "10 M [users/day]".
func (l lexer) number(text string) (token, string, error) {
	number, rest, err := scanDecimal(text, false)
	if err != nil {
		return token{}, text, err
	}
	by, rest := scanScale(rest)
	bare := by == nil
	if !bare {
		number.Mul(number, by)
	}
	unit, after, err := l.unit(rest)
	if err != nil {
		return token{}, text, err
	}
	t := token{kind: numberToken, text: text[:len(text)-len(after)], value: number}
	if after == rest {
		t.text = text[:len(text)-len(rest)]
		if bare {
			err = bareConversion(number)
		}
		return t, rest, err
	}
	t.value, t.dimension = number.Mul(number, unit.one()), unit.dimension
	return t, after, conflict(t.value, unit, l.calendar)
}

// unit reads the unit behind a number: one word, or more in brackets.
func (l lexer) unit(text string) (Unit, string, error) {
	trimmed := strings.TrimLeft(text, " ")
	if inner, ok := strings.CutPrefix(trimmed, "["); ok {
		inside, after, closed := strings.Cut(inner, "]")
		if !closed {
			return Unit{}, text, Error{Problem: `"[" without "]"`, Allowed: "a unit in brackets: 1 [KB/query]"}
		}
		unit, err := ParseUnit(inside, l.calendar)
		return unit, after, err
	}
	n := wordLength(trimmed)
	word := trimmed[:n]
	if n == 0 {
		return Unit{}, text, nil
	}
	if l.isName(word) {
		return Unit{}, text, Error{Problem: fmt.Sprintf("%s stands right behind a number", quote(word)), Allowed: fmt.Sprintf("write * before %s for a product, or [%s] for a unit", word, word)}
	}
	unit, err := ParseUnit(word, l.calendar)
	return unit, trimmed[n:], err
}
