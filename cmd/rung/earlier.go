package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rung/bench"
	"rung/reports"
)

// holdsRun says whether a folder has a run in it.
func holdsRun(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, reports.RunFile))
	return err == nil
}

// measured says whether a run found anything.
func measured(r bench.Run) bool {
	for _, s := range r.Stages {
		if s.Common != nil || s.Capacity != nil && len(s.Capacity.Probes) > 0 || len(s.Repeats)+len(s.Variants)+len(s.Facts) > 0 {
			return true
		}
	}
	return false
}

// nothing is the exit of a run that was ended by err before it found anything:
// it writes nothing, and what it says of the folder is the rest of the line.
func nothing(err error, rest string) error {
	if errors.Is(err, context.Canceled) {
		return exit{exitFail, fmt.Errorf("interrupted before anything was measured: %s", rest)}
	}
	return harness(fmt.Errorf("%w; %s", err, rest))
}
