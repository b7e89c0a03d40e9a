package reports

import "rung/bench"

// Word returns the verdict word that a report prints: what is none of the
// three words is unknown.
func Word(w bench.Word) bench.Word {
	switch w {
	case bench.Pass, bench.Fail:
		return w
	}
	return bench.Unknown
}

// Glyph is the sign that stands beside a verdict word, so that colour is
// never the only difference.
func Glyph(w bench.Word) string {
	switch Word(w) {
	case bench.Pass:
		return "✓"
	case bench.Fail:
		return "✗"
	}
	return "?"
}

// Overall is the verdict of a run. A run that ended early has not seen
// everything: it is at best unknown.
func Overall(run bench.Run) bench.Word {
	word := Word(run.Verdict)
	if word == bench.Pass && (run.Partial != "" || len(run.Stages) == 0) {
		return bench.Unknown
	}
	return word
}

// Tally counts verdicts by word.
type Tally struct{ Pass, Fail, Unknown int }

// All is the number of verdicts.
func (t Tally) All() int { return t.Pass + t.Fail + t.Unknown }

// Count adds verdicts up.
func (t *Tally) Count(verdicts []bench.Verdict) {
	for _, v := range verdicts {
		switch Word(v.Word) {
		case bench.Pass:
			t.Pass++
		case bench.Fail:
			t.Fail++
		default:
			t.Unknown++
		}
	}
}

// Verdicts counts the verdicts of all stages of a run.
func Verdicts(run bench.Run) Tally {
	var t Tally
	for _, s := range run.Stages {
		t.Count(s.Verdicts)
	}
	return t
}
