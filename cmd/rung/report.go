package main

import (
	"errors"

	"github.com/spf13/cobra"

	"rung/reports"
)

func (a *app) reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report DIR...",
		Short: "Render the report of a run again",
		Long: `Render report.html again from the run.json of each folder, and print the
summary. Nothing is measured: the same run.json gives the same report.`,
		Example: "  rung report runs/latest",
		Args:    cobra.MinimumNArgs(1),
		RunE:    a.report,
	}
}

func (a *app) report(_ *cobra.Command, folders []string) error {
	var errs []error
	for _, folder := range folders {
		result, err := reports.ReadRun(folder)
		if err == nil {
			var directory *reports.Directory
			if directory, err = reports.Create(folder); err == nil {
				err = a.finish(directory, result, false)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return harness(err)
	}
	return nil
}
