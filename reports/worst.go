package reports

import (
	"slices"

	"rung/bench"
)

// OneOfEach says that a row belongs to the kill matrix proper of its stage:
// what the stage lists to be killed one at a time, a node or a data centre.
// The others are experiments, on a variant or in other ways. Of a stage that
// lists nothing, rows of one node of the stage itself belong to it.
func OneOfEach(s bench.Stage, k bench.KillRow) bool {
	switch {
	case k.Variant != "":
		return false
	case len(s.Kills) > 0:
		return slices.ContainsFunc(s.Kills, func(p bench.Kill) bool { return p.Name() == k.Node })
	}
	return len(k.Nodes) <= 1
}

// matrix are the rows of the kill matrix proper.
func matrix(s bench.StageResult) []bench.KillRow {
	var out []bench.KillRow
	for _, k := range s.Kills {
		if OneOfEach(s.Stage, k) {
			out = append(out, k)
		}
	}
	return out
}

// worst sums rows up.
func worst(kills []bench.KillRow) Worst {
	var w Worst
	for _, k := range kills {
		if !Sound(k) {
			w.Unsound++
			continue
		}
		if w.Rows == 0 || k.AvailabilityDown < w.Availability {
			w.Node, w.Availability = k.Node, k.AvailabilityDown
		}
		w.Rows++
		w.LoggedOut += k.LoggedOut
		w.audit(k)
		switch total := k.Recovery.Total; {
		case k.Recovery.NoFailure:
		case total == nil:
			w.NotRecovered = true
		case w.Recovery == nil || *total > *w.Recovery:
			w.Recovery = total
		}
	}
	if w.NotRecovered {
		w.Recovery = nil
	}
	return w
}

// audit adds what the ledgers of a row found.
func (w *Worst) audit(k bench.KillRow) {
	if k.Ledger.Checked {
		w.Audited++
		w.Lost += k.Ledger.Lost
		w.Duplicated += k.Ledger.Duplicated
	}
	if k.Photos != nil && k.Photos.Checked {
		w.PhotosAudited++
		w.PhotosLost += k.Photos.Lost
		w.PhotosDuplicated += k.Photos.Duplicated
	}
}

// AtOnce is a time to recover of zero: requests that were under way at the kill
// failed, and none that was planned after it.
const AtOnce = "at once"

// Recovered prints the time to recover: "1.20 s", "at once", "no failure" or
// "not recovered".
func (w Worst) Recovered() string {
	switch {
	case w.Rows == 0:
		return Missing
	case w.NotRecovered:
		return "not recovered"
	case w.Recovery == nil:
		return "no failure"
	case *w.Recovery == 0:
		return AtOnce
	}
	return Duration(*w.Recovery)
}

// Recovered prints the time to recover of one row that happened.
func Recovered(r bench.Recovery) string {
	return worst([]bench.KillRow{{Happened: true, Recovery: r}}).Recovered()
}
