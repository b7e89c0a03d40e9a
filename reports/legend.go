package reports

import "strings"

// legends say what the columns mean. The columns that are shown are told.
var legends = [...]struct{ heads, text string }{
	{"capacity", "requests per second, from the highest rate that met the objective to the lowest that did not"},
	{"gain", "of the capacity, against the stage before; ~ when the brackets leave open whether there is one"},
	{"cost", "of a million requests, in the same way: over 1× is dearer"},
	{"p50 p99 p99.9 fail", "at the common load"},
	{"avail", "answered while it was down, worst kill"},
	{"back", "time to recover, longest of all kills; 0s when only requests under way at the kill failed, none when no request did"},
	{"lost twice", "acknowledged writes, posts and photos, over all kills"},
	{"$/M", "per million requests at the middle of the capacity"},
	{"est", "middle of the capacity over its estimate"},
	{"limit", "the busiest resource there"},
}

func (s *summary) legend(shown []column) {
	var parts []string
	for _, l := range legends {
		var heads []string
		for _, head := range strings.Fields(l.heads) {
			for _, c := range shown {
				if c.head == head {
					heads = append(heads, head)
				}
			}
		}
		if len(heads) > 0 {
			parts = append(parts, strings.Join(heads, ", ")+": "+l.text+".")
		}
	}
	s.wrap(strings.Join(append(parts, "? in a cell: in doubt."), " "), "", "")
	s.line("")
}
