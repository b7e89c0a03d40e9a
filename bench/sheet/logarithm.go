package sheet

import (
	"fmt"
	"math"
	"math/big"
)

// squareRoot is exact for squares of fractions, otherwise rounded to 512 bits.
func squareRoot(args []value) (value, error) {
	v := args[0]
	dim, ok := v.dim.root(2)
	if !ok {
		return v, Error{Problem: fmt.Sprintf("sqrt of %s", v.dim), Allowed: "a plain number, or squares of units"}
	}
	if v.lo.Sign() < 0 {
		return v, Error{Problem: fmt.Sprintf("sqrt of %s", v.interval), Allowed: "zero or more"}
	}
	return v.rising(dim, func(r *big.Rat) (*big.Rat, error) {
		over, under := new(big.Int).Sqrt(r.Num()), new(big.Int).Sqrt(r.Denom())
		root := new(big.Rat).SetFrac(over, under)
		if new(big.Rat).Mul(root, root).Cmp(r) == 0 {
			return root, nil
		}
		f := new(big.Float).SetPrec(roundBits).SetRat(r)
		out, _ := f.Sqrt(f).Rat(nil)
		return out, nil
	})
}

// logarithm to a fixed base above 1.
func logarithm(args []value) (value, error) {
	v, base := args[0], args[1]
	if err := v.plain("the argument of log"); err != nil {
		return v, err
	}
	if err := base.plain("the base of log"); err != nil {
		return v, err
	}
	if v.lo.Sign() <= 0 {
		return v, Error{Problem: fmt.Sprintf("log of %s", v.interval), Allowed: "more than zero"}
	}
	if !base.point() || base.lo.Cmp(big.NewRat(1, 1)) <= 0 {
		return v, Error{Problem: fmt.Sprintf("log to the base %s", base.interval), Allowed: "a base above 1 that is not a range"}
	}
	return v.rising(Dimension{}, func(r *big.Rat) (*big.Rat, error) { return logTo(r, base.lo) })
}

// logTo is exact for whole powers of the base, so that ceil(log(1000, 10)) is 3;
// otherwise it is right to about 15 digits.
func logTo(r, base *big.Rat) (*big.Rat, error) {
	x := naturalLog(r) / naturalLog(base)
	if n := math.Round(x); math.Abs(x-n) < 1e-9 && math.Abs(n) <= maxRaised {
		of := r
		if n < 0 {
			of = new(big.Rat).Inv(r)
		}
		if power, err := raised(base, int(math.Abs(n))); err == nil && power.Cmp(of) == 0 {
			return big.NewRat(int64(n), 1), nil
		}
	}
	out := new(big.Rat).SetFloat64(x)
	if out == nil {
		return nil, Error{Problem: "the result of log is not finite", Allowed: "a base that is not this near to 1"}
	}
	return out, nil
}

// naturalLog of a fraction above zero; near 1 by its distance from 1, which
// loses no digits.
func naturalLog(r *big.Rat) float64 {
	from1, _ := new(big.Rat).Sub(r, big.NewRat(1, 1)).Float64()
	if math.Abs(from1) < 0.5 {
		return math.Log1p(from1)
	}
	mantissa := new(big.Float)
	exponent := new(big.Float).SetRat(r).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log(m) + float64(exponent)*math.Ln2
}
