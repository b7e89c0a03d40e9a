package targets_test

import (
	"testing"

	"rung/targets"
)

func TestGroup(t *testing.T) {
	for node, want := range map[string]string{"web-1": "web", "web-12": "web", "web": "web", "db-a-us": "db-a-us", "db-a-1": "db-a", "x2": "x2", "a-": "a-", "lb-us-1": "lb-us"} {
		if got := targets.Group(node); got != want {
			t.Errorf("group of %s: %s, want %s", node, got, want)
		}
	}
}
