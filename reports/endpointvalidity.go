package reports

import (
	"fmt"

	"rung/bench"
)

// filesShare is the largest share of its open files that the generator may
// use and be beyond doubt.
const filesShare = 0.9

// endpointValidity is the strip of a run that attacked something else than a
// ladder. What was not calibrated only informs: such a run has evidence of its
// own, in how late its requests went out.
func endpointValidity(run bench.Run) []Item {
	var out []Item
	replay := run.Kind == bench.KindReplay
	informs := func(i Item, known bool) Item {
		if !known {
			i.Word = ""
		}
		return i
	}
	if !replay {
		out = append(out, informs(headroom(run), run.Calibration.Ceiling > 0))
	}
	if endpointCommon(run) != nil {
		out = append(out, recorded(run, lateness(run)))
	}
	if endpointCommon(run) != nil && !replay {
		out = append(out, unsent(run))
	}
	// Results of another tool do not tell what the limit was, unless it shows.
	if i := endpointLimited(run); !replay || i.Word != bench.Pass {
		out = append(out, i)
	}
	if !replay {
		out = append(append(out, informs(clock(run), run.Calibration.ClockP99 > 0)), resources(run)...)
	}
	if len(run.Stages) > 0 && len(run.Stages[0].Repeats) > 0 {
		out = append(out, repeats(run))
	}
	return append(out, endpointModel(run))
}

// endpointCommon is the measurement of a run without a ladder, or nil.
func endpointCommon(run bench.Run) *bench.Measurement {
	if len(run.Stages) == 0 {
		return nil
	}
	return run.Stages[0].Common
}

// recorded is the lateness of results of another tool: most record when a
// request was sent, and not when it was due.
func recorded(run bench.Run, item Item) Item {
	if run.Kind != bench.KindReplay {
		return item
	}
	if m := endpointCommon(run); m.Total.Lateness.Count > 0 && m.Total.Lateness.Max > 0 {
		return item
	}
	return Item{Label: item.Label, Value: "not recorded", Word: bench.Unknown,
		Why: "The results say when requests were sent, not when they were due: response times count from the send, and waiting behind a late generator is left out of them."}
}

// endpointLimited says whether the generator set the result.
func endpointLimited(run bench.Run) Item {
	item := limited(run)
	if len(run.Stages) == 0 || run.Stages[0].Capacity == nil {
		return item
	}
	c := run.Stages[0].Capacity
	void := 0
	for _, p := range c.Probes {
		if Word(p.Word) == bench.Unknown {
			void++
		}
	}
	switch {
	case c.Doubt != "":
		return Item{Label: item.Label, Value: "in doubt: " + c.Doubt, Word: bench.Unknown, Why: item.Why}
	case item.Word == bench.Unknown && endpointCommon(run) != nil:
		return item
	case void > 0:
		return Item{Label: item.Label, Value: fmt.Sprintf("in all but %s, which do not count", plural(void, "probe")),
			Word: bench.Pass, Why: item.Why}
	}
	return Item{Label: item.Label, Value: "in every probe", Word: bench.Pass, Why: item.Why}
}

func endpointModel(run bench.Run) Item {
	item := model(run)
	switch {
	case run.Kind == bench.KindReplay:
		item.Value = "as recorded"
		if e := run.Endpoint; e != nil && e.Source != "" {
			item.Value += " by " + e.Source
		}
		item.Why = "How requests were sent is not in the results: an open loop sends them when they are due, a closed one waits for answers and asks less when the site is slow."
	case run.Workload.Arrivals == "":
		item.Value = "open loop"
	}
	return item
}

// resources are the most sockets and open files of the generator, when they
// were sampled.
func resources(run bench.Run) []Item {
	item := Item{Label: "Sockets and files",
		Why: fmt.Sprintf("The most that the generator had open at once; beyond %s of what it may have, it is near its own limit.", PercentSetting(filesShare))}
	sockets, files := 0, 0
	var limit uint64
	near := false
	attacks(run, func(_ string, m bench.Measurement) {
		g := m.Generator
		sockets = max(sockets, g.Sockets)
		if g.Files > files {
			files, limit = g.Files, g.FileLimit
		}
		near = near || g.FileLimit > 0 && float64(g.Files) > filesShare*float64(g.FileLimit)
	})
	switch {
	case files > 0 && limit > 0:
		item.Value, item.Word = fmt.Sprintf("%s of %s files", Count(files), Count(limit)), bench.Pass
		if sockets > 0 { // not every transport counts them
			item.Value = plural(sockets, "socket") + "; " + item.Value
		}
	case sockets > 0:
		item.Value = plural(sockets, "socket")
	default:
		return nil
	}
	if near {
		item.Word = bench.Unknown
	}
	return []Item{item}
}
