package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
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
	slo    []string
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report DIR... | -",
		Short: "Render the report of a run again, or of another tool's results",
		Long: `Render report.html again from the run.json of each folder, and print the
summary. Nothing is measured: the same run.json gives the same report, and the
exit code says whether it was made, not what is in it. With
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
	cmd.Flags().StringArrayVar(&f.slo, "slo", nil, "with -: thresholds, as in rung attack")
	cmd.Flags().String("out", "", "with -: folder for the results (default runs/replay-<time>)")
	chooses(cmd, "format", formats)
	return cmd
}

// formatters write the outcomes of a run for other tools.
func formatters() map[string]func(io.Writer, bench.Run) error {
	return map[string]func(io.Writer, bench.Run) error{"benchfmt": export.Benchfmt, "csv": export.CSV,
		"intervals-csv": export.IntervalsCSV, "prometheus": export.Prometheus, "hgrm": hgrmOfRun}
}

func formats() []string {
	return slices.Sorted(maps.Keys(formatters()))
}

// check refuses flags that would do nothing.
func (f reportFlags) check(cmd *cobra.Command, replay bool) error {
	switch given := cmd.Flags().Changed; {
	case f.format != "" && formatters()[f.format] == nil:
		return fmt.Errorf("--format is %q: allowed is %s", f.format, strings.Join(formats(), ", "))
	case f.format != "" && f.page != "":
		return errors.New("--format and --html do not go together")
	case !replay && (given("slo") || given("out")):
		return errors.New("--slo and --out are for results from standard input: rung report -")
	case replay && f.page != "":
		return errors.New("--html is for runs: the report of standard input goes to the folder of --out")
	case replay && f.format != "" && (given("out") || given("slo")):
		return errors.New("--format prints and writes nothing: it does not go with --out or --slo")
	}
	return nil
}

func (a *app) report(cmd *cobra.Command, folders []string, f reportFlags) error {
	replay := slices.Contains(folders, "-")
	if err := f.check(cmd, replay); err != nil {
		return exit{exitUsage, err}
	}
	if replay {
		if len(folders) > 1 {
			return exit{exitUsage, errors.New("\"-\" is read alone")}
		}
		return a.replay(cmd, f)
	}
	var runs []bench.Run
	var errs []error
	for _, folder := range folders {
		result, err := reports.ReadRun(folder)
		runs = append(runs, result)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return exit{exitUsage, err}
	}
	switch {
	case f.format != "":
		return a.formatted(runs, f.format)
	case f.page != "":
		return a.sideBySide(runs, folders, f.page)
	}
	for i, folder := range folders {
		directory, err := reports.Create(folderOf(folder))
		if err == nil {
			err = a.finish(directory, runs[i], false)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return harness(err)
	}
	return nil
}

// folderOf is the folder of a run that was named by it, or by its run.json.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

func (a *app) formatted(runs []bench.Run, format string) error {
	for _, r := range runs {
		var b bytes.Buffer
		if err := formatters()[format](&b, r); err != nil {
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
	if a.json {
		return a.printJSON(map[string]string{"page": file})
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
	if cfg.Thresholds, err = endpoint.ParseSLO(strings.Join(f.slo, ",")); err != nil {
		return exit{exitUsage, err}
	}
	out := settings.Out
	if out == "" {
		out = filepath.Join("runs", "replay-"+time.Now().Format("2006-01-02T15-04-05.000"))
	}
	files := &lateFolder{path: out}
	if f.format == "" { // or a folder with nothing but a log would be left
		cfg.Files = files
	}
	result, err := endpoint.Replay(cmd.Context(), interruptible(cmd.Context(), a.stdin), cfg)
	switch {
	case errors.Is(err, context.Canceled):
		return exit{exitFail, errors.New("interrupted: nothing was written")}
	case err != nil && len(result.Stages) > 0: // it was read, and could not be recorded
		return harness(err)
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
	if err := a.keepAll(directory, result); err != nil {
		return harness(err)
	}
	return endOf(result, nil)
}

// interruptible ends with the context, even while r waits for a terminal or
// for another program: then one goroutine waits on, until the program ends.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { in.CloseWithError(context.Cause(ctx)) })
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err)
	}()
	return out
}
