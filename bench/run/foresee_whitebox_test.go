package run

import (
	"math"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/estimate"
	"rung/targets"
)

func TestRangeBecomesItsMiddleWithATolerance(t *testing.T) {
	e := within("x_ns", estimate.Range{Low: time.Second, High: 3 * time.Second}, 0, "m", nil)
	if e.Value != 2e9 || math.Abs(e.Tolerance-0.51) > 1e-9 { // and 20 ms at either end
		t.Errorf("value %v, tolerance %v", e.Value, e.Tolerance)
	}
	e = within("x_ns", estimate.Range{}, 200*time.Millisecond, "m", nil)
	if low, high := e.Value*(1-e.Tolerance), e.Value*(1+e.Tolerance); low != 0 || high != 200e6 {
		t.Errorf("software alone: %v to %v", low, high)
	}
}

func TestCeilingIsTheResourceThatIsBusyFirst(t *testing.T) {
	p := bench.Prediction{Demands: []bench.Demand{{Node: "web", Ceiling: 800}, {Node: "db", Ceiling: 450}, {Node: "lb"}}}
	if d, ok := ceiling(p); !ok || d.Node != "db" {
		t.Errorf("the lowest ceiling is that of %s, %t", d.Node, ok)
	}
	if _, ok := ceiling(bench.Prediction{}); ok {
		t.Error("nothing has a ceiling")
	}
}

func TestFiguresLeaveGapsForWhatIsNotKnown(t *testing.T) {
	facts := bench.Facts{}
	facts.Add("a", 1, "")
	facts.Doubt("b", 2, "", "too few")
	s := &session{facts: facts, stage: bench.Stage{Figures: []bench.FigurePlan{{
		Figure: bench.Figure{ID: "f", Series: []bench.Series{{Name: "one"}, {Name: "two"}}},
		Points: [][]bench.FactPoint{{{X: 1, Fact: "a"}, {X: 2, Fact: "b"}, {X: 3, Fact: "c"}}, {{X: 1, Fact: "a"}}}}}}}
	s.figures()
	points := s.result.Figures[0].Series[0].Points
	if len(points) != 3 || points[0].Y == nil || *points[0].Y != 1 || points[1].Y != nil || points[2].Y != nil || points[2].X != 3 {
		t.Errorf("points %+v", points)
	}
	if s.stage.Figures[0].Figure.Series[0].Points != nil {
		t.Error("the plan itself was changed")
	}
}

func TestLoggedOutIsForeseenForSessionsOnly(t *testing.T) {
	s := &session{cfg: Config{Workload: bench.Workload{Sessions: 60}}}
	got, err := s.foreseeLoggedOut(bench.Experiment{Name: "x", Operations: []targets.Operation{targets.OpUser}}, targets.Topology{})
	if err != nil || got != nil {
		t.Errorf("reads of users: %v, %v", got, err)
	}
}
