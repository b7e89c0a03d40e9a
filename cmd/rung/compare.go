package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rung/bench"
	"rung/bench/compare"
	"rung/reports"
	"rung/reports/html"
)

// compareFlags are those of "rung compare".
type compareFlags struct {
	level float64
	noise float64
	out   string
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Say whether two runs differ, and by how much",
		Long: `Compare two runs number by number. Intervals come from whole windows of the
measurements (neighbours resemble each other, so single requests would promise
too much), or from rounds where a run has repeats. "~" means that no difference
can be told.

Exit codes: 0 nothing got worse, 1 something did, 2 nothing can be said.`,
		Example: "  rung compare runs/a runs/b\n  rung compare runs/a runs/b --html difference.html",
		Args:    takes(2, "two runs, BEFORE and AFTER"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.compare(cmd, args, f) },
	}
	cmd.Flags().Float64Var(&f.level, "level", 0.95, "confidence of the intervals")
	cmd.Flags().Float64Var(&f.noise, "noise", 0, "change that counts as none, 0.05 is 5% (0: as the runs allow; below 0: none)")
	cmd.Flags().StringVar(&f.out, "html", "", "write the comparison as a page to this file")
	cmd.Flags().Uint64("seed", 1, "seed of the resampling")
	return cmd
}

func (a *app) compare(cmd *cobra.Command, folders []string, f compareFlags) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	if err := notZero(cmd, "level"); err != nil {
		return exit{exitUsage, err}
	}
	var runs [2]bench.Run
	for i, folder := range folders {
		if runs[i], err = reports.ReadRun(folder); err != nil {
			return exit{exitUsage, err}
		}
	}
	c, err := compare.Runs(runs[0], runs[1], compare.Config{Before: folders[0], After: folders[1], Level: f.level, Noise: f.noise,
		Seed: settings.Seed, Windows: windowsIn(folders)})
	if err != nil {
		return exit{exitUsage, err}
	}
	if f.out != "" {
		page, err := html.ComparePage(runs[0], runs[1], c)
		if err != nil {
			return harness(err)
		}
		if err := reports.WriteFile(f.out, page); err != nil {
			return harness(err)
		}
	}
	if a.json {
		err = a.printJSON(c)
	} else {
		err = compare.Print(a.stdout, c, a.width())
	}
	if err != nil {
		return harness(err)
	}
	if f.out != "" && !a.json {
		fmt.Fprintf(a.stdout, "\npage: %s\n", f.out)
	}
	if code := codeOfComparison(c); code != exitPass {
		return exit{code: code}
	}
	return nil
}

// windowsIn reads the windows of a measurement from its interval log.
func windowsIn(folders []string) func(compare.Side, string, bench.Measurement) ([]compare.Window, error) {
	return func(side compare.Side, _ string, m bench.Measurement) ([]compare.Window, error) {
		folder := folders[0]
		if side == compare.After {
			folder = folders[1]
		}
		if m.Log == "" {
			return nil, os.ErrNotExist
		}
		if !filepath.IsLocal(m.Log) {
			return nil, fmt.Errorf("%s: the log %q is outside of the run", folder, m.Log)
		}
		file, err := os.Open(filepath.Join(folderOf(folder), m.Log))
		if err != nil {
			return nil, err
		}
		windows, err := compare.ReadWindows(file)
		return windows, errors.Join(err, file.Close())
	}
}

// codeOfComparison is 1 when something got worse, and 2 when nothing at all
// could be told.
func codeOfComparison(c bench.Comparison) int {
	known := false
	for _, s := range c.Stages {
		for _, d := range s.Rows {
			if d.Word == bench.DeltaWorse {
				return exitFail
			}
			known = known || d.Word != bench.DeltaUnknown
		}
	}
	if !known {
		return exitUnknown
	}
	return exitPass
}
