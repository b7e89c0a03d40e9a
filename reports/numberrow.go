package reports

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"rung/bench"
)

// NumberRow is one thing and what each set of latency numbers says of it.
type NumberRow struct {
	// ID is the same in all sets; Label is the shortest that a set has for it.
	ID, Label string
	// In has the row of each set by the set's place; nil where it has none.
	In []*bench.Number
}

// NumberRows puts the rows of sets side by side by their ids, the fastest in
// the first set that has them first. A row that a set has twice is an error:
// one of them would be hidden.
func NumberRows(sets []bench.NumberSet) ([]NumberRow, error) {
	var rows []NumberRow
	at := map[string]int{}
	for k, s := range sets {
		for i := range s.Rows {
			n := &s.Rows[i]
			j, known := at[n.ID]
			if !known {
				j = len(rows)
				at[n.ID] = j
				rows = append(rows, NumberRow{ID: n.ID, Label: n.Label, In: make([]*bench.Number, len(sets))})
			}
			row := &rows[j]
			if row.In[k] != nil {
				return nil, fmt.Errorf("set %q: the row %q is there twice", s.Name, n.ID)
			}
			row.In[k] = n
			// The shortest says what it is; what each set did is said of the set.
			if n.Label != "" && (row.Label == "" || utf8.RuneCountInString(n.Label) < utf8.RuneCountInString(row.Label)) {
				row.Label = n.Label
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b NumberRow) int {
		return cmp.Or(cmp.Compare(a.first(), b.first()), cmp.Compare(a.ID, b.ID))
	})
	return rows, nil
}

// first is the value in the first set that has the row.
func (r NumberRow) first() float64 {
	for _, n := range r.In {
		if n != nil {
			return n.Value
		}
	}
	return 0
}
