package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rung/bench/calibrate"
	"rung/configs"
	"rung/targets/node"
)

// app is the program with its streams, so that tests can run it in-process.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// settingsFile is the --config flag.
	settingsFile string
	json         bool
}

// secondSignal is how long after the first signal a second one is another.
const secondSignal = 500 * time.Millisecond

// Main runs the program with the arguments after its name and returns its
// exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // a terminal that is closed; not so under nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	// The second Ctrl-C ends the program at once. Not so one within a moment of
	// the first: timeout(1) signals a program, and then the group it is in.
	context.AfterFunc(ctx, func() { time.AfterFunc(secondSignal, stop) })
	if len(args) > 0 && args[0] == "node" {
		// Not through cobra: a node should start fast.
		if err := node.Run(ctx, stdin, stdout, stderr); err != nil {
			fmt.Fprintln(stderr, err)
			return exitHarness
		}
		return exitPass
	}
	if len(args) > 0 && args[0] == "null" {
		if err := calibrate.ServeNull(ctx, stdin, stdout); err != nil {
			fmt.Fprintln(stderr, err)
			return exitHarness
		}
		return exitPass
	}
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		var e exit
		if !errors.As(err, &e) || e.err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				fmt.Fprintln(stderr, "rung:", line)
			}
		}
	}
	return codeOf(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rung",
		Short: "Build, attack and break every step of the scaling ladder",
		Long: `rung builds every step of the scaling ladder, from one server up, as real
running servers on this machine, attacks each with the same open-loop load,
breaks it on purpose, and renders one HTML report: what each step bought, what
it cost, where it breaks, and whether the estimate agreed.

Exit codes: 0 every verdict passed, 1 some failed, 2 some are unknown,
3 usage or configuration, 4 the harness itself failed.

Every setting can be given as a flag, as an environment variable (RUNG_PROFILE,
RUNG_HARDWARE, RUNG_SEED, ...) or in a YAML file named by --config.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       versionLine(),
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().StringVar(&a.settingsFile, "config", "", "YAML file with settings")
	root.PersistentFlags().String("configs", "", "folder with stages, workloads, profiles of your own")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the machine-readable twin")
	root.AddCommand(a.runCommand(), a.upCommand(), a.stagesCommand(), a.reportCommand(), a.compareCommand(),
		a.attackCommand(), a.capacityCommand(), a.estimateCommand(), a.numbersCommand())
	// These two are handled before; they are here so that help can explain
	// them.
	root.AddCommand(&cobra.Command{Use: "node", Hidden: true, Short: "run one node (used by rung itself)"},
		&cobra.Command{Use: "null", Hidden: true, Short: "run a server that does nothing (used by rung itself)"})
	return root
}

// knownCommand refuses what is no command, and says which one may be meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := "rung --help lists them"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q: %s", args[0], cmd.CommandPath(), hint)
}

// takes refuses any other number of arguments, and says which are wanted.
func takes(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%s accepts %d arg(s), and got %d: give %s", cmd.CommandPath(), n, len(args), what)
		}
		return nil
	}
}

// settings reads flags, environment and file.
func (a *app) settings(cmd *cobra.Command) (configs.Settings, error) {
	s, err := configs.LoadSettings(cmd.Flags(), a.settingsFile)
	if err != nil {
		return s, usage(err)
	}
	return s, nil
}

// completeStages offers the ids of stages.
func (a *app) completeStages(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	s, err := a.settings(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return s.Library().Stages(), cobra.ShellCompDirectiveDefault // or a file
}

// completes offers names of the library, or a file.
func (a *app) completes(names func(configs.Library) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		s, err := a.settings(cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return names(s.Library()), cobra.ShellCompDirectiveDefault
	}
}

// chooses adds completion of a flag from a list.
func chooses(cmd *cobra.Command, flag string, from func() []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return from(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag was not defined: a mistake in this program
	}
}

// self is the command that runs a node.
func self() ([]string, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, harness(fmt.Errorf("find this program: %w", err))
	}
	return []string{path, "node"}, nil
}
