package sheet

import (
	"fmt"
	"math/big"
)

// value is an interval with its dimension, and how it moves with each input
// that is a range.
type value struct {
	interval
	dim    Dimension
	trends []trend // by ranged input; nil is flat everywhere
}

// trend is how a value moves when one input grows and the others stay.
type trend int8

const (
	flat trend = iota
	rising
	falling
	mixed // may rise here and fall there
)

func (t trend) flipped() trend {
	switch t {
	case rising:
		return falling
	case falling:
		return rising
	}
	return t
}

// times is the trend of a product with a factor of this sign.
func (t trend) times(sign int) trend {
	switch {
	case t == flat || sign > 0:
		return t
	case sign < 0:
		return t.flipped()
	}
	return mixed
}

// plus is the trend of a sum.
func (t trend) plus(o trend) trend {
	switch {
	case t == flat || t == o:
		return o
	case o == flat:
		return t
	}
	return mixed
}

func number(n int64) value { return value{interval: exactly(big.NewRat(n, 1))} }

// joined combines the trends of two values, each times a sign.
func joined(a value, signA int, b value, signB int) []trend {
	n := max(len(a.trends), len(b.trends))
	if n == 0 {
		return nil
	}
	out := make([]trend, n)
	for i := range out {
		out[i] = a.trend(i).times(signA).plus(b.trend(i).times(signB))
	}
	return out
}

func (v value) trend(i int) trend {
	if i < len(v.trends) {
		return v.trends[i]
	}
	return flat
}

func (v value) add(o value) (value, error) {
	if !v.dim.Equal(o.dim) {
		return v, Error{Problem: fmt.Sprintf("adds %s to %s", o.dim, v.dim), Allowed: "both sides of + in units of one kind"}
	}
	sum, err := v.interval.add(o.interval).bounded()
	return value{sum, v.dim, joined(v, 1, o, 1)}, err
}

func (v value) subtract(o value) (value, error) {
	if !v.dim.Equal(o.dim) {
		return v, Error{Problem: fmt.Sprintf("subtracts %s from %s", o.dim, v.dim), Allowed: "both sides of - in units of one kind"}
	}
	return v.add(o.negative())
}

func (v value) negative() value {
	return value{v.interval.negative(), v.dim, joined(v, -1, value{}, 1)}
}

func (v value) mul(o value) (value, error) {
	product, err := v.interval.mul(o.interval).bounded()
	return value{product, v.dim.Mul(o.dim), joined(v, o.sign(), o, v.sign())}, err
}

func (v value) div(o value) (value, error) {
	inverse, err := o.interval.inverse()
	if err != nil {
		return v, err
	}
	return v.mul(value{inverse, o.dim.Pow(-1), joined(o, -1, value{}, 1)})
}

// power is v to the n.
func (v value) power(n int) (value, error) {
	if n < 0 {
		inverse, err := number(1).div(v)
		if err != nil {
			return v, err
		}
		return inverse.power(-n)
	}
	i, err := v.interval.power(n)
	if err != nil {
		return v, err
	}
	sign := 1
	switch {
	case n == 0:
		return value{interval: i}, nil
	case n%2 == 0:
		sign = v.sign()
	}
	i, err = i.bounded()
	return value{i, v.dim.Pow(n), joined(v, sign, value{}, 1)}, err
}

// rising applies a function that never falls; the dimension is the caller's.
func (v value) rising(dim Dimension, f func(*big.Rat) (*big.Rat, error)) (value, error) {
	i, err := v.interval.rising(f)
	if err != nil {
		return v, err
	}
	i, err = i.bounded()
	return value{i, dim, v.trends}, err
}

// plain refuses a value with a unit where a number is needed.
func (v value) plain(what string) error {
	if !v.dim.Plain() {
		return Error{Problem: fmt.Sprintf("%s has a unit, it is %s", what, v.dim), Allowed: "a plain number"}
	}
	return nil
}

// whole returns a fixed whole number, of plain ones or of a count of things.
func (v value) whole(what string, low, high int) (int, error) {
	allowed := fmt.Sprintf("a whole number from %d to %d that is not a range", low, high)
	if !v.dim.whole() {
		return 0, Error{Problem: fmt.Sprintf("%s is %s", what, v.dim), Allowed: allowed}
	}
	if !v.point() || !v.lo.IsInt() || !between(v.lo, int64(low), int64(high)) {
		return 0, Error{Problem: fmt.Sprintf("%s is %s", what, v.interval), Allowed: allowed}
	}
	return int(v.lo.Num().Int64()), nil
}

// String is the interval for messages.
func (i interval) String() string {
	if i.point() {
		return format(i.lo)
	}
	return format(i.lo) + " to " + format(i.hi)
}
