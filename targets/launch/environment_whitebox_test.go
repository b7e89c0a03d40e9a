package launch

import (
	"slices"
	"testing"

	"rung/targets"
)

func TestEnvironment(t *testing.T) {
	emulated := targets.Machine{CPU: targets.Resource{Slots: 2}}
	for _, row := range []struct {
		name    string
		machine targets.Machine
		ours    []string
		want    []string
	}{
		{"a real machine", targets.Machine{}, []string{"A=1"}, []string{"A=1"}},
		{"an emulated one", emulated, []string{"A=1"}, []string{"A=1", "GOMAXPROCS=1", "GOGC=200"}},
		{"the user knows better", emulated, []string{"GOMAXPROCS=3", "GOGCX=1"}, []string{"GOMAXPROCS=3", "GOGCX=1", "GOGC=200"}},
	} {
		if got := environment(row.machine, row.ours); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
