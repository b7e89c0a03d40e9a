package export

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"rung/bench"
)

// HGRM writes a distribution as HdrHistogram's percentile distribution text,
// which its plotter reads (".hgrm"), with values in milliseconds: the points
// of its curve. A distribution holds no standard deviation, so that the
// footer has none. Without samples only the head and the foot are written.
func HGRM(w io.Writer, d bench.Distribution) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")
	for _, p := range d.Curve {
		if !(p.Quantile >= 0 && p.Quantile <= 1) { // NaN is neither
			continue
		}
		below := d.Count - min(p.Beyond, d.Count)
		if p.Quantile == 1 { // 1/(1-1) has no value; the format leaves it out
			fmt.Fprintf(out, "%12.6f %2.12f %10d\n", milliseconds(p.Value), p.Quantile, below)
			continue
		}
		fmt.Fprintf(out, "%12.6f %2.12f %10d %14.2f\n", milliseconds(p.Value), p.Quantile, below, 1/(1-p.Quantile))
	}
	fmt.Fprintf(out, "#[Mean    = %12.6f]\n", milliseconds(d.Mean))
	fmt.Fprintf(out, "#[Max     = %12.6f, Total count    = %12d]\n", milliseconds(d.Max), d.Count)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write percentile distribution: %w", err)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }
