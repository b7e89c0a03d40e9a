package bench

import (
	"fmt"
	"math"
)

// Judge compares claims and estimates with facts. It is pure: the same input
// gives the same verdicts, in the order of the claims and then of the
// estimates.
func Judge(claims []Claim, prediction Prediction, facts Facts) []Verdict {
	var verdicts []Verdict
	for _, c := range claims {
		verdicts = append(verdicts, judgeClaim(c, facts))
	}
	for _, e := range prediction.Estimates {
		verdicts = append(verdicts, judgeEstimate(e, facts))
	}
	return verdicts
}

func judgeClaim(c Claim, facts Facts) Verdict {
	v := Verdict{ID: c.ID, Text: c.Text, Word: Pass}
	if len(c.Checks) == 0 {
		v.Word = Unknown
		v.Evidence = []string{"the claim has no check"}
	}
	for _, text := range c.Checks {
		check, err := ParseCheck(text)
		if err != nil {
			v.Word = worse(v.Word, Unknown)
			v.Evidence = append(v.Evidence, err.Error())
			continue
		}
		word, evidence := check.Judge(facts)
		v.Word = worse(v.Word, word)
		v.Evidence = append(v.Evidence, evidence)
	}
	return v
}

func worse(a, b Word) Word {
	switch {
	case a == Fail || b == Fail:
		return Fail
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Pass
}

func judgeEstimate(e Estimate, facts Facts) Verdict {
	v := Verdict{ID: "estimate." + e.Fact, Word: Unknown, Expected: e.Value,
		Text: fmt.Sprintf("%s is %s, within %.0f%%", e.Fact, Quantity(e.Fact, e.Value), e.Tolerance*100)}
	fact, ok := facts[e.Fact]
	switch {
	case !ok:
		v.Evidence = []string{e.Fact + " was not measured"}
		return v
	case math.IsNaN(fact.Value) || math.IsInf(fact.Value, 0) || e.Value <= 0:
		v.Evidence = []string{e.Fact + " cannot be compared"}
		return v
	}
	v.Measured = fact.Value
	v.Ratio = fact.Value / e.Value
	seen := fmt.Sprintf("measured %s, estimated %s, ratio %.3f", Quantity(e.Fact, fact.Value), Quantity(e.Fact, e.Value), v.Ratio)
	switch {
	case fact.Doubt != "":
		v.Evidence = []string{seen, "in doubt: " + fact.Doubt}
	case e.Outside != "":
		v.Evidence = []string{seen, "outside the model: " + e.Outside}
	case math.Abs(v.Ratio-1) <= e.Tolerance:
		v.Word = Pass
		v.Evidence = []string{seen}
	case fact.Strain != "":
		v.Evidence = []string{seen, "in doubt: " + fact.Strain}
	default:
		v.Word = Fail
		v.Evidence = []string{seen}
	}
	return v
}

// JudgeLimit compares the resource that was saturated with the one that the
// prediction names.
func JudgeLimit(p Prediction, c Capacity) Verdict {
	v := Verdict{ID: "estimate.limit", Text: fmt.Sprintf("the limit is %s", p.Bottleneck), Word: Unknown}
	seen := fmt.Sprintf("busiest where the stage breaks: %s, %.3g%% used", c.Bottleneck, c.Bottleneck.Use*100)
	switch {
	case c.Bottleneck.String() == "" && c.Doubt != "":
		v.Evidence = []string{"in doubt: " + c.Doubt}
	case c.Doubt != "":
		v.Evidence = []string{seen, "in doubt: " + c.Doubt}
	case c.Bottleneck.String() == "":
		v.Evidence = []string{"the nodes gave no metrics"}
	case c.Bottleneck.String() == p.Bottleneck.String():
		v.Word, v.Evidence = Pass, []string{seen}
	default:
		v.Word, v.Evidence = Fail, []string{seen}
	}
	return v
}
