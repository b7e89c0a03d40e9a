package sheet

import (
	"fmt"
	"math/big"
)

// interval holds every number from lo to hi; its ends are never changed.
type interval struct{ lo, hi *big.Rat }

func exactly(r *big.Rat) interval { return interval{r, r} }

func (i interval) point() bool { return i.lo == i.hi || i.lo.Cmp(i.hi) == 0 }

// sign is 1 for numbers of zero and more, -1 for zero and less, 0 for both
// kinds. Zero itself counts as 1.
func (i interval) sign() int {
	switch {
	case i.lo.Sign() >= 0:
		return 1
	case i.hi.Sign() <= 0:
		return -1
	}
	return 0
}

func (i interval) hasZero() bool { return i.lo.Sign() <= 0 && i.hi.Sign() >= 0 }

// Bounds of a fraction in bits: above the first it is rounded, beyond a
// magnitude of the second it is refused.
const (
	maxBits      = 2048
	roundBits    = 512
	maxMagnitude = 1000 // about 1e301, within a float64
)

var (
	errTooLarge = Error{Problem: "the result is not finite: it is above 1e300", Allowed: "at most 1e300"}
	errTooSmall = Error{Problem: "the result is too near to zero: it is below 1e-300", Allowed: "0, or at least 1e-300"}
)

// bounded rounds a fraction that has become too long, and refuses one that is
// too large or too small.
func bounded(r *big.Rat) (*big.Rat, error) {
	if r.Sign() == 0 {
		return r, nil
	}
	over, under := r.Num().BitLen(), r.Denom().BitLen()
	if over-under > maxMagnitude {
		return nil, errTooLarge
	}
	if under-over > maxMagnitude {
		return nil, errTooSmall
	}
	if over+under <= maxBits {
		return r, nil
	}
	out, _ := new(big.Float).SetPrec(roundBits).SetRat(r).Rat(nil)
	return out, nil
}

func (i interval) bounded() (interval, error) {
	lo, err := bounded(i.lo)
	if err != nil {
		return i, err
	}
	if i.point() {
		return exactly(lo), nil
	}
	hi, err := bounded(i.hi)
	return interval{lo, hi}, err
}

func (i interval) add(o interval) interval {
	lo := new(big.Rat).Add(i.lo, o.lo)
	if i.point() && o.point() {
		return exactly(lo)
	}
	return interval{lo, new(big.Rat).Add(i.hi, o.hi)}
}

func (i interval) negative() interval {
	lo := new(big.Rat).Neg(i.hi)
	if i.point() {
		return exactly(lo)
	}
	return interval{lo, new(big.Rat).Neg(i.lo)}
}

func (i interval) mul(o interval) interval {
	if i.point() && o.point() {
		return exactly(new(big.Rat).Mul(i.lo, o.lo))
	}
	out := exactly(new(big.Rat).Mul(i.lo, o.lo))
	for _, pair := range [][2]*big.Rat{{i.lo, o.hi}, {i.hi, o.lo}, {i.hi, o.hi}} {
		out = out.hull(exactly(new(big.Rat).Mul(pair[0], pair[1])))
	}
	return out
}

// hull is the least interval around both.
func (i interval) hull(o interval) interval {
	if o.lo.Cmp(i.lo) < 0 {
		i.lo = o.lo
	}
	if o.hi.Cmp(i.hi) > 0 {
		i.hi = o.hi
	}
	return i
}

// inverse is 1/i.
func (i interval) inverse() (interval, error) {
	if i.hasZero() {
		if i.point() {
			return i, Error{Problem: "divides by zero", Allowed: "a divisor that is not zero"}
		}
		return i, Error{Problem: fmt.Sprintf("divides by a range with zero in it, %s to %s", format(i.lo), format(i.hi)), Allowed: "a range without zero"}
	}
	lo := new(big.Rat).Inv(i.hi)
	if i.point() {
		return exactly(lo), nil
	}
	return interval{lo, new(big.Rat).Inv(i.lo)}, nil
}

// power is i to the n, n of zero or more.
func (i interval) power(n int) (interval, error) {
	lo, err := raised(i.lo, n)
	if err != nil || i.point() {
		return exactly(lo), err
	}
	hi, err := raised(i.hi, n)
	switch {
	case err != nil:
		return i, err
	case n%2 == 1 || i.sign() > 0:
		return interval{lo, hi}, nil
	case i.sign() < 0:
		return interval{hi, lo}, nil
	}
	return interval{new(big.Rat), lo}.hull(exactly(hi)), nil
}

// raised is r to the n, n of zero or more: exact, but rounded where the result
// would be very long.
func raised(r *big.Rat, n int) (*big.Rat, error) {
	if bits := max(r.Num().BitLen(), r.Denom().BitLen()); bits*n <= 4*maxBits {
		e := big.NewInt(int64(n))
		return bounded(new(big.Rat).SetFrac(new(big.Int).Exp(r.Num(), e, nil), new(big.Int).Exp(r.Denom(), e, nil)))
	}
	out := new(big.Float).SetPrec(roundBits).SetInt64(1)
	square := new(big.Float).SetPrec(roundBits).SetRat(r)
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			out.Mul(out, square)
		}
		square.Mul(square, square)
	}
	switch exponent := out.MantExp(nil); {
	case exponent > maxMagnitude:
		return nil, errTooLarge
	case exponent < -maxMagnitude:
		return nil, errTooSmall
	}
	rounded, _ := out.Rat(nil)
	return rounded, nil
}

// rising applies a function that never falls.
func (i interval) rising(f func(*big.Rat) (*big.Rat, error)) (interval, error) {
	lo, err := f(i.lo)
	if err != nil || i.point() {
		return interval{lo, lo}, err
	}
	hi, err := f(i.hi)
	return interval{lo, hi}, err
}
