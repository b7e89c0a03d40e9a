package html

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/reports"
)

// settled is how long a span without failures must be.
func settled(run bench.Run) string {
	for _, s := range run.Stages {
		for _, k := range s.Kills {
			if k.Recovery.Settled > 0 {
				return " of at least " + reports.Setting(k.Recovery.Settled)
			}
		}
	}
	return ""
}

func share(k bench.KillRow, v float64) string {
	if !k.Happened {
		return reports.Missing
	}
	return reports.Percent(v)
}

func recovery(k bench.KillRow) string {
	if !k.Happened {
		return reports.Missing
	}
	return reports.Recovered(k.Recovery)
}

// lost says how many acknowledged writes are gone, of how many.
func lost(k bench.KillRow) string {
	if !k.Ledger.Checked {
		return "unknown"
	}
	return reports.Count(k.Ledger.Lost) + " of " + reports.Count(k.Ledger.Acknowledged)
}

// unanswered counts writes that are stored although nobody was told.
func unanswered(k bench.KillRow) string {
	if !k.Ledger.Checked {
		return ""
	}
	return reports.Count(k.Ledger.Unacknowledged)
}

// killNotes say what a reader of the row must know.
func killNotes(k bench.KillRow) cell {
	var out []string
	if why := killDoubt(k); why != "" {
		out = append(out, "does not count: "+why)
	} else if late := k.Measurement.Generator.Limited; late != "" {
		out = append(out, "counts, though its load came late: "+late)
	}
	if !k.Ledger.Checked && k.Ledger.Why != "" {
		out = append(out, "store not read: "+k.Ledger.Why)
	}
	if k.Photos != nil && !k.Photos.Checked && k.Photos.Why != "" {
		out = append(out, "photos not read: "+k.Photos.Why)
	}
	return lines(out)
}

// worstKill is the row of a stage with the lowest availability while down
// that counts, or -1.
func worstKill(s bench.StageResult) int {
	worst, kills := -1, s.Kills
	for i, k := range kills {
		if reports.Sound(k) && reports.OneOfEach(s.Stage, k) && (worst < 0 || k.AvailabilityDown < kills[worst].AvailabilityDown) {
			worst = i
		}
	}
	return worst
}

// faultFigures show the worst kill of every stage.
func (b *builder) faultFigures() ([]figure, error) {
	var out []figure
	for _, s := range b.run.Stages {
		worst := worstKill(s)
		if worst < 0 || b.timelines >= b.detail.timelines {
			continue
		}
		f, err := b.timelineFigure(s, s.Kills[worst])
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// otherKills show the rest of one stage's kills, and how many there was no
// room for.
func (b *builder) otherKills(s bench.StageResult) (figures []figure, left int, err error) {
	worst := worstKill(s)
	for i, k := range s.Kills {
		if i == worst {
			continue
		}
		if b.timelines >= b.detail.timelines {
			left++
			continue
		}
		f, err := b.timelineFigure(s, k)
		if err != nil {
			return nil, 0, err
		}
		figures = append(figures, f)
	}
	return figures, left, nil
}

// faultTitle sums the kill matrix up.
func (b *builder) faultTitle() string {
	sound, harmless, out := 0, 0, 0
	var longest time.Duration
	for _, s := range b.run.Stages {
		for _, k := range s.Kills {
			if !reports.Sound(k) {
				continue
			}
			sound++
			if k.Recovery.NoFailure {
				harmless++
				if k.LoggedOut > 0 {
					out++
				}
			}
			if k.Recovery.Total != nil {
				longest = max(longest, *k.Recovery.Total)
			}
		}
	}
	if sound == 0 {
		return "No kill could be judged."
	}
	text := fmt.Sprintf("Of %s that count, %s failed no request", plural(sound, "fault"), reports.Count(harmless))
	if out > 0 {
		text += fmt.Sprintf(", but %s of these logged users out", reports.Count(out))
	}
	if longest > 0 {
		text += "; the longest recovery took " + reports.Duration(longest)
	}
	return text + "."
}
