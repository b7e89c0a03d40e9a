package bench_test

import (
	"testing"

	"rung/bench"
)

func TestAProfileLeavesOutWhatNeedsWhatItLeavesOut(t *testing.T) {
	stage := bench.Stage{
		Kills:       []bench.Kill{{Node: "web"}, {Node: "db", Profiles: []string{"full"}}, {DataCenter: "us", Profiles: []string{"quick"}}},
		Experiments: []bench.Experiment{{Name: "a"}, {Name: "a-long", Profiles: []string{"full"}}},
		Claims: []bench.Claim{
			{ID: "always", Checks: []string{"a.p99_ns <= 1s", "kill.web.availability_ratio >= 99%"}},
			{ID: "half", Checks: []string{"a.p99_ns <= 1s", "a.p99_ns <= 2 * a-long.p99_ns"}},
			{ID: "killed", Checks: []string{"kill.db.availability_ratio >= 99%"}},
			{ID: "centre", Checks: []string{"kill.us.availability_ratio >= 99%"}},
			{ID: "own", Checks: []string{"a.p99_ns <= 1s"}, Profiles: []string{"full"}},
			{ID: "odd", Checks: []string{"what is this"}},
		},
	}
	for profile, want := range map[string][]string{
		"smoke": {"always", "odd"},
		"quick": {"always", "centre", "odd"},
		"full":  {"always", "half", "killed", "own", "odd"},
	} {
		s := stage.In(profile)
		var got []string
		for _, c := range s.Claims {
			got = append(got, c.ID)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: claims %v, want %v", profile, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: claims %v, want %v", profile, got, want)
			}
		}
	}
	if len(stage.Claims) != 6 || len(stage.Kills) != 3 || stage.Claims[1].ID != "half" || stage.Kills[1].Node != "db" {
		t.Error("the stage itself was changed")
	}
	if s := stage.In("smoke"); len(s.Kills) != 1 || len(s.Experiments) != 1 {
		t.Errorf("smoke runs %d kills and %d experiments", len(s.Kills), len(s.Experiments))
	}
}
