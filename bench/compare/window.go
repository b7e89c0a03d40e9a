package compare

import (
	"fmt"
	"io"
	"slices"
	"time"

	"rung/bench/record"
)

const (
	// windowsMost bounds the windows that are resampled. More are added up to
	// longer ones, which are the less correlated.
	windowsMost = 120
	// windowsLeast is how many windows a side needs for an interval.
	windowsLeast = 6
	// blocksLeast is how many blocks of neighbours they must make.
	blocksLeast = 3
)

// Window is a slice of a measurement: the response times of the answered
// requests that were due in it.
type Window struct {
	// Start from the beginning of the measurement, and Length.
	Start, Length time.Duration
	// Bins by rising value, none empty.
	Bins []record.Bin
}

// ReadWindows reads the windows of all operations from an interval log, in
// order. Answers that came too late for their window's line are in lines at
// the end of the log that span several: they are counted in the first window
// of these, so that nothing is lost.
func ReadWindows(r io.Reader) ([]Window, error) {
	lines, err := record.ReadLog(r, "")
	if err != nil {
		return nil, fmt.Errorf("read windows: %w", err)
	}
	var out []Window
	for _, l := range lines {
		at, found := slices.BinarySearchFunc(out, l.Start, func(w Window, start time.Duration) int {
			return int(min(max(w.Start-start, -1), 1))
		})
		switch {
		case found:
			out[at].Bins = record.MergeBins(out[at].Bins, l.Bins)
		case at == len(out) && (at == 0 || l.Start >= out[at-1].Start+out[at-1].Length):
			out = append(out, Window{Start: l.Start, Length: l.Length, Bins: l.Bins})
		default:
			at = max(at-1, 0)
			out[at].Bins = record.MergeBins(out[at].Bins, l.Bins)
		}
	}
	return out, nil
}

// joined adds neighbours up so that there are at most windowsMost, and a last
// window that is shorter than the rest to the one before it.
func joined(windows []Window) []Window {
	each := (len(windows) + windowsMost - 1) / windowsMost
	var out []Window
	for group := range slices.Chunk(windows, max(each, 1)) {
		sum := group[0]
		if len(group) > 1 {
			bins := make([][]record.Bin, len(group))
			for i, w := range group {
				bins[i] = w.Bins
			}
			last := group[len(group)-1]
			sum = Window{Start: sum.Start, Length: last.Start + last.Length - sum.Start, Bins: record.MergeBins(bins...)}
		}
		if last := len(out) - 1; last >= 0 && sum.Length < out[0].Length {
			out[last].Length = sum.Start + sum.Length - out[last].Start
			out[last].Bins = record.MergeBins(out[last].Bins, sum.Bins)
			continue
		}
		out = append(out, sum)
	}
	return out
}

// aligned says that two lists have the same windows.
func aligned(a, b []Window) bool {
	return slices.EqualFunc(a, b, func(x, y Window) bool { return x.Start == y.Start && x.Length == y.Length })
}

// answers counts the values of all windows.
func answers(windows []Window) uint64 {
	n := uint64(0)
	for _, w := range windows {
		for _, b := range w.Bins {
			n += b.Count
		}
	}
	return n
}
