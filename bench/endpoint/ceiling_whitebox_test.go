package endpoint

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestClimbFindsWhatDoublingFinds has generators that keep up every rate up to
// one, and compares with a search that leaves no doubling out.
func TestClimbFindsWhatDoublingFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		able := math.Exp(rapid.Float64Range(math.Log(500), math.Log(2e6)).Draw(t, "able"))
		most := math.Exp(rapid.Float64Range(math.Log(100), math.Log(1e6)).Draw(t, "most"))
		want, doublings := 0.0, 0
		for rate := float64(firstRate); ; rate *= 2 {
			doublings++
			if rate > able {
				break
			}
			if want = rate; rate >= most {
				break
			}
		}
		tries := 0
		got, err := climb(most, func(rate float64) (bool, error) { tries++; return rate <= able, nil })
		if err != nil || got != want {
			t.Fatalf("ceiling %v, %v; want %v", got, err, want)
		}
		if tries > doublings+1 { // the second try of the first rate, or the one between
			t.Fatalf("%d tries where doubling takes %d", tries, doublings)
		}
	})
}

func TestClimb(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for _, row := range []struct {
		name   string
		most   float64
		answer []bool // of each try; beyond them the try fails with an error
		want   float64
		err    error
	}{
		{"three tries of a usual attack", leastCeiling, []bool{true, true, true}, 16_000, nil},
		{"a moment of another program", leastCeiling, []bool{false, true, true, true}, 16_000, nil},
		{"nothing is kept up", leastCeiling, []bool{false, false}, 0, nil},
		{"between", leastCeiling, []bool{true, true, false, true}, 8000, nil},
		{"not even between", leastCeiling, []bool{true, true, false, false}, 4000, nil},
		{"no more than is asked", 20_000, []bool{true, true, true, true}, 32_000, nil},
		{"by two from there on", 1e6, []bool{true, true, true, true, false}, 32_000, nil},
		{"broken off at once", leastCeiling, nil, 0, stop},
		{"broken off later", leastCeiling, []bool{true, true}, 4000, stop},
		{"broken off between", leastCeiling, []bool{true, true, false}, 4000, stop},
	} {
		tries := 0
		got, err := climb(row.most, func(float64) (bool, error) {
			if tries++; tries > len(row.answer) {
				return false, stop
			}
			return row.answer[tries-1], nil
		})
		if got != row.want || !errors.Is(err, row.err) || row.err == nil && tries != len(row.answer) {
			t.Errorf("%s: ceiling %v after %d tries, %v; want %v after %d, %v", row.name, got, tries, err, row.want, len(row.answer), row.err)
		}
	}
}
