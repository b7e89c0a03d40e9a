package run

import (
	"errors"
	"io"
	"time"

	"rung/bench"
)

// Files is where a run leaves what does not fit into run.json.
type Files interface {
	// Log opens the histogram log of an attack.
	Log(stage, name string) (io.WriteCloser, error)
	// NodeLog opens the log of a node, to append to.
	NodeLog(stage, node string) (io.WriteCloser, error)
}

// Config is one run.
type Config struct {
	Stages   []bench.Stage
	Workload bench.Workload
	Profile  bench.Profile
	Hardware bench.Hardware
	// Baseline goes into the run as it is; nil means the hardware's numbers.
	Baseline *bench.NumberSet
	Seed     uint64
	// Bare says that nothing is emulated.
	Bare bool
	// Node is the command that runs a node.
	Node []string
	// Data is a folder for the nodes' data. The caller removes it.
	Data  string
	Files Files
	// Tool and Commit name the program that makes the run.
	Tool, Commit string
	// Progress, if set, is told of each step as it starts. It must be quick.
	Progress func(Step)
	// Save, if set, is given the run so far after each stage.
	Save func(bench.Run) error
}

// Step is one step of a run.
type Step struct {
	Stage string
	// What happens: "capacity: 235/s for 5s".
	What string
	// Stages done before this one, and in all.
	Done, Stages int
	// Expected is how long the step will take; zero when that is not known.
	Expected time.Duration
}

func (c Config) check() error {
	switch {
	case len(c.Stages) == 0:
		return errors.New("no stages to run")
	case len(c.Node) == 0:
		return errors.New("no command for nodes")
	case c.Files == nil:
		return errors.New("nowhere to put files")
	}
	return nil
}
