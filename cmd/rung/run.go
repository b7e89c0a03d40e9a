package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rung/bench"
	"rung/bench/run"
	"rung/configs"
	"rung/reports"
	"rung/reports/html"
)

func (a *app) runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [STAGE... | FILE.yaml]",
		Short: "Run stages and write a report",
		Long: `Run the given stages, or the whole ladder, and write a report. A stage is an
id (see "rung stages") or the path of a YAML file of the same shape.

Results go to runs/<time>/, with a link runs/latest: report.html, run.json,
histogram logs (.hlog) and the nodes' logs. Ctrl-C keeps what was measured.`,
		Example: `  rung run
  rung run 01-single-server 04-load-balancer --profile smoke --out runs/a
  rung run my-site.yaml --hardware modern`,
		ValidArgsFunction: a.completeStages,
		RunE:              a.run,
	}
	cmd.Flags().String("profile", "", "how much time to take: smoke, quick (default) or full")
	cmd.Flags().String("workload", "", "what users do (default shop)")
	cmd.Flags().String("hardware", "", "what is emulated: book (default), modern or bare")
	cmd.Flags().String("baseline", "", "latency numbers to show the results with: a set, or a file of \"rung numbers --measure\" (default the hardware's)")
	cmd.Flags().Uint64("seed", 1, "seed of everything random")
	cmd.Flags().Int("repeats", 0, "rounds of every stage, taking turns (0: as the profile says)")
	cmd.Flags().String("out", "", "folder for the results (default runs/<time>)")
	var l configs.Library
	chooses(cmd, "profile", l.Profiles)
	chooses(cmd, "workload", l.Workloads)
	chooses(cmd, "hardware", l.Hardware)
	chooses(cmd, "baseline", l.NumberSets)
	return cmd
}

func (a *app) run(cmd *cobra.Command, stages []string) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	plan, err := settings.Load(stages)
	if err != nil {
		return usage(err)
	}
	started := time.Now()
	out := settings.Out
	if out == "" {
		out = filepath.Join("runs", started.Format("2006-01-02T15-04-05"))
	}
	earlier := holdsRun(out)
	directory, err := reports.Create(out)
	if err != nil {
		return harness(err)
	}
	result, runErr := a.execute(cmd.Context(), plan, directory)
	if runErr != nil && earlier && !measured(result) {
		return nothing(runErr, fmt.Sprintf("the earlier run in %s is intact", out))
	}
	if err := a.finish(directory, result, settings.Out == ""); err != nil {
		return harness(errors.Join(runErr, err))
	}
	return endOf(result, runErr)
}

// execute runs the plan with nodes that keep their data in a folder that is
// gone afterwards.
func (a *app) execute(ctx context.Context, plan configs.Plan, directory *reports.Directory) (bench.Run, error) {
	command, err := self()
	if err != nil {
		return bench.Run{}, err
	}
	data, err := os.MkdirTemp(directory.Path(), ".data-")
	if err != nil {
		return bench.Run{}, fmt.Errorf("folder for the nodes' data: %w", err)
	}
	defer os.RemoveAll(data)
	tool, commit := version()
	progress := a.progress()
	defer progress.end()
	return run.Run(ctx, run.Config{Stages: plan.Stages, Workload: plan.Workload.Workload, Profile: plan.Profile,
		Hardware: bench.Hardware{Name: plan.Hardware.Name, Rows: plan.Hardware.Rows}, Bare: plan.Hardware.Bare, Baseline: plan.Baseline,
		Seed: plan.Settings.Seed, Node: command, Data: data, Files: directory, Tool: tool, Commit: commit,
		Progress: progress.step, Save: directory.WriteRun})
}

// finish writes the results and says what they are.
func (a *app) finish(directory *reports.Directory, result bench.Run, latest bool) error {
	if err := keep(directory, result); err != nil {
		return err
	}
	if latest {
		if err := reports.Latest(filepath.Dir(directory.Path()), directory.Path()); err != nil {
			return err
		}
	}
	return a.tell(directory, result)
}

// keep writes run.json and the report.
func keep(directory *reports.Directory, result bench.Run) error {
	if err := directory.WriteRun(result); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := html.Render(&page, result); err != nil {
		return fmt.Errorf("render the report: %w", err)
	}
	return directory.Write("report.html", page.Bytes())
}

// tell says what was written.
func (a *app) tell(directory *reports.Directory, result bench.Run) error {
	if a.json {
		return a.printJSON(result)
	}
	if err := reports.Summary(a.stdout, result, a.width()); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nreport: %s\n", filepath.Join(directory.Path(), "report.html"))
	return nil
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return harness(err)
	}
	return nil
}

// flush prints a table.
func flush(w *tabwriter.Writer) error {
	if err := w.Flush(); err != nil {
		return harness(err)
	}
	return nil
}
