package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rung/bench"
	"rung/bench/endpoint"
	"rung/reports"
	"rung/reports/export"
	"rung/reports/html"
)

// reportFlags are those of "rung report".
type reportFlags struct {
	format string
	page   string
	slo    string
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report DIR... | -",
		Short: "Render the report of a run again, or of another tool's results",
		Long: `Render report.html again from the run.json of each folder, and print the
summary. Nothing is measured: the same run.json gives the same report. With
--html several runs are put side by side in one page.

With "-" the results of "vegeta attack" (gob, JSON or CSV) are read from
standard input and reported. They count from the moment of sending, not from a
plan, so thresholds that hold for them are unknown, not passed.

With --format the outcomes are printed for other tools instead.`,
		Example: `  rung report runs/latest
  rung report runs/a runs/b runs/c --html side-by-side.html
  rung report runs/a runs/b --format benchfmt | benchstat -
  vegeta attack -rate 100 -duration 10s -targets t.txt | rung report - --out runs/v`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, folders []string) error { return a.report(cmd, folders, f) },
	}
	cmd.Flags().StringVar(&f.format, "format", "", "print the outcomes as "+strings.Join(formats(), ", "))
	cmd.Flags().StringVar(&f.page, "html", "", "write several runs side by side, as a page, to this file")
	cmd.Flags().StringVar(&f.slo, "slo", "", "with -: thresholds, as in rung attack")
	cmd.Flags().String("out", "", "with -: folder for the results (default runs/replay-<time>)")
	chooses(cmd, "format", formats)
	return cmd
}

// formatters write the outcomes of a run for other tools.
var formatters = map[string]func(io.Writer, bench.Run) error{
	"benchfmt": export.Benchfmt, "csv": export.CSV, "intervals-csv": export.IntervalsCSV, "prometheus": export.Prometheus, "hgrm": hgrmOfRun,
}

func formats() []string {
	var names []string
	for name := range formatters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (a *app) report(cmd *cobra.Command, folders []string, f reportFlags) error {
	if f.format != "" && formatters[f.format] == nil {
		return exit{exitUsage, fmt.Errorf("--format is %q: allowed is %s", f.format, strings.Join(formats(), ", "))}
	}
	if slices.Contains(folders, "-") {
		if len(folders) > 1 {
			return exit{exitUsage, errors.New("\"-\" is read alone")}
		}
		return a.replay(cmd, f)
	}
	var runs []bench.Run
	var errs []error
	for _, folder := range folders {
		result, err := reports.ReadRun(folder)
		if err == nil && f.format == "" && f.page == "" {
			var directory *reports.Directory
			if directory, err = reports.Create(folder); err == nil {
				err = a.finish(directory, result, false)
			}
		}
		runs = append(runs, result)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return harness(err)
	}
	if f.format != "" {
		return a.formatted(runs, f.format)
	}
	if f.page != "" {
		return a.sideBySide(runs, folders, f.page)
	}
	return nil
}

func (a *app) formatted(runs []bench.Run, format string) error {
	for _, r := range runs {
		var b bytes.Buffer
		if err := formatters[format](&b, r); err != nil {
			return harness(err)
		}
		if _, err := a.stdout.Write(b.Bytes()); err != nil {
			return harness(err)
		}
	}
	return nil
}

func (a *app) sideBySide(runs []bench.Run, names []string, file string) error {
	page, err := html.OverviewPage(runs, names)
	if err != nil {
		return harness(err)
	}
	if err := reports.WriteFile(file, page); err != nil {
		return harness(err)
	}
	fmt.Fprintf(a.stdout, "page: %s\n", file)
	return nil
}

// replay reports the results of another tool.
func (a *app) replay(cmd *cobra.Command, f reportFlags) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	cfg := endpoint.ReplayConfig{}
	cfg.Tool, cfg.Commit = version()
	if f.slo != "" {
		if cfg.Thresholds, err = endpoint.ParseSLO(f.slo); err != nil {
			return exit{exitUsage, err}
		}
	}
	out := settings.Out
	if out == "" {
		out = filepath.Join("runs", "replay-"+time.Now().Format("2006-01-02T15-04-05"))
	}
	files := &lateFolder{path: out}
	cfg.Files = files
	result, err := endpoint.Replay(cmd.Context(), a.stdin, cfg)
	switch {
	case errors.Is(err, context.Canceled):
		return exit{exitFail, errors.New("interrupted: nothing was written")}
	case err != nil:
		return exit{exitUsage, fmt.Errorf("standard input: %w", err)}
	}
	if f.format != "" {
		return a.formatted([]bench.Run{result}, f.format)
	}
	directory, err := files.open()
	if err != nil {
		return harness(err)
	}
	if err := errors.Join(a.finish(directory, result, false), exports(directory, result)); err != nil {
		return harness(err)
	}
	return endOf(result, nil)
}
