package main

import (
	"fmt"
	"io"

	"rung/bench"
	"rung/reports/export"
)

// hgrmOfRun writes the response times of each stage's common load as
// HdrHistogram percentile distributions, one after another.
func hgrmOfRun(w io.Writer, run bench.Run) error {
	for _, s := range run.Stages {
		if s.Common == nil {
			continue
		}
		if len(run.Stages) > 1 {
			if _, err := fmt.Fprintf(w, "#[%s]\n", s.Stage.ID); err != nil {
				return err
			}
		}
		if err := export.HGRM(w, s.Common.Total.Response); err != nil {
			return fmt.Errorf("stage %s: %w", s.Stage.ID, err)
		}
	}
	return nil
}
