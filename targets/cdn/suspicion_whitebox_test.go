package cdn

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSuspicionModel: the origin is suspected exactly when a question timed
// out and no answer came between its start and now; and there is at most one
// probe.
func TestSuspicionModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s suspicion
		var open []int64 // questions under way
		var clear []bool // whether nothing was heard since each began
		hanging, probing := false, false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"ask", "answer", "silence", "stale", "end"}).Draw(t, "step") {
			case "ask":
				open, clear = append(open, s.asked()), append(clear, true)
			case "answer":
				s.answered()
				hanging = false
				for i := range clear {
					clear[i] = false
				}
			case "silence":
				if len(open) > 0 {
					i := rapid.IntRange(0, len(open)-1).Draw(t, "question")
					s.silent(open[i])
					hanging = hanging || clear[i]
				}
			case "stale":
				want := adviceAsk
				switch {
				case hanging && probing:
					want = adviceSpare
				case hanging:
					want, probing = adviceProbe, true
				}
				if got := s.advise(); got != want {
					t.Fatalf("advice %v, want %v", got, want)
				}
			case "end":
				if probing {
					s.endProbe()
					probing = false
				}
			}
			if s.suspected() != hanging {
				t.Fatalf("suspected %v, want %v", s.suspected(), hanging)
			}
		}
	})
}
