package sheet

import (
	"fmt"
	"math/big"
)

// Availabilities are shares of time between 0 and 1. All formulas assume that
// parts fail independently of one another and that failover takes no time.

// ratio refuses what is not a share.
func (v value) ratio(what string) error {
	if err := v.plain(what); err != nil {
		return err
	}
	if v.lo.Sign() < 0 || v.hi.Cmp(big.NewRat(1, 1)) > 0 {
		return Error{Problem: fmt.Sprintf("%s is %s", what, v.interval), Allowed: "an availability from 0% to 100%"}
	}
	return nil
}

// series is the product: every part is needed.
func series(args []value) (value, error) {
	out := number(1)
	for _, a := range args {
		err := a.ratio("an availability")
		if err == nil {
			out, err = out.mul(a)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// either is 1 - (1-a)(1-b)...: one part is enough.
func either(args []value) (value, error) {
	down := number(1)
	for _, a := range args {
		err := a.ratio("an availability")
		if err != nil {
			return down, err
		}
		off, err := number(1).subtract(a)
		if err != nil {
			return off, err
		}
		if down, err = down.mul(off); err != nil {
			return down, err
		}
	}
	return number(1).subtract(down)
}

// maxParts bounds n of parallel and kofn.
const maxParts = 200

// parallel is 1 - (1-a)^n.
func parallel(args []value) (value, error) {
	n, err := args[1].whole("the number of parts", 1, maxParts)
	if err != nil {
		return args[0], err
	}
	return kOutOfN(1, n, args[0])
}

// kOfN is the sum over i = k..n of C(n,i) a^i (1-a)^(n-i).
func kOfN(args []value) (value, error) {
	n, err := args[1].whole("n", 1, maxParts)
	if err != nil {
		return args[0], err
	}
	k, err := args[0].whole("k", 1, n)
	if err != nil {
		return args[0], err
	}
	return kOutOfN(k, n, args[2])
}

func kOutOfN(k, n int, a value) (value, error) {
	if err := a.ratio("an availability"); err != nil {
		return a, err
	}
	return a.rising(Dimension{}, func(r *big.Rat) (*big.Rat, error) { return atLeast(k, n, r), nil })
}

// atLeast is the probability that k or more of n are up: 1 minus that fewer
// than k are. It is exact, but for long fractions, which are worked out with
// 512 bits.
func atLeast(k, n int, up *big.Rat) *big.Rat {
	if up.Sign() == 0 || up.IsInt() { // 0 or 1
		return up
	}
	if up.Denom().BitLen()*n > 4*maxBits {
		return atLeastRounded(k, n, up)
	}
	// With up = p/q: sum over i = 0..k-1 of C(n,i) p^i (q-p)^(n-i), over q^n.
	down := new(big.Int).Sub(up.Denom(), up.Num())
	power := func(base *big.Int, e int) *big.Int { return new(big.Int).Exp(base, big.NewInt(int64(e)), nil) }
	few := new(big.Int)
	for i := range k {
		t := new(big.Int).Binomial(int64(n), int64(i))
		t.Mul(t, power(up.Num(), i))
		few.Add(few, t.Mul(t, power(down, n-i)))
	}
	all := power(up.Denom(), n)
	return new(big.Rat).SetFrac(few.Sub(all, few), all)
}

// atLeastRounded sums the same terms, each from the one before.
func atLeastRounded(k, n int, up *big.Rat) *big.Rat {
	float := func() *big.Float { return new(big.Float).SetPrec(roundBits) }
	one := float().SetInt64(1)
	p := float().SetRat(up)
	q := float().Sub(one, p)
	odds := float().Quo(p, q)
	term := float().SetInt64(1)
	for range n {
		term.Mul(term, q)
	}
	few := float()
	for i := range k {
		few.Add(few, term)
		term.Mul(term, odds)
		term.Mul(term, float().SetInt64(int64(n-i)))
		term.Quo(term, float().SetInt64(int64(i+1)))
	}
	out, _ := float().Sub(one, few).Rat(nil)
	if out.Sign() < 0 { // rounding
		return new(big.Rat)
	}
	return out
}

// nines is -log10(1-a): 99.9% has three.
func nines(args []value) (value, error) {
	a := args[0]
	if err := a.ratio("the argument of nines"); err != nil {
		return a, err
	}
	one := big.NewRat(1, 1)
	if a.hi.Cmp(one) == 0 {
		return a, Error{Problem: "nines of 100%: the result is not finite", Allowed: "an availability below 100%"}
	}
	return a.rising(Dimension{}, func(r *big.Rat) (*big.Rat, error) {
		l, err := logTo(new(big.Rat).Sub(one, r), big.NewRat(10, 1))
		if err != nil {
			return nil, err
		}
		return new(big.Rat).Neg(l), nil
	})
}

// downtime is (1-a) times the period.
func downtime(args []value) (value, error) {
	if err := args[0].ratio("the availability"); err != nil {
		return args[0], err
	}
	if !args[1].dim.Equal(base(timeKey, "")) {
		return args[1], Error{Problem: fmt.Sprintf("the period is %s", args[1].dim), Allowed: "a length of time"}
	}
	off, err := number(1).subtract(args[0])
	if err != nil {
		return off, err
	}
	return off.mul(args[1])
}
