package main

import (
	"errors"
	"fmt"

	"rung/bench"
	"rung/configs"
)

// The exit codes.
const (
	exitPass    = 0 // every verdict passed
	exitFail    = 1 // some failed
	exitUnknown = 2 // some are unknown, none failed
	exitUsage   = 3 // usage or configuration
	exitHarness = 4 // the harness itself failed
)

// exit is an error that knows its exit code. A nil Err was reported already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// harness marks an error as the harness's own.
func harness(err error) error { return exit{exitHarness, err} }

// codeOf is the exit code of what a command returned. Errors of unknown kind
// come from cobra: a wrong flag or argument.
func codeOf(err error) int {
	var e exit
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &e):
		return e.code
	}
	return exitUsage
}

func codeOfWord(w bench.Word) int {
	switch w {
	case bench.Pass:
		return exitPass
	case bench.Fail:
		return exitFail
	}
	return exitUnknown
}

// usage marks configuration errors, which name their file and field.
func usage(err error) error {
	var one configs.Error
	var many configs.Errors
	if errors.As(err, &one) || errors.As(err, &many) {
		return exit{exitUsage, err}
	}
	return exit{exitUsage, fmt.Errorf("configuration: %w", err)}
}
