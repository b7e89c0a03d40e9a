package launch

import (
	"strings"

	"rung/targets"
)

// frugal is how the Go runtime of a node with an emulated machine is set up,
// where the user's environment does not say otherwise. What such a node
// computes is emulated, and all of a stage's nodes share a real machine of few
// cores: with one thread that runs Go code, and a heap that is collected half
// as often, a request of stage 11 took a quarter less real CPU time, most of
// it threads that woke each other. System calls have threads of their own, so
// an fsync stops nobody.
var frugal = []string{"GOMAXPROCS=1", "GOGC=200"}

// environment of a node's process. A node that emulates no machine may use all
// of the real one.
func environment(m targets.Machine, ours []string) []string {
	if m.CPU.Slots == 0 {
		return ours
	}
	out := append(make([]string, 0, len(ours)+len(frugal)), ours...)
	for _, setting := range frugal {
		name, _, _ := strings.Cut(setting, "=")
		if !sets(ours, name) {
			out = append(out, setting)
		}
	}
	return out
}

func sets(environ []string, name string) bool {
	for _, e := range environ {
		if n, _, _ := strings.Cut(e, "="); n == name {
			return true
		}
	}
	return false
}
