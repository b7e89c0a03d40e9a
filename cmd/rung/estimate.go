package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rung/bench/sheet"
	"rung/bench/sizing"
	"rung/configs"
	"rung/reports"
)

// estimateFlags are those of "rung estimate".
type estimateFlags struct {
	measured string
	use      float64
	set      []string
}

func (a *app) estimateCommand() *cobra.Command {
	f := estimateFlags{}
	cmd := &cobra.Command{
		Use:   "estimate [CASE | FILE.yaml]",
		Short: "Calculate on the back of an envelope, with units checked",
		Long: `Work an estimate out, line by line: rates, storage, bandwidth, servers, cost,
availability. A case is one of the list that comes without an argument, or a
YAML file of the same shape. Units are checked in every step: terabytes times
years, or tweets where bytes belong, are refused.

With --measured the estimate's peak becomes a number of nodes, by what a run
measured of each stage: which rung of the ladder first carries it, how many
nodes of each kind that takes, and what would be the limit next.`,
		Example: `  rung estimate
  rung estimate twitter
  rung estimate twitter --set mau='100..500 M users'
  rung estimate my-site.yaml --measured runs/latest`,
		Args:              cobra.MaximumNArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.estimate(cmd, args, f) },
		ValidArgsFunction: a.completes(configs.Library.Sheets),
	}
	cmd.Flags().StringVar(&f.measured, "measured", "", "folder of a run: size the site for the peak by it")
	cmd.Flags().Float64Var(&f.use, "use", sizing.UsualUse, "with --measured: the share of a resource that may be in use at the peak")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "another value of an input, as name=value")
	return cmd
}

// estimated is the machine-readable twin of what "rung estimate" prints.
type estimated struct {
	sheet.Result
	Sizing *sizing.Plan `json:"sizing,omitempty"`
}

func (a *app) estimate(cmd *cobra.Command, args []string, f estimateFlags) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	l := settings.Library()
	switch given := cmd.Flags().Changed; {
	case len(args) == 0 && (given("measured") || given("set")):
		return exit{exitUsage, errors.New("--measured and --set need a case or a file to estimate")}
	case f.measured == "" && given("use"):
		return exit{exitUsage, errors.New("--use is for --measured")}
	}
	if len(args) == 0 {
		return a.listSheets(l)
	}
	result, err := solve(l, args[0], f.set)
	if err != nil {
		return usage(err)
	}
	out := estimated{Result: result}
	if f.measured != "" {
		if out.Sizing, err = size(cmd.Context(), result, f, settings.Seed); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(out)
	}
	if err := result.Print(a.stdout, a.width()); err != nil {
		return harness(err)
	}
	if out.Sizing == nil {
		return nil
	}
	if _, err := io.WriteString(a.stdout, "\n"); err != nil {
		return harness(err)
	}
	if err := sizing.Print(a.stdout, *out.Sizing, a.width()); err != nil {
		return harness(err)
	}
	return nil
}

// solve works a sheet out, with some of its inputs replaced.
func solve(l configs.Library, name string, set []string) (sheet.Result, error) {
	s, err := l.Sheet(name)
	if err != nil {
		return sheet.Result{}, err
	}
	for _, text := range set {
		input, value, ok := strings.Cut(text, "=")
		if !ok {
			return sheet.Result{}, fmt.Errorf("--set %q: allowed is name=value", text)
		}
		if s, err = s.With(strings.TrimSpace(input), strings.TrimSpace(value)); err != nil {
			return sheet.Result{}, fmt.Errorf("--set %s: %w", text, err)
		}
	}
	out, err := s.Solve()
	if err != nil && len(set) > 0 {
		return out, fmt.Errorf("%s with --set %s: %w", name, strings.Join(set, " --set "), err)
	}
	return out, err
}

// size turns the sheet's peak into nodes.
func size(ctx context.Context, r sheet.Result, f estimateFlags, seed uint64) (*sizing.Plan, error) {
	if r.Peak == nil {
		return nil, usage(fmt.Errorf("sheet %s names no peak rate, so nothing can be sized: say which step it is, \"peak: NAME\"", r.Sheet))
	}
	if !(f.use > 0 && f.use < 1) {
		return nil, usage(fmt.Errorf("--use is %v: allowed is more than 0 and less than 1", f.use))
	}
	run, err := reports.ReadRun(f.measured)
	if err != nil {
		return nil, usage(err)
	}
	plan, err := sizing.On(sizing.Demand{Name: r.Sheet, Use: f.use,
		Peak: sizing.Rate{Low: r.Peak.Low, Point: r.Peak.Value, High: r.Peak.High}}, run)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", f.measured, err))
	}
	if err := plan.Play(ctx, run, seed); err != nil {
		return nil, exit{exitFail, fmt.Errorf("interrupted: %w", err)}
	}
	return &plan, nil
}

func (a *app) listSheets(l configs.Library) error {
	type entry struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	}
	var all []entry
	var errs []error
	for _, name := range l.Sheets() {
		s, err := l.Sheet(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, entry{name, s.Title})
	}
	if err := errors.Join(errs...); err != nil {
		return usage(err)
	}
	if a.json {
		return a.printJSON(all)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tWHAT IT ESTIMATES")
	longest := 0
	for _, e := range all {
		longest = max(longest, len(e.Name))
	}
	for _, e := range all {
		for i, line := range a.hang(e.Title, longest+2) {
			name := e.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "%s\t%s\n", name, line)
		}
	}
	return flush(w)
}
