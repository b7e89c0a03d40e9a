package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// quantity is a value as it is written, in base units.
type quantity struct {
	low, point, high *big.Rat
	unit             Unit
	ranged           bool
}

const maxQuantity = 200 // bytes

// parseQuantity reads "300 M users", "50%", "$0.01/GB-month", "10..40 users" or
// "10..15..40 users".
func parseQuantity(text string, c Calendar) (quantity, error) {
	if len(text) > maxQuantity {
		return quantity{}, Error{Problem: fmt.Sprintf("is %d bytes long", len(text)), Allowed: fmt.Sprintf("at most %d", maxQuantity)}
	}
	rest, money := strings.CutPrefix(strings.TrimSpace(text), "$")
	if rest == "" {
		return quantity{}, Error{Problem: "has no value", Allowed: `a quantity like "300 M users", "50%" or "10..40 servers"`}
	}
	numbers, rest, percent, err := scanRange(rest)
	if err != nil {
		return quantity{}, err
	}
	rest = strings.TrimSpace(rest)
	switch {
	case money && rest != "" && rest[0] != '/':
		return quantity{}, Error{Problem: quote(text) + " is dollars and something else", Allowed: `"$5", "$0.01/GB-month"`}
	case money:
		rest = "$" + rest
	case percent && rest == "":
		rest = "%"
	}
	unit, err := ParseUnit(rest, c)
	if err != nil {
		return quantity{}, err
	}
	q := quantity{low: numbers[0], point: numbers[0], high: numbers[len(numbers)-1], unit: unit, ranged: len(numbers) > 1}
	switch len(numbers) {
	case 2:
		q.point = new(big.Rat).Quo(new(big.Rat).Add(q.low, q.high), big.NewRat(2, 1))
	case 3:
		q.point = numbers[1]
	}
	if q.low.Cmp(q.point) > 0 || q.point.Cmp(q.high) > 0 {
		return quantity{}, Error{Problem: quote(text) + " is not in order", Allowed: "low..high or low..point..high"}
	}
	by := unit.one()
	if rest == "%" {
		by = big.NewRat(1, 1) // the number has it already
	}
	times := func(r *big.Rat) *big.Rat { return new(big.Rat).Mul(r, by) }
	q.low, q.point, q.high = times(q.low), times(q.point), times(q.high)
	q.ranged = q.low.Cmp(q.high) != 0
	return q, nil
}

// scanRange reads one to three numbers with ".." between. A word for large
// numbers, or a "%", behind the last one holds for those without one. Percent
// says that the last one had a "%".
func scanRange(text string) (numbers []*big.Rat, rest string, percent bool, err error) {
	var scales []*big.Rat
	for rest = text; ; {
		number, tail, err := scanFraction(strings.TrimLeft(rest, " "))
		if err != nil {
			return nil, rest, false, err
		}
		by, tail := scanScale(tail)
		numbers, scales = append(numbers, number), append(scales, by)
		after, more := strings.CutPrefix(strings.TrimLeft(tail, " "), "..")
		rest = tail
		if !more {
			break
		}
		if len(numbers) == 3 {
			return nil, rest, false, Error{Problem: "has more than three numbers", Allowed: "low..high or low..point..high"}
		}
		rest = after
	}
	last := scales[len(scales)-1]
	for i, by := range scales {
		if by == nil {
			by = last
		}
		if by != nil {
			numbers[i].Mul(numbers[i], by)
		}
	}
	return numbers, rest, last != nil && last.Cmp(percentage) == 0, nil
}
