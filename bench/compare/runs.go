package compare

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
)

// Runs compares the stages that both runs have, number by number. It is an
// error (ErrNothing) when there is none, or when the schemas differ. It keeps
// no state: calls may run at once as far as Config.Windows lets them.
func Runs(before, after bench.Run, cfg Config) (bench.Comparison, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return bench.Comparison{}, fmt.Errorf("compare: %w", err)
	}
	if before.Schema != after.Schema {
		return bench.Comparison{}, fmt.Errorf("compare: the schemas differ: %d and %d", before.Schema, after.Schema)
	}
	pairs := pairsOf(before, after)
	if len(pairs) == 0 {
		return bench.Comparison{}, fmt.Errorf("compare: %w: before has %s, after has %s", ErrNothing, stagesOf(before), stagesOf(after))
	}
	c := &comparer{cfg: cfg, noise: cfg.noise(roundsEverywhere(pairs))}
	out := bench.Comparison{
		Before: cfg.Before, After: cfg.After, Level: cfg.Level, Noise: c.noise,
		OnlyBefore: only(before, after), OnlyAfter: only(after, before),
	}
	c.differences(before, after)
	for _, p := range pairs {
		c.topologies(p)
		c.fewRounds(p)
		out.Stages = append(out.Stages, c.compare(p))
	}
	out.Warnings = c.warnings
	holm(&out, c.tests)
	return out, nil
}

// Ladder compares the stages of one run with those that they stand on: the
// stage's Compare, or Previous. Rounds that took turns are compared in pairs.
// Before and After name the run; a stage's ID is "<stage> against <other>".
// Stages whose other one is not in the run are left out.
func Ladder(run bench.Run, cfg Config) (bench.Comparison, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return bench.Comparison{}, fmt.Errorf("compare: %w", err)
	}
	var pairs []pair
	for _, s := range run.Stages {
		other := s.Stage.Compare
		if other == "" {
			other = s.Stage.Previous
		}
		at := slices.IndexFunc(run.Stages, func(r bench.StageResult) bool { return r.Stage.ID == other })
		if other == "" || at < 0 || other == s.Stage.ID {
			continue
		}
		pairs = append(pairs, pair{id: s.Stage.ID + " against " + other, before: run.Stages[at], after: s,
			stageBefore: other, stageAfter: s.Stage.ID, turns: true, alike: true})
	}
	c := &comparer{cfg: cfg, noise: cfg.noise(roundsEverywhere(pairs))}
	out := bench.Comparison{Before: cfg.Before, After: cfg.After, Level: cfg.Level, Noise: c.noise}
	if run.Partial != "" {
		c.warn("the run ended early: %s", run.Partial)
	}
	for _, p := range pairs {
		c.fewRounds(p)
		out.Stages = append(out.Stages, c.compare(p))
	}
	out.Warnings = c.warnings
	holm(&out, c.tests)
	return out, nil
}

// pairsOf are the stages that both runs have, in the order of the first. Of
// several with one id the first counts.
func pairsOf(before, after bench.Run) []pair {
	var out []pair
	for _, s := range before.Stages {
		id := s.Stage.ID
		at := slices.IndexFunc(after.Stages, func(r bench.StageResult) bool { return r.Stage.ID == id })
		if at < 0 || slices.ContainsFunc(out, func(p pair) bool { return p.id == id }) {
			continue
		}
		out = append(out, pair{id: id, before: s, after: after.Stages[at], stageBefore: id, stageAfter: id,
			alike: sameWork(before, after)})
	}
	return out
}

// only are the stages that one run has and the other has not.
func only(run, other bench.Run) []string {
	var out []string
	for _, s := range run.Stages {
		if !slices.ContainsFunc(other.Stages, func(r bench.StageResult) bool { return r.Stage.ID == s.Stage.ID }) {
			out = append(out, s.Stage.ID)
		}
	}
	return out
}

// roundsEverywhere says that every pair is compared by rounds.
func roundsEverywhere(pairs []pair) bool {
	c := &comparer{}
	return len(pairs) > 0 && !slices.ContainsFunc(pairs, func(p pair) bool {
		return !c.rounds(p, commonRounds) || p.before.Capacity != nil && p.after.Capacity != nil && !c.rounds(p, capacityRounds)
	})
}

// fewRounds says what the intervals of a pair leave out.
func (c *comparer) fewRounds(p pair) {
	least := roundsLeast
	if p.turns {
		least = turnsLeast
	}
	a, b := len(roundsOf(p.before)), len(roundsOf(p.after))
	switch {
	case c.rounds(p, commonRounds):
		if len(p.before.Repeats) >= roundsMost || len(p.after.Repeats) >= roundsMost {
			c.warn("%s: rounds beyond %d are left out", p.id, roundsMost)
		}
	case min(a, b) > 1:
		c.warn("%s: %d and %d rounds are too few to compare (at least %d): only the first of each is compared", p.id, a, b, least)
	default:
		c.warn("one round each: the intervals hold what varies within a run, not between runs (repeat at least %d times for that)", least)
	}
}

// stagesOf are the stages of a run in words.
func stagesOf(r bench.Run) string {
	if len(r.Stages) == 0 {
		return "none"
	}
	ids := make([]string, len(r.Stages))
	for i, s := range r.Stages {
		ids[i] = s.Stage.ID
	}
	return strings.Join(ids, ", ")
}
