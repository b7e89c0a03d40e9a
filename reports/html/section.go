package html

import (
	"fmt"
	"strings"

	"rung/bench"
)

// section is one question and its answer.
type section struct {
	ID, Title string
	// Lead answers in a sentence.
	Lead    string
	Figures []figure
	// Panels are small figures side by side that share How.
	Panels      []figure
	PanelsTitle string
	How         string
	Tables      []*table
	// Groups stand last, each under its own head.
	Groups []group
	// Warnings stand under the lead.
	Warnings []string
}

// sections makes the question sections in reading order, without those that
// the run says nothing about.
func (b *builder) sections() ([]section, error) {
	if b.run.Kind != bench.KindLadder {
		return b.endpointSections()
	}
	makers := []func() (section, error){b.buys, b.costs, b.breaks, b.scalings, b.faults, b.proven, b.experiments, b.time, b.agrees, b.plausible, b.rounds}
	var out []section
	for _, make := range makers {
		s, err := make()
		if err != nil {
			return nil, err
		}
		if s.ID != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

func (b *builder) buys() (section, error) {
	s := section{ID: "buys", Title: "What did each step buy?",
		PanelsTitle: "Response time at the common load, against the stage compared with", How: howPercentile}
	gains, losses, open := 0, 0, 0
	for _, row := range b.rows {
		switch {
		case !row.Change.Known:
		case !row.Change.Significant():
			open++
		case row.Change.Ratio > 1:
			gains++
		default:
			losses++
		}
	}
	s.Lead = "Nothing can be compared: no two stages have a capacity that can be trusted."
	if gains+losses+open > 0 {
		s.Lead = changes(gains, losses, open)
	}
	f, err := b.capacityFigure()
	if err != nil {
		return s, err
	}
	s.Figures = []figure{f}
	s.Panels, err = b.percentileFigures()
	return s, err
}

// changes counts the steps that raised the capacity, lowered it, or cannot be
// told.
func changes(gains, losses, open int) string {
	var parts []string
	if gains > 0 {
		parts = append(parts, plural(gains, "step")+" raised the capacity")
	}
	if losses > 0 {
		parts = append(parts, plural(losses, "step")+" lowered it")
	}
	if open > 0 {
		parts = append(parts, "for "+plural(open, "step")+" the brackets leave open whether it changed")
	}
	return capital(strings.Join(parts, "; ") + ".")
}

func (b *builder) costs() (section, error) {
	s := section{ID: "costs", Title: "What did it cost?", Tables: []*table{b.costTable()},
		Lead: "Every hop costs time, and every machine costs money. Time is compared at the same load on every stage, money at each stage's own capacity."}
	f, err := b.latencyFigure()
	s.Figures = []figure{f}
	return s, err
}

func (b *builder) breaks() (section, error) {
	s := section{ID: "breaks", Title: "Where does it break?", How: b.howKnees(),
		Lead: "Each stage is asked for more and more until it misses the objective. What is busiest there is the limit."}
	var err error
	s.Panels, err = b.kneeFigures()
	if len(s.Panels) == 0 {
		s.Lead, s.How = "No capacity was searched.", ""
	}
	return s, err
}

func (b *builder) faults() (section, error) {
	s := section{ID: "faults", Title: "What happens on a fault?", Lead: b.faultTitle(), How: howTimeline,
		PanelsTitle: "The worst kill of each stage"}
	if t := b.killMatrix(); !t.empty() {
		s.Tables = []*table{t}
	}
	f, ok, err := b.recoveryFigure()
	if err != nil {
		return s, err
	}
	if ok {
		s.Figures = []figure{f}
	}
	s.Panels, err = b.faultFigures()
	return s, err
}

func (b *builder) time() (section, error) {
	s := section{ID: "time", Title: "Where does a request spend its time?"}
	var err error
	s.Figures, err = b.breakdownFigures()
	if len(s.Figures) == 0 {
		s.Lead = "No breakdown was recorded."
	}
	return s, err
}

func (b *builder) agrees() (section, error) {
	s := section{ID: "agrees", Title: "Does it agree with the estimate?", Lead: agreement(b.opinions())}
	s.Lead = strings.TrimSpace(s.Lead + " Every estimate is made from the topology and the workload alone, before anything runs. How is in the part of each stage, line by line.")
	var err error
	if s.Figures, err = b.estimateFigures(); err != nil {
		return s, err
	}
	if t := b.simulations(); !t.empty() {
		s.Tables = []*table{t}
		s.Lead += " A simulation plays the same queues in virtual time, without a socket: a third opinion where formulas end."
	}
	return s, nil
}

func (b *builder) plausible() (section, error) {
	s := section{ID: "plausible", Title: "Is it physically plausible?"}
	if b.run.Hardware.Name == "bare" {
		s.Lead = "Emulation was off: the times below are those of this machine."
	} else if used := b.usedNumbers(); used > 0 {
		s.Lead = fmt.Sprintf("%s of the set %s %s used by the emulation; the table says for what.", plural(used,
			"latency number"), b.run.Hardware.Name, are(used))
	}
	f, err := b.plausibleFigure()
	s.Figures = []figure{f}
	return s, err
}

func (b *builder) usedNumbers() int {
	n := 0
	for _, r := range b.run.Hardware.Rows {
		if r.Use != "" {
			n++
		}
	}
	return n
}
