package html

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/reports"
	"rung/reports/reportstest"
)

// drawnFigure draws any figure, with values from the smallest to the largest.
func drawnFigure(t *rapid.T) bench.Figure {
	units := []bench.Unit{bench.UnitNone, bench.UnitNs, bench.UnitPerS, bench.UnitRatio, bench.UnitBytes, bench.UnitUSD,
		bench.UnitCount, "furlong"}
	value := rapid.OneOf(rapid.Float64Range(-1e3, 1e3), rapid.Float64Range(0, 1), rapid.Float64Range(-1e12, 1e12),
		rapid.SampledFrom([]float64{0, 1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-300}))
	optional := func(name string) *float64 {
		if rapid.IntRange(0, 3).Draw(t, name+" is missing") == 0 {
			return nil
		}
		v := value.Draw(t, name)
		return &v
	}
	axis := func(name string) bench.Axis {
		return bench.Axis{Label: name, Unit: rapid.SampledFrom(units).Draw(t, name), Log: rapid.Bool().Draw(t, name+" log")}
	}
	f := bench.Figure{ID: "any", X: axis("x"), Y: axis("y")}
	for i := range rapid.IntRange(0, 4).Draw(t, "names") {
		f.X.Names = append(f.X.Names, fmt.Sprint("name ", i))
	}
	if rapid.Bool().Draw(t, "second") {
		f.Second = axis("second")
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "series") {
		s := bench.Series{Name: fmt.Sprint("series ", i), Second: rapid.Bool().Draw(t, "on second"),
			Predicted: rapid.Bool().Draw(t, "predicted"),
			Mark:      rapid.SampledFrom([]bench.Mark{bench.MarkLine, bench.MarkStep, bench.MarkDots, bench.MarkBars, bench.MarkStack, "?"}).Draw(t, "mark")}
		for j := range rapid.IntRange(0, 6).Draw(t, "points") {
			x := float64(j)
			if f.X.Names == nil {
				x = value.Draw(t, "x")
			}
			s.Points = append(s.Points, bench.FigurePoint{X: x, Y: optional("y"), Low: optional("low"), High: optional("high")})
		}
		f.Series = append(f.Series, s)
	}
	f.Bands = []bench.Band{{Label: "band", From: -5, To: 1e9}}
	return f
}

func TestAnyFigureCanBeDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawnFigure(t)
		before, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		b := newBuilder(bench.Run{}, levels()[0])
		f, err := b.relationFigure("figure-any", in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Block == nil && f.Empty != "No data." {
			t.Fatalf("there is neither a chart nor a word: %+v", f)
		}
		if strings.Contains(string(f.Block), "NaN") || strings.Contains(string(f.Block), "Inf") {
			t.Fatalf("a number is not finite: %s", f.Block)
		}
		if after, err := json.Marshal(in); err != nil || string(after) != string(before) {
			t.Fatalf("drawing changed the figure: %s, %v", after, err)
		}
	})
}

// Every value, interval and count of a figure stands in its table.
func TestTableHasEveryNumber(t *testing.T) {
	seen := 0
	for _, s := range reportstest.Run().Stages {
		for _, in := range s.Figures {
			twin := relationTable(in, math.MaxInt)
			for column, series := range in.Series {
				unit := in.Y.Unit
				if series.Second {
					unit = in.Second.Unit
				}
				for _, p := range series.Points {
					want := reports.Missing
					if p.Y != nil {
						want = written(unit, *p.Y)
					}
					at := slices.IndexFunc(twin.Rows, func(r []cell) bool {
						c := r[column+1]
						return r[0].Text == placeName(in.X, p.X) && c.Text == want &&
							(p.Low == nil || strings.Contains(c.Sub, written(unit, *p.Low)+" to "+written(unit, *p.High))) &&
							(p.Count == 0 || strings.Contains(c.Sub, "n "+reports.Count(p.Count)))
					})
					if at < 0 {
						t.Errorf("%s: %s at %s is not in the table", in.ID, series.Name, placeName(in.X, p.X))
					}
					seen++
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d points were looked for", seen)
	}
}

func TestStackedBarsAddUp(t *testing.T) {
	y := func(v float64) *float64 { return &v }
	stack := func(points ...bench.FigurePoint) bench.Series {
		return bench.Series{Mark: bench.MarkStack, Points: points}
	}
	r := newRelation(bench.Figure{X: bench.Axis{Names: []string{"a", "b"}}, Series: []bench.Series{
		stack(bench.FigurePoint{X: 0, Y: y(1)}, bench.FigurePoint{X: 1}),
		stack(bench.FigurePoint{X: 0, Y: y(2)}, bench.FigurePoint{X: 1, Y: y(5)}),
		stack(bench.FigurePoint{X: 0, Y: y(4)})}}, 100)
	for i, want := range [][]float64{{0, 0}, {1, 0}, {3}} {
		if got := r.series[i].base; !slices.Equal(got, want) {
			t.Errorf("series %d stands on %v, want %v", i, got, want)
		}
	}
	if r.slots != 1 || r.y.high < 7 {
		t.Errorf("%d bars side by side, axis up to %v; want 1 bar, at least 7", r.slots, r.y.high)
	}
}

func TestMissingIsAGapAndEstimatesAreDashed(t *testing.T) {
	var figures []bench.Figure
	for _, s := range reportstest.Run().Stages {
		figures = append(figures, s.Figures...)
	}
	capacity := figures[slices.IndexFunc(figures, func(f bench.Figure) bool { return f.ID == "read-capacity" })]
	block, err := newRelation(capacity, 100).plot().block()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Option struct {
			Series []struct {
				Name, Type string
				Data       []any
				LineStyle  struct{ Type string }
			}
		}
	}
	if err := json.Unmarshal(block, &got); err != nil {
		t.Fatal(err)
	}
	measured, whiskers, estimate := got.Option.Series[0], got.Option.Series[1], got.Option.Series[2]
	if last, ok := measured.Data[3].([]any); !ok || last[1] != nil {
		t.Errorf("a point without a value is drawn at %v", measured.Data[3])
	}
	if measured.Type != "scatter" || len(whiskers.Data) != 3 {
		t.Errorf("measured dots are %q with %d intervals, want scatter with 3", measured.Type, len(whiskers.Data))
	}
	if estimate.LineStyle.Type != "dashed" || !strings.Contains(estimate.Name, "estimate") {
		t.Errorf("the estimate is %+v, want it dashed and called so", estimate)
	}
}

func TestAxesHoldTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e15, 1e15), 1, 20).Draw(t, "values")
		a := bench.Axis{Unit: rapid.SampledFrom([]bench.Unit{bench.UnitNone, bench.UnitNs, bench.UnitBytes, bench.UnitRatio}).Draw(t, "unit"),
			Log: rapid.Bool().Draw(t, "log")}
		foot := rapid.Bool().Draw(t, "foot")
		s := scaleOf(a, values, foot)
		if !(s.low < s.high) || foot && !a.Log && (s.low > 0 || s.high < 0) || a.Log && s.low <= 0 {
			t.Fatalf("an axis from %v to %v", s.low, s.high)
		}
		slack := (s.high - s.low) * 1e-9
		for _, v := range values {
			if a.Log && v <= 0 {
				continue
			}
			if v < s.low-slack || v > s.high+slack {
				t.Fatalf("%v lies beside the axis from %v to %v", v, s.low, s.high)
			}
		}
		for i, tick := range s.ticks {
			if i > 0 && tick <= s.ticks[i-1] || len(s.ticks) > 13 {
				t.Fatalf("labels stand at %v", s.ticks)
			}
		}
	})
}

func TestBytesHaveWholeUnits(t *testing.T) {
	for _, c := range []struct {
		log  bool
		want []float64
	}{{false, []float64{0, 20 << 20, 40 << 20, 60 << 20, 80 << 20, 100 << 20}}, {true, []float64{1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20}}} {
		got := scaleOf(bench.Axis{Unit: bench.UnitBytes, Log: c.log}, []float64{1 << 20, 97 << 20}, true)
		if len(got.ticks) != len(c.want) {
			t.Fatalf("log %v: labels at %v, want %v", c.log, got.ticks, c.want)
		}
		for i, want := range c.want {
			if math.Abs(got.ticks[i]-want) > want*1e-5 {
				t.Errorf("log %v: a label stands at %v, want %v", c.log, got.ticks[i], want)
			}
		}
	}
}

func TestPartsStandInTheOrderOfTheTiers(t *testing.T) {
	names := partNames(reportstest.Run(), 0.5)
	at := func(name string) int { return slices.Index(names, name) }
	want := []string{"late", "edge-queue", "origin", "lb-queue", "web-cpu", "sess-wait", "cache-work", "db-work", "vol-work", "mystery", "rest"}
	for i := 1; i < len(want); i++ {
		if at(want[i-1]) < 0 || at(want[i-1]) >= at(want[i]) {
			t.Errorf("%s at %d, %s at %d of %v", want[i-1], at(want[i-1]), want[i], at(want[i]), names)
		}
	}
	for name, want := range map[string]bool{"late": true, "cache-conn": true, "cache-read-queue": true, "sess-wait": true,
		"origin": false, "queue": false, "vol-work": false, "rest": false} {
		if waiting(name) != want {
			t.Errorf("%s is waiting: %v, want %v", name, !want, want)
		}
	}
}
