package reports

import (
	"fmt"
	"strings"
	"time"

	"rung/bench"
)

// Headroom is how many times the highest rate asked the generator must be
// able to keep up for a run to be beyond doubt.
const Headroom = 2

// LateShare is the largest share of late requests that leaves a run beyond
// doubt.
const LateShare = 0.01

// Item is one entry of the validity strip: whether the ruler itself can be
// trusted. An empty Word only informs.
type Item struct {
	Label string
	Value string
	Word  bench.Word
	// Why explains the word, or what the item means.
	Why string
}

// Validity returns the validity strip of a run.
func Validity(run bench.Run) []Item {
	if run.Kind != bench.KindLadder {
		return endpointValidity(run)
	}
	items := append([]Item{headroom(run), lateness(run), unsent(run), limited(run), clock(run)}, resources(run)...)
	return append(items, repeats(run), model(run), emulation(run))
}

// Valid says that no item of the strip speaks against the numbers.
func Valid(items []Item) bool {
	for _, i := range items {
		if i.Word == bench.Fail || i.Word == bench.Unknown {
			return false
		}
	}
	return true
}

// attacks lists every measurement of a run, with the stage it belongs to.
func attacks(run bench.Run, visit func(stage string, m bench.Measurement)) {
	for _, s := range run.Stages {
		if s.Common != nil {
			visit(s.Stage.ID, *s.Common)
		}
		for _, v := range s.Variants {
			if v.Latency != nil {
				visit(s.Stage.ID, *v.Latency)
			}
		}
		for _, k := range s.Kills {
			visit(s.Stage.ID, k.Measurement)
		}
		for _, r := range s.Repeats {
			if r.Common != nil {
				visit(s.Stage.ID, *r.Common)
			}
		}
	}
}

// HighestRate is the highest rate that any attack of the run asked for. Of a
// search on an endpoint, which goes up until something gives way, probes that do
// not count are left out.
func HighestRate(run bench.Run) float64 {
	var highest float64
	attacks(run, func(_ string, m bench.Measurement) { highest = max(highest, m.Rate) })
	probes := func(c *bench.Capacity) {
		if c == nil {
			return
		}
		for _, p := range c.Probes {
			if run.Kind == bench.KindLadder || Word(p.Word) != bench.Unknown {
				highest = max(highest, p.Rate)
			}
		}
	}
	for _, s := range run.Stages {
		probes(s.Capacity)
		for _, v := range s.Variants {
			probes(v.Capacity)
		}
		for _, r := range s.Repeats {
			probes(r.Capacity)
		}
	}
	return highest
}

func headroom(run bench.Run) Item {
	item := Item{Label: "Generator headroom", Word: bench.Unknown,
		Why: fmt.Sprintf("What the generator can keep up, over the highest rate asked; %d× or more is beyond doubt.", Headroom)}
	ceiling, highest := run.Calibration.Ceiling, HighestRate(run)
	switch {
	case ceiling <= 0:
		item.Value = "not calibrated"
	case highest <= 0:
		item.Value = "no attack"
	default:
		item.Value = fmt.Sprintf("%s (%s over %s)", Ratio(ceiling/highest), Rate(ceiling), Rate(highest))
		switch {
		case ceiling >= Headroom*highest:
			item.Word = bench.Pass
		case ceiling < highest:
			item.Word = bench.Fail
		}
	}
	return item
}

func lateness(run bench.Run) Item {
	item := Item{Label: "Lateness", Value: Missing, Word: bench.Unknown}
	var after time.Duration
	var planned, late uint64
	var worst *bench.Distribution
	var where string
	attacks(run, func(stage string, m bench.Measurement) {
		planned += m.Total.Planned
		late += m.Generator.Late
		after = max(after, m.Generator.LateAfter)
		d := m.Total.Lateness
		if d.P99 != nil && (worst == nil || *d.P99 > *worst.P99) {
			worst, where = &d, stage
		}
	})
	item.Why = fmt.Sprintf("Send time behind plan, of the worst attack. Late is more than %s; up to %s of requests may be. It counts as response time.",
		Setting(after), PercentSetting(LateShare))
	if planned == 0 || worst == nil {
		return item
	}
	item.Value = fmt.Sprintf("p50 %s, p99 %s in %s; late %s of %s", DurationOf(worst.P50),
		DurationOf(worst.P99), where, Count(late), Count(planned))
	if float64(late) <= LateShare*float64(planned) {
		item.Word = bench.Pass
	}
	return item
}

func unsent(run bench.Run) Item {
	item := Item{Label: "Unsent", Value: Missing, Word: bench.Unknown,
		Why: "Requests that were planned and never sent. They count as failures. A dead target may cause them under a fault."}
	var planned, calm, faulty uint64
	for _, s := range run.Stages {
		if s.Common != nil {
			planned += s.Common.Total.Planned
			calm += s.Common.Total.Unsent
		}
		for _, k := range s.Kills {
			faulty += k.Measurement.Total.Unsent
		}
	}
	if planned == 0 {
		return item
	}
	item.Value = fmt.Sprintf("%s of %s at the common load, %s under faults", Count(calm), Count(planned), Count(faulty))
	if run.Kind != bench.KindLadder {
		item.Value = fmt.Sprintf("%s of %s", Count(calm), Count(planned))
	}
	if calm == 0 {
		item.Word = bench.Pass
	}
	return item
}

func limited(run bench.Run) Item {
	item := Item{Label: "Target was the limit", Value: Missing, Word: bench.Unknown,
		Why: "Where the generator, not the target, set the result, no time and no rate is judged."}
	if run.Kind == bench.KindLadder {
		item.Why += " What a kill did is, as long as all requests were sent, and 95% of them late by less than a tenth of the span that must pass without a failure."
	}
	var where []string
	count, why := 0, ""
	attacks(run, func(stage string, m bench.Measurement) {
		count++
		if m.Generator.Limited != "" {
			where, why = append(where, stage+" "+m.Name), m.Generator.Limited
		}
	})
	switch {
	case count == 1 && len(where) == 1:
		item.Value = "no, the generator was: " + why
	case count == len(where) && count > 0:
		item.Value = "in none of " + plural(count, "attack")
	case len(where) > 0:
		item.Value = fmt.Sprintf("in %s of %s; not in %s", Count(count-len(where)), plural(count, "attack"), shortList(where))
	case count > 0:
		item.Value, item.Word = "in every attack", bench.Pass
	}
	return item
}

func clock(run bench.Run) Item {
	item := Item{Label: "Clock error", Word: bench.Pass,
		Why: "Wake-up error of the clock that paces the load and the emulated machines, measured before the run."}
	item.Value = fmt.Sprintf("p50 %s, p99 %s", Duration(run.Calibration.ClockP50), Duration(run.Calibration.ClockP99))
	imprecise := 0
	attacks(run, func(_ string, m bench.Measurement) {
		if !m.Generator.Precise {
			imprecise++
		}
	})
	switch {
	case run.Calibration.ClockP99 == 0:
		item.Value, item.Word = "not calibrated", bench.Unknown
	case imprecise > 0:
		item.Value += fmt.Sprintf("; %s paced by the runtime's timers", plural(imprecise, "attack"))
		item.Word = bench.Unknown
	}
	return item
}

func repeats(run bench.Run) Item {
	least, most := 0, 0
	for i, s := range run.Stages {
		n := 1 + len(s.Repeats)
		if i == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	if most <= 1 {
		return Item{Label: "Repeats", Value: "1",
			Why: "Each number comes from one round: differences are judged by their brackets, not by an interval over repeats."}
	}
	item := Item{Label: "Repeats", Value: plural(most, "round"),
		Why: "The common load and the capacity search were done again, the stages in turns. Numbers are those of the first round; a difference is named only where all rounds agree on it. Six rounds are needed for an interval."}
	if least < most {
		item.Value = fmt.Sprintf("%d to %s", least, plural(most, "round"))
	}
	return item
}

// Arrivals names an arrival law: "Poisson arrivals".
func Arrivals(a bench.Arrivals) string {
	switch a {
	case bench.ArrivalsPoisson:
		return "Poisson arrivals"
	case "":
		return "unknown arrivals"
	}
	return string(a) + " arrivals"
}

func model(run bench.Run) Item {
	return Item{Label: "Load model", Value: "open loop, " + Arrivals(run.Workload.Arrivals),
		Why: "Requests are sent when they are due, whether or not earlier ones have answered."}
}

func emulation(run bench.Run) Item {
	item := Item{Label: "Emulated", Value: "machine sizes and wires, hardware set " + run.Hardware.Name,
		Why: "HTTP, TCP, DNS and the stores are real; CPU slots, disk accesses and wire delays are emulated from the named set."}
	if run.Hardware.Name == "bare" {
		item.Value = "nothing (hardware set bare)"
	} else if run.Hardware.Name == "" {
		item.Value, item.Word = "hardware set unknown", bench.Unknown
	}
	return item
}

// shortList joins the first few of a list.
func shortList(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
