package numbers

import (
	"context"

	"rung/bench"
)

// family is a group of rows that share what they are measured on.
type family struct {
	name string
	rows []bench.Number
	// measure measures or skips each of the rows.
	measure func(ctx context.Context, m *meter) error
}

// work is what a row times.
type work struct {
	// do does the operation n times.
	do func(n int) error
	// prepare, if not nil, runs before each sample, outside its time.
	prepare func() error
}

// op is work of operations that cannot fail.
func op(do func(n int)) work {
	return work{do: func(n int) error { do(n); return nil }}
}

// templates are the rows without their figures, in the order of measuring.
func templates(families []family) []bench.Number {
	var all []bench.Number
	for _, f := range families {
		all = append(all, f.rows...)
	}
	return all
}
