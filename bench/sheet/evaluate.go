package sheet

import (
	"fmt"
	"math/big"
)

// maxWork bounds the operations of one Solve; a function that sums many terms
// counts as many.
const (
	maxWork = 200_000
	manyOps = 300
)

// evaluator works formulas out in one assignment of values to names.
type evaluator struct {
	values map[string]value
	// work counts down over all evaluators of one Solve.
	work *int
}

func (e evaluator) of(n *node) (value, error) {
	cost := 1
	if n.name == "kofn" || n.name == "parallel" {
		cost = manyOps
	}
	if *e.work -= cost; *e.work < 0 {
		return value{}, Error{Problem: "the sheet takes too many operations", Allowed: fmt.Sprintf("at most %d: fewer steps, or fewer inputs with ranges", maxWork)}
	}
	switch {
	case n.value != nil:
		return value{interval: exactly(n.value.value), dim: n.value.dimension}, nil
	case n.args == nil:
		return e.values[n.name], nil
	}
	args := make([]value, len(n.args))
	for i, a := range n.args {
		v, err := e.of(a)
		if err != nil {
			return v, err
		}
		args[i] = v
	}
	out, err := apply(n.name, args)
	if err == nil && out.dim.tooHigh() {
		err = Error{Problem: "a unit to a very high power", Allowed: fmt.Sprintf("powers up to %d", maxExponent)}
	}
	return out, err
}

// apply works out an operator or a function.
func apply(name string, args []value) (value, error) {
	switch name {
	case "+":
		return args[0].add(args[1])
	case "-":
		if len(args) == 1 {
			return args[0].negative(), nil
		}
		return args[0].subtract(args[1])
	case "*":
		return args[0].mul(args[1])
	case "/":
		return args[0].div(args[1])
	case "^":
		return pow(args)
	}
	return functions[name].apply(args)
}

// holds reports whether a comparison holds for a whole interval of left - right,
// or of left/right - 1 for "~".
func holds(op string, difference interval, tolerance *big.Rat) bool {
	low, high := difference.lo.Sign(), difference.hi.Sign()
	switch op {
	case "<":
		return high < 0
	case "<=":
		return high <= 0
	case ">":
		return low > 0
	case ">=":
		return low >= 0
	case "~":
		return difference.hi.Cmp(tolerance) <= 0 && difference.lo.Cmp(new(big.Rat).Neg(tolerance)) >= 0
	}
	return low == 0 && high == 0
}
