package reports

import (
	"strconv"
	"strings"
	"time"

	"rung/bench"
)

// Part is one part of a time to recover. Took is null where the stage has no
// such part, or it was not observed.
type Part struct {
	Name string
	Took *time.Duration
}

// Parts are the four parts of a recovery in the order in which they happen;
// each counts from the end of the one before. One that was assumed is left out.
func Parts(r bench.Recovery) [4]Part {
	parts := [4]Part{{"detection", r.Detection}, {"decision", r.Decision}, {"promotion", r.Promotion},
		{"convergence", r.Convergence}}
	if Assumed(r) != nil {
		parts[1].Took = nil
	}
	return parts
}

// Assumed is the decision of nobody: where nothing noticed a kill, it is the
// time that the stage file assumes until a replacement starts. Null where the
// decision was observed, and where there was none.
func Assumed(r bench.Recovery) *time.Duration {
	if r.Detection == nil && r.Promotion == nil && r.Convergence == nil {
		return r.Decision
	}
	return nil
}

// HasParts says that some part of a row's recovery was observed.
func HasParts(k bench.KillRow) bool {
	for _, p := range Parts(k.Recovery) {
		if p.Took != nil {
			return true
		}
	}
	return false
}

// recoveries writes the parts of every recovery of which some were observed.
// Rows that do not count are left out: the ladder leaves them out, too.
func (s *summary) recoveries(run bench.Run) {
	first := true
	for _, r := range run.Stages {
		for _, k := range r.Kills {
			if !HasParts(k) || !Sound(k) {
				continue
			}
			if first && s.width >= wideWidth {
				s.recoveryLine("recovery from the kill of", "in all", [4]string{"detection", "decision", "promotion", "convergence"})
			} else if first {
				s.line("Time to recover from a kill")
			}
			first = false
			s.recovery(r.Stage.ID, k)
		}
	}
	if !first {
		s.line("")
	}
}

// recovery writes one row: as a line of the table, or in words where there is
// no room for one.
func (s *summary) recovery(stage string, k bench.KillRow) {
	short, _, _ := strings.Cut(stage, "-")
	if _, err := strconv.Atoi(short); err != nil {
		short = stage // an own stage: only the ladder's are numbered
	}
	name := short + " " + k.Node
	if k.Variant != "" {
		name += " (" + k.Variant + ")"
	}
	var took [4]string
	var words []string
	for i, p := range Parts(k.Recovery) {
		took[i] = DurationOf(p.Took)
		words = append(words, p.Name+" "+took[i])
	}
	if s.width >= wideWidth {
		s.recoveryLine(name, Recovered(k.Recovery), took)
		return
	}
	s.wrap(name+": "+Recovered(k.Recovery), "  ", "    ")
	s.wrap(strings.Join(words, ", "), "    ", "    ")
}

// recoveryLine writes the columns: 80 characters, and more for the name where
// the terminal is wider.
func (s *summary) recoveryLine(name, all string, parts [4]string) {
	line := pad(name, 25+min(s.width-wideWidth, 24), true) + " " + pad(all, 13, false)
	for i, width := range []int{9, 8, 9, 11} {
		line += " " + pad(parts[i], width, false)
	}
	s.line(line)
}
