package sheet

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// function is what a formula can call.
type function struct {
	least, most int // arguments
	usage       string
	apply       func([]value) (value, error)
}

const manyArguments = 20

// functions by name; operators are in evaluate.go.
var functions = map[string]function{
	"min":       {2, manyArguments, "min(a, b, ...)", least},
	"max":       {2, manyArguments, "max(a, b, ...)", greatest},
	"ceil":      {1, 2, "ceil(count), or ceil(x, step) to a multiple of the step", ceil},
	"floor":     {1, 2, "floor(count), or floor(x, step) to a multiple of the step", floor},
	"sqrt":      {1, 1, "sqrt(x)", squareRoot},
	"log":       {2, 2, "log(x, base)", logarithm},
	"pow":       {2, 2, "pow(x, n), n a whole number", pow},
	"peak":      {2, 2, "peak(rate, factor)", peak},
	"servers":   {2, 2, "servers(rate, rate of one server)", servers},
	"keylength": {2, 2, "keylength(symbols, keys)", keyLength},
	"series":    {2, manyArguments, "series(a, b, ...): all are needed", series},
	"either":    {2, manyArguments, "either(a, b, ...): one is enough", either},
	"parallel":  {2, 2, "parallel(a, n): one of n equal ones is enough", parallel},
	"kofn":      {3, 3, "kofn(k, n, a): k of n equal ones are needed", kOfN},
	"nines":     {1, 1, "nines(availability)", nines},
	"downtime":  {2, 2, "downtime(availability, period)", downtime},
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

func least(args []value) (value, error)    { return extreme(args, -1) }
func greatest(args []value) (value, error) { return extreme(args, 1) }

// extreme is the least (-1) or the greatest (1) of its arguments.
func extreme(args []value, sign int) (value, error) {
	out := args[0]
	for _, a := range args[1:] {
		if !a.dim.Equal(out.dim) {
			return out, Error{Problem: fmt.Sprintf("compares %s with %s", a.dim, out.dim), Allowed: "arguments in units of one kind"}
		}
		trends := joined(out, 1, a, 1)
		if a.lo.Cmp(out.lo)*sign > 0 {
			out.lo = a.lo
		}
		if a.hi.Cmp(out.hi)*sign > 0 {
			out.hi = a.hi
		}
		out.trends = trends
	}
	return out, nil
}

func ceil(args []value) (value, error) {
	return toWhole("ceil", args, func(r *big.Rat) *big.Int {
		below := new(big.Int).Div(new(big.Int).Neg(r.Num()), r.Denom()) // Euclidean: rounds down for positive divisors
		return below.Neg(below)
	})
}

func floor(args []value) (value, error) {
	return toWhole("floor", args, func(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) })
}

// toWhole rounds counts to whole ones, and anything to multiples of a step.
func toWhole(name string, args []value, round func(*big.Rat) *big.Int) (value, error) {
	v, step := args[0], number(1)
	if len(args) == 1 && !v.dim.whole() {
		return v, Error{Problem: fmt.Sprintf("%s of %s: rounded to whole what?", name, v.dim), Allowed: fmt.Sprintf("a count, or a step: %s(x, 1 GB)", name)}
	}
	if len(args) == 2 {
		step = args[1]
		if !step.dim.Equal(v.dim) || !step.point() || step.lo.Sign() <= 0 {
			return v, Error{Problem: fmt.Sprintf("%s of %s in steps of %s (%s)", name, v.dim, step.interval, step.dim), Allowed: "a step above zero, in the same kind of unit and not a range"}
		}
	}
	return v.rising(v.dim, func(r *big.Rat) (*big.Rat, error) {
		steps := new(big.Rat).SetInt(round(new(big.Rat).Quo(r, step.lo)))
		return steps.Mul(steps, step.lo), nil
	})
}

func pow(args []value) (value, error) {
	n, err := args[1].whole("the exponent", -maxRaised, maxRaised)
	if err != nil {
		return args[0], err
	}
	if err := args[1].plain("the exponent"); err != nil {
		return args[0], err
	}
	return args[0].power(n)
}

const maxRaised = 1000

// peak is an average rate times how much higher the peak is.
func peak(args []value) (value, error) {
	if err := args[1].plain("the factor of a peak"); err != nil {
		return args[0], err
	}
	if args[1].lo.Cmp(big.NewRat(1, 1)) < 0 {
		return args[0], Error{Problem: fmt.Sprintf("the factor of a peak is %s", args[1].interval), Allowed: "at least 1: a peak is not below its average"}
	}
	return args[0].mul(args[1])
}

// servers is a load divided by what one carries, rounded up.
func servers(args []value) (value, error) {
	if args[1].sign() < 0 || args[1].hasZero() {
		return args[0], Error{Problem: fmt.Sprintf("one server carries %s", args[1].interval), Allowed: "more than zero"}
	}
	n, err := args[0].div(args[1])
	if err != nil {
		return n, err
	}
	return ceil([]value{n})
}

// keyLength is the least n with symbols^n >= keys.
func keyLength(args []value) (value, error) {
	symbols, err := args[0].whole("the number of symbols", 2, 1<<20)
	if err != nil {
		return args[0], err
	}
	if !args[1].dim.whole() || args[1].lo.Sign() < 0 {
		return args[1], Error{Problem: fmt.Sprintf("the number of keys is %s (%s)", args[1].interval, args[1].dim), Allowed: "a count of zero or more"}
	}
	return args[1].rising(Dimension{}, func(keys *big.Rat) (*big.Rat, error) {
		n, reach := int64(1), big.NewInt(int64(symbols))
		for ; new(big.Rat).SetInt(reach).Cmp(keys) < 0; n++ { // ends: keys are below 2^1001
			reach.Mul(reach, big.NewInt(int64(symbols)))
		}
		return big.NewRat(n, 1), nil
	})
}
