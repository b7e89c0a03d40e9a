package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rung/bench"
	"rung/bench/numbers"
	"rung/bench/run"
	"rung/configs"
	"rung/reports"
	"rung/reports/html"
)

// numbersFlags are those of "rung numbers".
type numbersFlags struct {
	measure bool
	budget  time.Duration
	out     string
}

func (a *app) numbersCommand() *cobra.Command {
	var f numbersFlags
	cmd := &cobra.Command{
		Use:   "numbers [SET | FILE.yaml]...",
		Short: "Show latency numbers, or measure those of this machine",
		Long: `Show named sets of latency numbers side by side: what a memory reference, a
disk access or a round trip takes, by whom and when it was published. Sets are
never mixed: the same row differs by up to four times between them.

With --measure the same rows are measured on this machine, which takes a
minute, with flags where a figure is not what it seems (page cache, a disk that
does not sync, a coarse timer). The set goes to a folder, with a picture of all
sets on one scale; "rung run --baseline FILE" shows a run beside it.`,
		Example: `  rung numbers
  rung numbers book gist-2012
  rung numbers --measure --out runs/numbers`,
		RunE:              func(cmd *cobra.Command, names []string) error { return a.numbers(cmd, names, f) },
		ValidArgsFunction: a.completes(configs.Library.NumberSets),
	}
	cmd.Flags().BoolVar(&f.measure, "measure", false, "measure this machine")
	cmd.Flags().DurationVar(&f.budget, "budget", numbers.DefaultBudget, "how long to measure")
	cmd.Flags().StringVar(&f.out, "out", "", "folder for numbers.html and numbers.yaml (with --measure: runs/numbers)")
	return cmd
}

func (a *app) numbers(cmd *cobra.Command, names []string, f numbersFlags) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	l := settings.Library()
	if !f.measure && cmd.Flags().Changed("budget") {
		return exit{exitUsage, errors.New("--budget is for --measure")}
	}
	if len(names) == 0 {
		names = l.NumberSets()
	}
	var sets []bench.NumberSet
	for _, name := range names {
		set, err := l.Numbers(name)
		if err != nil {
			return usage(err)
		}
		if slices.ContainsFunc(sets, func(s bench.NumberSet) bool { return s.Name == set.Name }) {
			return usage(fmt.Errorf("set %q is named twice", set.Name))
		}
		sets = append(sets, set)
	}
	if f.measure {
		if f.budget < numbers.MinBudget || f.budget > numbers.MaxBudget {
			return usage(fmt.Errorf("--budget is %v: allowed is %v to %v", f.budget, numbers.MinBudget, numbers.MaxBudget))
		}
		if f.out == "" {
			f.out = cmp.Or(settings.Out, filepath.Join("runs", "numbers"))
		}
		measured, err := a.measureNumbers(cmd.Context(), f)
		if err != nil {
			return err
		}
		sets = append([]bench.NumberSet{measured}, sets...)
	}
	return a.showNumbers(sets, f)
}

// measureNumbers measures with its disk files where the results will go: that
// is the disk of interest.
func (a *app) measureNumbers(ctx context.Context, f numbersFlags) (bench.NumberSet, error) {
	// A folder that cannot be used is told now, and not after a minute.
	if _, err := reports.Create(f.out); err != nil {
		return bench.NumberSet{}, harness(err)
	}
	progress := a.progress()
	defer progress.end()
	set, err := numbers.Measure(ctx, numbers.Config{Folder: f.out, Budget: f.budget, Progress: func(done, total int, what string) {
		if what != "" {
			progress.step(run.Step{What: what, Done: done, Stages: total})
		}
	}})
	switch {
	case errors.Is(err, context.Canceled):
		return set, exit{exitFail, errors.New("interrupted: no numbers were written")}
	case err != nil:
		return set, harness(err)
	}
	return set, nil
}

func (a *app) showNumbers(sets []bench.NumberSet, f numbersFlags) error {
	var written []string
	if f.out != "" {
		directory, err := reports.Create(f.out)
		if err != nil {
			return harness(err)
		}
		page, err := html.NumbersPage(sets)
		if err != nil {
			return harness(err)
		}
		files := []struct {
			name string
			data []byte
		}{{"numbers.html", page}}
		if f.measure {
			text, err := configs.EncodeNumbers(sets[0])
			if err != nil {
				return harness(err)
			}
			files = append(files, struct {
				name string
				data []byte
			}{"numbers.yaml", text})
		}
		for _, file := range files {
			if err := directory.Write(file.name, file.data); err != nil {
				return harness(err)
			}
			written = append(written, filepath.Join(f.out, file.name))
		}
	}
	if a.json {
		return a.printJSON(sets)
	}
	if err := reports.Numbers(a.stdout, sets, a.width()); err != nil {
		return harness(err)
	}
	if len(written) > 0 {
		fmt.Fprintf(a.stdout, "\nwritten: %s\n", strings.Join(written, ", "))
	}
	return nil
}
