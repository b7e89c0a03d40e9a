package reports

import (
	"slices"
	"strings"

	"rung/bench"
)

// factOf returns the fact of that name, or nil.
func factOf(s bench.StageResult, name string) *bench.Fact {
	for i := range s.Facts {
		if s.Facts[i].Name == name {
			return &s.Facts[i]
		}
	}
	return nil
}

// staleFact is the share of stale reads on the stage itself: the fact of that
// name, or that of its first experiment on freshness.
func staleFact(s bench.StageResult) *bench.Fact {
	if f := factOf(s, "stale.stale_ratio"); f != nil {
		return f
	}
	for _, e := range s.Stage.Experiments {
		if e.Kind != bench.ExperimentFreshness || e.Variant != "" {
			continue
		}
		if f := factOf(s, e.Name+".stale_ratio"); f != nil {
			return f
		}
	}
	return nil
}

// experimentsLost sums the acknowledged writes that were gone after
// experiments. Those of the kill matrix are in its rows.
func experimentsLost(s bench.StageResult) float64 {
	var sum float64
	for _, f := range s.Facts {
		name, ok := strings.CutSuffix(f.Name, ".lost_count")
		if !ok {
			name, ok = strings.CutSuffix(f.Name, ".photos_lost_count")
		}
		matrix := strings.HasPrefix(name, "kill.") || slices.ContainsFunc(s.Kills, func(k bench.KillRow) bool {
			return k.Node == name && OneOfEach(s.Stage, k)
		})
		if ok && !matrix && f.Doubt == "" {
			sum += f.Value
		}
	}
	return sum
}
